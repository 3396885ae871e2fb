"""Which past festivals the scenario's peak resembles most, and what came then."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app import loading
from app.formats import day, plain, rounded, short_day, times, volume
from app.inputs.sidebar import Choice
from app.language import label, named, t
from app.parts.downloads import CHART, downloads
from app.parts.tables import NUMBER, TIMES, show_table
from app.pictures.outcomes import outcomes
from app.reading import distinct
from stmp.forecast import Psi
from stmp.market import DateType, Market, Occurrence
from stmp.similarity import FEWEST, PEAK, Neighbour, Outcome, PastPeaks, blend, resemblance

DRAWN, TOP = 3, 3  # past festivals in the chart, districts named
ROWS, SEEN = 7, 5  # of the table before it scrolls, and its columns on the page
KEY = "lookalikes"


def lookalikes(choice: Choice, date_types: Psi) -> None:
    """The past peaks most like a peak day of the scenario: in words, in a table and day by day; or why there are none."""
    question = choice.question
    view = question.market.until(question.cutoff)
    st.subheader(t("What this scenario resembles"), anchor=False)
    peaks = _peaks(question.scenario.apply(view), view.horizon_dates(question.horizon))
    held = [occurrence for occurrence in view.calendar.occurrences if occurrence.peak <= view.cutoff]
    past = loading.past_peaks(question) if peaks and len(held) >= FEWEST else None  # a look back at a large market takes long
    if not peaks:
        told = t("No festival has its peak on the days to forecast. Choose another cutoff, a longer horizon, or a scenario that holds one.")
        st.info(told, icon=":material/info:")
    elif past is None or len(past.occurrences) < FEWEST:
        told = t("Fewer than {count} past festivals lie in the data before the cutoff. Choose a later cutoff.", count=FEWEST)
        st.info(told, icon=":material/info:")
    else:
        date = _ask_peak(peaks)
        found = resemblance(blend(date_types, peaks[date]), past.psi)
        _told(choice, day(date), _kinds(peaks[date]), past, found[0])
        _shown(choice, past, found)


def _peaks(market: Market, dates: pd.DatetimeIndex) -> dict[pd.Timestamp, Mapping[str, float]]:
    """The target days that are a festival's peak, if only in part, with their date types; the first of those that are the same."""
    found: dict[pd.Timestamp, Mapping[str, float]] = {}
    for date, position in zip(dates, market.calendar.dates.get_indexer(dates), strict=True):
        weights = market.calendar.blend(int(position))
        if weights not in found.values() and any(DateType.parse(text).phase == PEAK for text in weights):
            found[date] = weights
    return found


def _ask_peak(peaks: Mapping[pd.Timestamp, Mapping[str, float]]) -> pd.Timestamp:
    def words(date: pd.Timestamp) -> str:
        return t("{day}: {kinds}", day=short_day(date), kinds=_kinds(peaks[date]))

    if len(peaks) == 1:
        return next(iter(peaks))
    return st.selectbox(t("Peak day"), list(peaks), format_func=words, key=f"peak-{'-'.join(f'{date:%Y%m%d}' for date in peaks)}")


def _kinds(weights: Mapping[str, float]) -> str:
    return " + ".join(label(text) for text in weights)


def _told(choice: Choice, date: str, kinds: str, past: PastPeaks, nearest: Neighbour) -> None:
    market = choice.question.market
    first, then = past.occurrences[nearest.position], past.outcomes[nearest.position]
    st.markdown(
        t(
            "**{day}** ({kinds}) resembles **{festival}** most: cosine **{cosine}**, overlap {overlap}. Then the peak brought **{uplift}** "
            "an ordinary day, and {total} {unit} came on the {days} days around it. The highest uplift was in {districts}.",
            day=plain(date),
            kinds=plain(kinds),
            festival=plain(_name(first)),
            cosine=f"{nearest.cosine:.2f}",
            overlap=f"{nearest.overlap:.2f}",
            uplift=times(then.peak_uplift),
            total=volume(then.total),
            unit=plain(label(market.about.unit)),
            days=len(then.dates),
            districts=plain(_highest(then, distinct(named(market.region_table)))),
        )
    )


def _shown(choice: Choice, past: PastPeaks, found: list[Neighbour]) -> None:
    market = choice.question.market
    title, days = t("Past festivals by similarity"), t("What came around the three most alike")
    table = _table(past, found, distinct(named(market.region_table)), label(market.about.unit))
    grid = st.grid(2, min_column_width=400)
    with grid.container():
        with _head(title):
            downloads(KEY, title, table, choice)
        _list(table, title)
    with grid.container():
        drawn = {_name(past.occurrences[n.position]): past.outcomes[n.position] for n in found[:DRAWN]}
        with _head(days):
            downloads(f"{KEY}-days", days, _days(drawn), choice, chart=KEY)
        st.plotly_chart(outcomes(drawn), key=KEY, config=CHART, alt=days)
    st.caption(
        t(
            "Each past peak is read by the model as a kind of day of its own: its days count most, and the last peaks of other festivals "
            "fill up the examples. Cosines are taken in the whole space, less the mean of all past peaks: 1 is alike, 0 is no more alike "
            "than the average peak. What came then is no forecast of what will come."
        )
    )


def _head(title: str) -> st.delta_generator.DeltaGenerator:
    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    head.markdown(f"**{plain(title)}**", width="content")
    return head


def _list(table: pd.DataFrame, title: str) -> None:
    formats = {table.columns[SEEN - 1]: NUMBER, t("Cosine"): "%.2f", t("Overlap"): "%.2f", t("Peak, × ordinary"): TIMES}
    columns = {column: st.column_config.NumberColumn(format=form) for column, form in formats.items()}
    show_table(table, title, ROWS, column_config=columns, column_order=list(table.columns[:SEEN]))


def _table(past: PastPeaks, found: list[Neighbour], names: pd.Series, unit: str) -> pd.DataFrame:
    """A row per past festival, the most alike first."""
    rows = []
    for neighbour in found:
        occurrence, then = past.occurrences[neighbour.position], past.outcomes[neighbour.position]
        rows.append(
            {
                t("Festival"): _name(occurrence),
                t("Cosine"): neighbour.cosine,
                t("Overlap"): neighbour.overlap,
                t("Peak, × ordinary"): then.peak_uplift,
                t("Days around it, {unit}", unit=unit): rounded(then.total),
                t("Highest uplift"): _highest(then, names),
                t("First peak day"): f"{occurrence.peak:%Y-%m-%d}",
            }
        )
    return pd.DataFrame(rows)


def _days(drawn: Mapping[str, Outcome]) -> pd.DataFrame:
    """A row per past festival and day."""
    parts = []
    for name, then in drawn.items():
        dates = then.dates.strftime("%Y-%m-%d")
        offsets, uplift = t("Days from the first peak day"), t("Times an ordinary day")
        parts.append(pd.DataFrame({t("Festival"): name, t("Day"): dates, offsets: then.offsets, uplift: then.uplift}))
    return pd.concat(parts)


def _name(occurrence: Occurrence) -> str:
    return t("{festival} of {year}", festival=label(occurrence.festival), year=occurrence.peak.year)


def _highest(then: Outcome, names: pd.Series) -> str:
    """The districts of the highest uplift."""
    return t(", ").join(f"{names[region]} {times(uplift)}" for region, uplift in then.regions.head(TOP).items())
