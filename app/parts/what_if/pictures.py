"""Where scenarios depart from the baseline: by day, district and category, and step by step."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from app.exports import origin
from app.formats import plain, rounded, signed_percent, signed_volume
from app.inputs.chosen import follow, listen
from app.language import label, t, title
from app.parts.downloads import CHART, downloads
from app.parts.tables import NUMBER, show_table
from app.parts.what_if.answers import Answer, Answers
from app.pictures.bars import ranked_bars
from app.pictures.deltas import daily_totals, delta_cells
from app.pictures.legend import legend
from app.pictures.many import largest, told_largest
from app.pictures.maps import LAYER, region_map
from app.pictures.measures import Measure
from app.pictures.palette import Scale, diverging
from app.pictures.printed_map import print_map
from app.pictures.timeline import phases
from app.pictures.waterfall import waterfall
from app.reading import Reading
from stmp import comparison
from stmp.forecast import Forecast
from stmp.summary import Floats, chosen

HEIGHT, ROWS = 400, 13  # pixels of a map; rows of the table beside it before it scrolls
RELATIVE, CHANGE = "relative", "change"
SMALLEST = {RELATIVE: 0.01, CHANGE: 1.0}  # the least that ends a colour scale: what is less is no change to speak of


def by_day(answers: Answers, districts: Sequence[str]) -> None:
    """Daily totals of all scenarios with the baseline."""
    plan, key = answers.plan, "scenarios-days"
    dates, unit = plan.forecast.dates, label(plan.market.about.unit)
    drawn = {answer.name: _daily(plan, answer.forecast, districts) for answer in answers.answered}
    before = _daily(plan, plan.forecast, districts)
    figure = daily_totals(dates, before, drawn, phases(plan.calendar, dates), unit)
    tables = []
    for answer in answers.answered:
        table = comparison.along(answer.forecast, plan.forecast, "H", plan.rows(districts), plan.categories)
        table.index = [f"{date:%Y-%m-%d}" for date in dates]
        tables.append(_numbers(table, t("Date"), answer.name, unit))
    heading = t("{name}: {unit} per day", name=plan.name(districts), unit=unit)
    with _head(t("Day by day")):
        downloads("what-if-days", heading, pd.concat(tables), plan.choice, chart=key, scenario=_all_names(answers))
    alt = t("Daily totals of the baseline and the scenarios: {name}", name=plan.name(districts))
    st.plotly_chart(figure, key=key, config=CHART, alt=alt)


def by_district(answers: Answers, districts: Sequence[str]) -> None:
    """A map of the change for each scenario, all on one scale; a click adds the district or leaves it out."""
    plan = answers.plan
    unit = label(plan.market.about.unit)
    offered = {
        RELATIVE: Measure(RELATIVE, t("Change"), t("change of the total, share of the baseline"), signed_percent, around_zero=True),
        CHANGE: Measure(CHANGE, t("Change"), t("change of the total, {unit}", unit=unit), signed_volume, around_zero=True),
    }
    head = _head(t("By district"))
    column = head.segmented_control(
        t("Change in"),
        list(offered),
        default=RELATIVE,
        required=True,
        format_func={RELATIVE: "%", CHANGE: unit}.get,
        key="delta-in",
        label_visibility="collapsed",
    )
    measure = offered[str(column)]
    tables = [comparison.along(answer.forecast, plan.forecast, "R", None, plan.categories) for answer in answers.answered]
    scale = measure.scale([SMALLEST[measure.column], *(value for table in tables for value in table[measure.column])])
    st.html(legend(measure, scale, missing=any(bool(table[measure.column].isna().any()) for table in tables)))
    grid = st.grid(2, min_column_width=HEIGHT)
    for number, (answer, table) in enumerate(zip(answers.answered, tables, strict=True)):
        with grid.container(gap="xsmall"):
            _where(plan, answer, table, measure, scale, districts, number)
    with grid.cell(column_span="all" if len(tables) % 2 == 0 else 1):
        _table(answers, tables)


def _table(answers: Answers, tables: Sequence[pd.DataFrame]) -> None:
    """The numbers of the maps, the largest district first."""
    plan = answers.plan
    order = tables[0]["baseline"].sort_values(ascending=False).index
    shown = pd.DataFrame(
        {
            t("District"): plan.names[order],
            t("Baseline, {unit}", unit=label(plan.market.about.unit)): tables[0]["baseline"].map(rounded)[order],
        }
    )
    for answer, table in zip(answers.answered, tables, strict=True):
        shown[t("{scenario}, %", scenario=answer.name)] = (100 * table["relative"][order]).round(1) + 0.0  # no −0.0
    narrow = "small" if len(tables) > 1 else None
    columns = {shown.columns[1]: st.column_config.NumberColumn(format=NUMBER)}
    columns |= {name: st.column_config.NumberColumn(format="%+.1f %%", width=narrow) for name in shown.columns[2:]}
    alt = t("Change of each district's total by scenario")
    show_table(shown, alt, ROWS, column_config=columns)


def _where(
    plan: Reading, answer: Answer, table: pd.DataFrame, measure: Measure, scale: Scale, districts: Sequence[str], number: int
) -> None:
    values, places = table[measure.column], plan.choice.loaded.places
    key = f"delta-{'bars' if places is None else 'map'}-{number}-{plan.market.about.name}"
    heading = t("{scenario}: change of the total by district", scenario=answer.name)
    frame = _numbers(table.set_axis(plan.names[table.index]), t("District"), answer.name, label(plan.market.about.unit))
    with _head(answer.name, small=True):
        pictured = {"chart": key} if places is None else {"draw": partial(_print, plan, answer, values, measure, scale, districts)}
        downloads(f"what-if-districts-{number + 1}", heading, frame, plan.choice, scenario=answer.name, **pictured)
    if places is None:
        if told := told_largest(len(values)):
            st.caption(told)
        figure = ranked_bars(plan.names, values, measure, scale, districts)
        st.plotly_chart(figure, key=key, config=CHART, alt=heading)
        return
    spans = [
        t("80 %: {low} to {high}", low=signed_volume(low), high=signed_volume(high))
        for low, high in zip(table["low"], table["high"], strict=True)
    ]
    deck = region_map(places, plan.names, values, pd.Series(spans, index=table.index), measure, scale, districts)

    def clicked() -> None:
        found = st.session_state[key].selection.objects.get(LAYER, [])
        follow((one["properties"]["region_id"] for one in found), key)

    listen(key)
    st.pydeck_chart(deck, key=key, on_select=clicked, selection_mode="multi-object", height=HEIGHT, alt=heading)


def by_cell(answers: Answers, answer: Answer) -> None:
    """The change of the scenario that is edited, by district and category."""
    plan, key = answers.plan, "scenarios-cells"
    changes = comparison.cells(answer.forecast, plan.forecast)
    changes = changes.set_axis(plan.names[changes.index]).rename(columns=label)
    scale = diverging([SMALLEST[RELATIVE], *changes.to_numpy(float).ravel()])
    heading = t("{scenario}: change of the total by district and category", scenario=answer.name)
    with _head(t("By district and category")):
        frame = (100 * changes).add_suffix(", %").rename_axis(t("District")).reset_index()
        downloads("what-if-cells", heading, frame, plan.choice, chart=key, scenario=answer.name)
    st.caption(t("{scenario}: change of the whole period's total against the baseline.", scenario=plain(answer.name)))
    if told := told_largest(len(changes)):
        st.caption(told)
    totals = pd.Series(plan.forecast.mean.sum((1, 2)), index=changes.index)
    st.plotly_chart(delta_cells(changes.loc[largest(totals)], scale), key=key, config=CHART, alt=heading)


def by_step(answers: Answers, answer: Answer, districts: Sequence[str]) -> None:
    """From ordinary days to the scenario that is edited."""
    plan, key = answers.plan, "scenarios-steps"
    unit = label(plan.market.about.unit)
    table = comparison.waterfall(answers.stairs, plan.rows(districts), plan.categories)
    names = [_step(step.kind) for step in answers.steps]
    heading = t("{scenario}: from ordinary days to the total", scenario=answer.name)
    frame = table.rename(
        columns={
            "total": t("Mean total, {unit}", unit=unit),
            "change": t("Change of the mean, {unit}", unit=unit),
            "low": t("80 % from, {unit}", unit=unit),
            "high": t("80 % to, {unit}", unit=unit),
        }
    )
    frame.insert(0, t("Step"), names)
    with _head(t("From ordinary days to this scenario")):
        downloads("what-if-steps", heading, frame, plan.choice, chart=key, scenario=answer.name)
    told = t(
        "{scenario}, {name}. Each step gives the model one more kind of input. The steps are means, which add up exactly; medians do not.",
        scenario=plain(answer.name),
        name=plain(plan.name(districts)),
    )
    st.caption(told)
    st.plotly_chart(waterfall(table, names, unit), key=key, config=CHART, alt=heading)


def _step(kind: str) -> str:
    return {
        "ordinary": t("Ordinary days"),
        "holidays": t("Public holidays"),
        "festivals": t("Festivals as planned"),
        "changed": t("Festivals changed"),
        "days": t("Days changed"),
        "recent": t("Recent past"),
        "facts": t("District facts"),
    }[kind]


def _daily(plan: Reading, forecast: Forecast, districts: Sequence[str]) -> Floats:
    """[H, S]"""
    return chosen(forecast.samples, plan.rows(districts), plan.categories).sum(axis=(0, 1), dtype=float)


def _numbers(table: pd.DataFrame, first: str, scenario: str, unit: str) -> pd.DataFrame:
    """``comparison.along`` as it is downloaded: what the row is about, then the numbers with their units."""
    columns = {
        t("Scenario shown"): scenario,
        t("Baseline, median, {unit}", unit=unit): table["baseline"],
        t("Scenario, median, {unit}", unit=unit): table["total"],
        t("Change, median, {unit}", unit=unit): table["change"],
        t("80 % from, {unit}", unit=unit): table["low"],
        t("80 % to, {unit}", unit=unit): table["high"],
        t("Change, %"): 100 * table["relative"],
    }
    return pd.DataFrame({first: table.index, **columns}, index=table.index)


def _all_names(answers: Answers) -> str:
    return t(", ").join(answer.name for answer in answers.answered)


def _head(text: str, small: bool = False) -> st.delta_generator.DeltaGenerator:
    """A heading with room for controls at its right."""
    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    if small:
        head.markdown(f"**{plain(text)}**", width="content")
    else:
        head.subheader(plain(text), anchor=False, width="content")
    return head


def _print(plan: Reading, answer: Answer, values: pd.Series, measure: Measure, scale: Scale, districts: Sequence[str], kind: str) -> bytes:
    """The map as a picture."""
    places = plan.choice.loaded.places
    assert places is not None
    told = t("{market}: change by district against the baseline", market=title(plan.market.about))
    return print_map(kind, places, plan.names, values, measure, scale, districts, told, origin(plan.choice, answer.name))
