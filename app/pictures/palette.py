"""Colours that read on light and dark ground and for colour-blind eyes, and scales from numbers to colours."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from plotly.colors import diverging as diverging_colours
from plotly.colors import sample_colorscale, unlabel_rgb
from plotly.colors import sequential as sequential_colours

FORECAST, ACTUAL, HISTORY, PLAN = "#2b7bba", "#d9730d", "#7c8894", "#8a63c9"
COMPARED = (  # colour and dash of lines side by side: 3:1 on white and on the dark page, told apart by colour-blind eyes
    ("#2b7bba", "solid"),
    ("#d9730d", "solid"),
    ("#aa00ff", "dash"),
    ("#77633c", "dash"),
    ("#a5527b", "dot"),
    ("#9580ff", "dot"),
)
FESTIVAL = "rgba(138, 99, 201, {})"
CHOSEN = (214, 39, 100)
RISE, FALL = "#d6604d", "#4393c3"  # as on a scale around 0: red above, blue below
BORDER = (96, 108, 120)
NOTHING = (150, 158, 166)  # regions without a number
STOPS = 64
UNLIKE_TO_ALIKE: list[str] = diverging_colours.RdBu  # red, white, blue

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Scale:
    """Colours for the numbers from ``ticks[0]`` to ``ticks[-1]``; beyond them the end colours are used."""

    ticks: tuple[float, ...]
    colours: tuple[RGB, ...]

    def colour(self, value: float) -> RGB:
        """The colour of a number; grey when there is none."""
        if not math.isfinite(value):
            return NOTHING
        return self.colours[round(self.share(value) * (len(self.colours) - 1))]

    def share(self, value: float) -> float:
        """How far along the scale a number lies, 0 to 1."""
        low, high = self.ticks[0], self.ticks[-1]
        return min(max((value - low) / (high - low), 0.0), 1.0)


def sequential(values: Iterable[float]) -> Scale:
    """From round number to round number around the values; brighter is more, in steps that look even."""
    known = [v for v in values if math.isfinite(v)] or [0.0, 1.0]
    return Scale(round_ticks(min(known), max(known)), _colours(sequential_colours.Viridis))


def diverging(values: Iterable[float]) -> Scale:
    """The same distance to both sides of 0; blue is below, red above."""
    widest = max((abs(v) for v in values if math.isfinite(v)), default=1.0)
    return Scale(round_ticks(-widest, widest), _colours(UNLIKE_TO_ALIKE[::-1]))


def likeness() -> Scale:
    """Of cosines: red is unlike, blue is alike."""
    return Scale(round_ticks(-1, 1), _colours(UNLIKE_TO_ALIKE))


def round_ticks(low: float, high: float, steps: int = 4) -> tuple[float, ...]:
    """Round numbers, evenly apart, the first not above ``low`` and the last not below ``high``."""
    if high <= low:
        low, high = (low - 0.5, low + 0.5) if low else (0.0, 1.0)
    rough = (high - low) / steps
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(i * step, 12) for i in range(first, last + 1))


def _colours(colourscale: list[str]) -> tuple[RGB, ...]:
    sampled = sample_colorscale(colourscale, np.linspace(0, 1, STOPS).tolist())
    return tuple((round(r), round(g), round(b)) for r, g, b in map(unlabel_rgb, sampled))


def faded(colour: str, opacity: float) -> str:
    """#rrggbb -> the same, to be seen through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"
