"""What the overrides do to the forecast: the total, and each override's block, without and with them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.formats import UNKNOWN, plain, signed_percent, signed_volume, volume, volume_range
from app.language import label, t
from app.parts.downloads import downloads
from app.parts.figures import FIGURE
from app.parts.plans.words import asked, bounded, category, district, scenario_name, span
from app.parts.tables import show_table
from app.reading import Reading
from stmp.plans import Override, Promotion, effects, overridden
from stmp.summary import Interval, interval


def figures(reading: Reading, overrides: Sequence[Override], promoted: Promotion | None) -> None:
    """The total as the statistical forecast has it, what the overrides add, the sum, and what was promoted for these days."""
    unit = label(reading.market.about.unit)
    statistical, planned = _totals(reading, overrides)
    change = planned.middle - statistical.middle
    held = None if promoted is None else promoted.version.content.planned.total.middle

    def units(shown: str) -> str:
        return t("{volume} {unit}", volume=shown, unit=unit)

    cards = [
        (
            t("Statistical forecast"),
            units(volume(statistical.middle)),
            _bounds(statistical),
            t("The median of the total, and its 80 % interval."),
        ),
        (
            t("Overrides"),
            units(signed_volume(change)),
            signed_percent(change / statistical.middle) if statistical.middle else UNKNOWN,
            t("What the overrides add to the median of the total."),
        ),
        (
            t("Plan"),
            units(volume(planned.middle)),
            _bounds(planned),
            t("The overrides shift the samples: the interval moves with the median, it does not narrow."),
        ),
        (
            t("The plan for these days"),
            UNKNOWN if held is None else units(volume(held)),
            t("none was promoted yet") if promoted is None else _named(promoted),
            t("The version that was promoted for this cutoff and these days."),
        ),
    ]
    outer = st.grid(2, min_column_width=2 * FIGURE)  # two by two where four do not fit
    for row in (cards[:2], cards[2:]):
        with outer.container(height="stretch"), st.grid(2, min_column_width=FIGURE):
            for title, value, below, explained in row:
                with st.container(border=True, height="stretch", gap="xxsmall"):
                    st.metric(title, value, help=explained)
                    st.caption(plain(below))


def _totals(reading: Reading, overrides: Sequence[Override]) -> tuple[Interval, Interval]:
    """Without and with the overrides, over all districts, categories and days."""
    forecasts = (reading.forecast, overridden(reading.forecast, overrides))
    before, after = (interval(forecast.samples.astype(float).sum(axis=(0, 1, 2))) for forecast in forecasts)
    return before, after


def _bounds(bounds: Interval) -> str:
    return t("80 %: {span}", span=volume_range(bounds.low, bounds.high))


def _named(promoted: Promotion) -> str:
    return t("{plan}, version {number}", plan=promoted.plan.name, number=promoted.version.number)


def effect_table(reading: Reading, overrides: tuple[Override, ...]) -> None:
    """Statistical forecast and plan side by side for each override, and their sum over all districts, categories and days."""
    if not overrides:
        return
    unit, dates = label(reading.market.about.unit), reading.forecast.dates
    found = effects(reading.forecast, overrides)
    found.loc[len(found)] = [number for total in _totals(reading, overrides) for number in (total.middle, total.low, total.high)]
    named = pd.DataFrame(
        {
            t("District"): [*(district(one.region, reading.names) for one in overrides), t("All districts")],
            t("Category"): [*(category(one.category) for one in overrides), t("All categories")],
            t("Days"): [*(span(one.first, one.last) for one in overrides), span(dates[0].date(), dates[-1].date())],
            t("Override"): [*(asked(one, unit) for one in overrides), t("Sum")],
        }
    )
    shown, exact = named.copy(), named.copy()
    for name, title in (("statistical", t("Statistical, {unit}", unit=unit)), ("planned", t("Plan, {unit}", unit=unit))):
        low, high = found[f"{name}_low"], found[f"{name}_high"]
        bounds = zip(low, found[name], high, strict=True)
        shown[title] = [bounded(Interval(*one)) for one in bounds]
        exact[title] = found[name]
        exact[t("{title}, 80 % from", title=title)], exact[t("{title}, 80 % to", title=title)] = low, high
    exact[t("Reason")], exact[t("Author")] = [[*(getattr(one, name) for one in overrides), ""] for name in ("reason", "author")]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{t('What the overrides do')}**", width="content")
        called = scenario_name(reading.forecast.scenario)
        downloads("plan-overrides", t("What the overrides do"), exact, reading.choice, scenario=called)
    show_table(shown, t("Statistical forecast and plan of each override"))
    st.caption(
        t(
            "Overrides act in order: percentages compound, and a later value has the last word. Each shifts the samples of its block and "
            "leaves their spread; what would fall below 0 is held at 0."
        )
    )
