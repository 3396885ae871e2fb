"""A market folder to write, load and break."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.market.folders import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Two regions over five days of 2021, with the calendar of China; every file of it can be written anew."""
    made = Folder(tmp_path)
    made.write("panel.csv", made.panel({"a": [10, 20, 30, 40, 50], "b": [1, 2, 3, 4, 5]}))
    made.manifest()
    return made
