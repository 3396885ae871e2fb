"""The legend of a map, in the colours of the page's own text so that it reads in both themes."""

from __future__ import annotations

from html import escape

from app.formats import tick
from app.language import t
from app.pictures.measures import Measure
from app.pictures.palette import NOTHING, RGB, Scale

ROW = "display:flex;justify-content:space-between;font-size:0.8rem;font-variant-numeric:tabular-nums"


def legend(measure: Measure, scale: Scale, missing: bool) -> str:
    """HTML: the unit, a bar of the scale's colours with its ticks below, and what grey means where ``missing`` numbers are shown."""
    stops = ",".join(_css(colour) for colour in scale.colours[:: max(1, len(scale.colours) // 16)] + scale.colours[-1:])
    ticks = "".join(f"<span>{escape(tick(measure.show(value)))}</span>" for value in scale.ticks)
    unit = escape(measure.unit)
    grey = f'<span style="color:{_css(NOTHING)}">■</span> {escape(t("no number"))}' if missing else ""
    low, high = (tick(measure.show(scale.ticks[end])) for end in (0, -1))
    told = t("Colour scale: {unit}, {low} to {high}", unit=measure.unit, low=low, high=high)
    return (
        f'<div role="img" aria-label="{escape(told)}">'
        f'<div style="{ROW}"><span>{unit}</span><span>{grey}</span></div>'
        f'<div style="height:10px;margin:3px 0;border-radius:2px;background:linear-gradient(to right,{stops})"></div>'
        f'<div style="{ROW}">{ticks}</div></div>'
    )


def _css(colour: RGB) -> str:
    return f"rgb({colour[0]},{colour[1]},{colour[2]})"
