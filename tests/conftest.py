"""No test touches the plans of whoever runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def plans_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = os.environ.get("STMP_PLANS")
    os.environ["STMP_PLANS"] = f"sqlite:///{tmp_path_factory.mktemp('plans')}/plans.sqlite"
    yield
    if before is None:
        del os.environ["STMP_PLANS"]
    else:
        os.environ["STMP_PLANS"] = before
