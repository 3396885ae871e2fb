"""The one tree that the deck, the PDF, the workbook and the presentation are made from, so that they cannot disagree.

It holds numbers, not words for them: each way out writes them by their ``Number``, and none computes any.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.summary import Interval

# How a number is written. volume: 12.3 k.  units: 12,345.  times: 1.23×.
Number = Literal["volume", "units", "times", "percent", "signed percent", "signed volume", "day", "text"]
Value = str | float | pd.Timestamp | None
Tone = Literal["accent", "second", "third", "fourth", "fifth", "sixth", "rise", "fall", "quiet"]  # colours, as the brand has them
Kind = Literal["line", "bar", "waterfall"]


@dataclass(frozen=True)
class Figure:
    """One of the numbers a slide begins with. bounds: the 80 % interval, if it has one.  text: said first, such as the day it is of."""

    label: str
    value: float
    number: Number
    bounds: Interval | None = None
    unit: str = ""
    text: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table. adds: whether the total is the sum of the values.  total: of the last row, None where there is none."""

    title: str
    number: Number
    values: tuple[Value, ...]
    total: Value = None
    adds: bool = False

    @classmethod
    def summed(cls, title: str, number: Number, values: tuple[float, ...]) -> Column:
        """A column whose last row is the sum of the others."""
        return cls(title, number, values, math.fsum(values), adds=True)


@dataclass(frozen=True)
class Table:
    """The first column names the rows. Columns are of one length."""

    title: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        lengths = {len(column.values) for column in self.columns}
        if len(lengths) != 1:
            raise ValueError(f"table '{self.title}': columns of different lengths {sorted(lengths)}")

    @property
    def rows(self) -> int:
        return len(self.columns[0].values)

    @property
    def has_total(self) -> bool:
        return any(column.total is not None for column in self.columns)


@dataclass(frozen=True)
class Series:
    """Values along a chart's labels; NaN where there is none."""

    name: str
    values: tuple[float, ...]
    tone: Tone


@dataclass(frozen=True)
class Chart:
    """A chart that stays editable in the deck. A waterfall's one series holds the first total, the changes, and the last total."""

    title: str
    kind: Kind
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    number: Number
    unit: str


@dataclass(frozen=True)
class Phase:
    """Consecutive days of a festival's phase; strong ones are named."""

    name: str
    first: pd.Timestamp
    last: pd.Timestamp
    strong: bool


@dataclass(frozen=True, eq=False)
class Fan:
    """Past, samples and what came, day by day. history, actual: by date.  samples: [H, S] of ``dates``.  plan: medians as planned."""

    name: str
    history: pd.Series
    dates: pd.DatetimeIndex
    samples: NDArray[np.floating]
    actual: pd.Series
    plan: pd.Series | None = None


@dataclass(frozen=True, eq=False)
class Fans:
    """Fan charts in panels, a picture in every document."""

    title: str
    panels: tuple[Fan, ...]
    phases: tuple[Phase, ...]
    unit: str


@dataclass(frozen=True, eq=False)
class Map:
    """A picture in every document. shapes: region id -> polygon or point (shapely), of the regions that have a place.  values: by id."""

    title: str
    shapes: dict[str, Any]
    names: dict[str, str]
    values: dict[str, float]
    number: Number
    unit: str


@dataclass(frozen=True)
class Lines:
    """Sentences, one below the other."""

    title: str
    lines: tuple[str, ...]


Block = Table | Chart | Fans | Map | Lines


@dataclass(frozen=True, eq=False)
class Slide:
    """key: the slide's English name for tests and addresses.  lead: what it says, in a sentence.  blocks: at most two, side by side.
    note: what a reader must know of the numbers."""

    key: str
    title: str
    lead: str
    figures: tuple[Figure, ...] = ()
    blocks: tuple[Block, ...] = ()
    note: str = ""


@dataclass(frozen=True, eq=False)
class Report:
    """origin: title -> text, told on every slide.  warning: the label of simulated data, empty where they are real."""

    language: str
    title: str
    subtitle: str
    origin: dict[str, str]
    warning: str
    slides: tuple[Slide, ...]

    @property
    def told_origin(self) -> str:
        """Where the numbers come from, in one line."""
        return " · ".join(f"{title}: {text}" for title, text in self.origin.items())
