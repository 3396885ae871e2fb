"""Market folders of a few lines, for the tests of their reading."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from stmp.errors import MarketError
from stmp.market import Market
from stmp.market.load import load_market

HEAD = {
    "name": "tiny",
    "title": "Tiny market",
    "title_zh": "小市场",
    "simulated": False,
    "time_zone": "Asia/Shanghai",
    "frequency": "D",
    "unit": "orders",
    "licence": "CC0",
    "source": "made for tests",
}
START = "2021-01-01"


@dataclass(frozen=True)
class Folder:
    """A market folder at ``path``."""

    path: Path

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8")

    def manifest(
        self, panel: str = 'file = "panel.csv"\nabsent = "zero"', calendar: str = 'country = "CN"', rest: str = "", **head: object
    ) -> None:
        """market.toml: keys of HEAD changed, the text of two sections, and further sections."""
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in (HEAD | head).items()]
        self.write("market.toml", "\n".join([*lines, "[panel]", panel, "[calendar]", calendar, rest]))

    @staticmethod
    def panel(orders: Mapping[str, Sequence[object]]) -> str:
        """A panel of consecutive days from START; None is no row."""
        lines = ["region,date,orders"]
        for region, values in orders.items():
            days = pd.date_range(START, periods=len(values))
            lines += [f"{region},{day:%Y-%m-%d},{value}" for day, value in zip(days, values, strict=True) if value is not None]
        return "\n".join(lines) + "\n"

    @staticmethod
    def calendar(days: int = 5, **columns: Mapping[int, object]) -> str:
        """A calendar file of consecutive days from START with a workday column; ``columns``: position -> value, else empty."""
        frame = pd.DataFrame({"date": pd.date_range(START, periods=days).strftime("%Y-%m-%d"), "workday": 1})
        for name, values in columns.items():
            frame[name] = [values.get(day, frame[name][day] if name == "workday" else "") for day in range(days)]
        return frame.to_csv(index=False)

    def load(self) -> Market:
        return load_market(self.path)

    def refusals(self) -> list[str]:
        """What the folder is refused for, a line a problem; each begins with its file, here relative to the folder."""
        with pytest.raises(MarketError) as caught:
            self.load()
        lines = [str(problem) for problem in caught.value.problems]
        count = f"{len(lines)} problem{'s' if len(lines) > 1 else ''}"
        assert str(caught.value) == "\n  ".join([f"the market has {count}:", *lines])
        assert all(line.startswith(f"{self.path}/") for line in lines)
        return [line.removeprefix(f"{self.path}/") for line in lines]
