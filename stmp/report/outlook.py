"""What is to be expected: the three numbers, the map, the districts and the categories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
import pandas as pd
import shapely

from stmp import summary
from stmp.market import Calendar, Market
from stmp.report.model import Chart, Column, Fan, Fans, Figure, Map, Number, Phase, Series, Slide, Table, Tone
from stmp.report.source import HISTORY_DAYS, Source
from stmp.report.words import Words

TONES: tuple[Tone, ...] = ("accent", "second", "third", "fourth", "fifth", "sixth")
NAMED, LINED, PANELS, BARS = 10, 5, 6, 16  # districts beside the map, of lines, of small charts, of bars
DETAIL = 1 / 500  # of the map's extent


def summary_slide(source: Source, t: Words) -> Slide:
    """The three numbers and the market day by day."""
    seen, unit = summary.outlook(source.forecast, source.level, source.actual), t.label(source.market.about.unit)
    days = len(source.forecast.dates)
    return Slide(
        "summary",
        t("What to expect"),
        t(
            "{volume} {unit} in {days} days, {times} an ordinary day on average; the peak is on {day}.",
            volume=t.volume(seen.total.middle),
            unit=unit,
            days=days,
            times=t.show(seen.uplift.middle, "times"),
            day=t.short_day(seen.peak_day),
        ),
        (
            Figure(t("Total of {days} days", days=days), seen.total.middle, "volume", seen.total, unit),
            Figure(t("Peak day"), seen.peak.middle, "volume", seen.peak, unit, t.short_day(seen.peak_day)),
            Figure(t("Uplift of the period"), seen.uplift.middle, "times", seen.uplift),
        ),
        (Fans(t("All districts, day by day"), (fan(source, range(len(source.forecast.regions)), ""),), phases(source, t), unit),),
        t(
            "Medians, with the interval that should hold what comes in 8 of 10 cases, from joint samples. Uplift: over the mean of the "
            "last {days} ordinary days before the cutoff.",
            days=summary.ORDINARY_DAYS,
        ),
    )


def map_slide(source: Source, t: Words) -> Slide:
    """Where to expect it; without places, bars."""
    names, unit = t.names(source.market.region_table), t.label(source.market.about.unit)
    totals = _totals(source)
    title, shapes = t("Total by district, {unit}", unit=unit), _shapes(source.market)
    order = list(totals.index[source.largest])
    where: Map | Chart
    if shapes:
        where = Map(
            title,
            shapes,
            {str(i): str(name) for i, name in names.items()},
            dict(zip(source.forecast.regions, totals["total"], strict=True)),
            "volume",
            unit,
        )
    else:
        bars = order[:BARS]
        series = Series(t("Total"), tuple(totals.loc[bars, "total"]), "accent")
        where = Chart(title, "bar", tuple(str(names[i]) for i in bars), (series,), "volume", unit)
    share = float(totals.loc[order[:3], "share"].sum())
    return Slide(
        "map",
        t("Where to expect it"),
        t(
            "The {count} largest districts hold {share} of the total; first is {name}.",
            count=min(3, len(totals)),
            share=t.show(share, "percent"),
            name=names[order[0]],
        ),
        blocks=(where, _table(totals.loc[order[:NAMED]], t("Largest districts"), names, unit, t)),
    )


def series_slide(source: Source, t: Words) -> Slide:
    """The largest districts against each other, day by day."""
    names, unit = t.names(source.market.region_table), t.label(source.market.about.unit)
    daily = np.median(source.forecast.samples.sum(axis=1, dtype=float), axis=-1)  # [R, H]
    chosen = source.largest[:LINED]
    lines = tuple(
        Series(str(names[source.forecast.regions[i]]), tuple(daily[i].tolist()), tone) for i, tone in zip(chosen, TONES, strict=False)
    )
    labels = tuple(f"{date:%m-%d}" for date in source.forecast.dates)
    return Slide(
        "series",
        t("The largest districts, day by day"),
        t("Medians of each day; the next page shows how sure they are."),
        blocks=(Chart(t("Median per day, {unit}", unit=unit), "line", labels, lines, "volume", unit),),
    )


def fans_slide(source: Source, t: Words) -> Slide:
    """The largest districts with their bands."""
    names, unit = t.names(source.market.region_table), t.label(source.market.about.unit)
    panels = tuple(fan(source, [i], str(names[source.forecast.regions[i]])) for i in source.largest[:PANELS])
    return Slide(
        "bands",
        t("The largest districts, and how sure it is"),
        t("The bands should hold what comes in 5, 8 and 9.5 of 10 cases. Each district has a scale of its own."),
        blocks=(Fans("", panels, phases(source, t), unit),),
    )


def districts_slide(source: Source, t: Words) -> Slide:
    """All districts in a table, beside the uplift of those with the strongest."""
    totals, unit = _totals(source), t.label(source.market.about.unit)
    names = t.names(source.market.region_table)
    strongest = totals["uplift"].dropna().sort_values(ascending=False, kind="stable").head(BARS)
    uplifts = Series(t("Uplift"), tuple(strongest.tolist()), "accent")
    table = _table(totals.iloc[source.largest], t("All districts"), names, unit, t, _all(source))
    bars = Chart(t("Uplift, times an ordinary day"), "bar", tuple(str(names[i]) for i in strongest.index), (uplifts,), "times", "")
    return Slide(
        "districts",
        t("All districts"),
        t("The total's interval is narrower than the sum of the districts' intervals: they do not all err alike."),
        blocks=(*([bars] if bars.labels else []), _with_statistical(source, table, unit, t) if source.overrides else table),
    )


def _with_statistical(source: Source, table: Table, unit: str, t: Words) -> Table:
    """The table of all districts, with what the forecast says without the overrides beside what it says with them."""
    samples = source.statistical.samples.sum(axis=(1, 2), dtype=float)  # [R, S]
    medians, total = np.median(samples, axis=-1)[source.largest], float(np.median(samples.sum(axis=0)))
    name, *rest = table.columns
    return Table(table.title, (name, Column(t("Statistical, {unit}", unit=unit), "volume", tuple(medians.tolist()), total), *rest))


def categories_slide(source: Source, t: Words) -> Slide:
    """All categories, as bars and in a table."""
    unit = t.label(source.market.about.unit)
    rows = [summary.outlook(source.forecast, source.level, source.actual, categories=[i]) for i in range(len(source.forecast.categories))]
    order = sorted(range(len(rows)), key=lambda i: -rows[i].total.middle)
    names, seen = tuple(t.label(source.forecast.categories[i]) for i in order), [rows[i] for i in order]
    medians = tuple(row.total.middle for row in seen)
    bars = Series(t("Total"), medians[:BARS], "accent")
    strongest = max(range(len(seen)), key=lambda i: np.nan_to_num(seen[i].uplift.middle))
    return Slide(
        "categories",
        t("Which categories"),
        t(
            "The largest category is {name}; the strongest uplift is that of {other}, {times}.",
            name=names[0],
            other=names[strongest],
            times=t.show(seen[strongest].uplift.middle, "times"),
        ),
        blocks=(
            Chart(t("Total by category, {unit}", unit=unit), "bar", names[:BARS], (bars,), "volume", unit),
            Table(
                t("All categories"),
                (
                    Column(t("Category"), "text", names, t("All categories")),
                    Column(t("Median, {unit}", unit=unit), "volume", medians, _all(source).total.middle),
                    Column(t("Uplift"), "times", tuple(row.uplift.middle for row in seen), _all(source).uplift.middle),
                    Column(t("Peak day"), "day", tuple(row.peak_day for row in seen), _all(source).peak_day),
                ),
            ),
        ),
        note=t("Medians do not add up: the total's is taken of the samples of all categories together."),
    )


def fan(source: Source, rows: Sequence[int], name: str) -> Fan:
    """Past and samples of the regions at the positions given, together; and what came, where that followed the calendar forecast."""
    past = source.view.dates[-HISTORY_DAYS:]

    def summed(values: summary.Floats, days: pd.DatetimeIndex) -> pd.Series:
        """[R, C, D] -> by day, missing where all are."""
        return pd.DataFrame(values[list(rows)].reshape(-1, len(days)).T, index=days).sum(axis=1, min_count=1)

    plan = source.plan
    return Fan(
        name,
        summed(source.view.orders[..., -HISTORY_DAYS:].astype(float), past),
        source.forecast.dates,
        source.forecast.samples[list(rows)].sum(axis=(0, 1), dtype=float),
        summed(source.actual if plan is None else np.full_like(source.actual, np.nan), source.forecast.dates),
        None
        if plan is None
        else pd.Series(np.median(plan.samples[list(rows)].sum(axis=(0, 1), dtype=float), axis=-1), index=source.forecast.dates),
    )


def phases(source: Source, t: Words) -> tuple[Phase, ...]:
    """Festival phases of the days that a fan shows."""
    days = pd.DatetimeIndex([*source.view.dates[-HISTORY_DAYS:], *source.forecast.dates])
    return tuple(_phases(source.calendar, days, t))


def _phases(calendar: Calendar, days: pd.DatetimeIndex, t: Words) -> Iterator[Phase]:
    types = [calendar.types[i] for i in calendar.dates.get_indexer(days)]
    for kind, run in groupby(zip(types, days, strict=True), key=lambda pair: pair[0]):
        if kind.kind == "festival":
            dates = [date for _, date in run]
            name = t.label(kind.name if kind.phase == "peak" else kind.phase)
            yield Phase(name, dates[0], dates[-1], kind.phase in ("peak", "opening"))


def _all(source: Source) -> summary.Outlook:
    return summary.outlook(source.forecast, source.level, source.actual)


def _totals(source: Source) -> pd.DataFrame:
    return summary.by_region(source.forecast, source.level, source.actual)


def _table(totals: pd.DataFrame, title: str, names: pd.Series, unit: str, t: Words, together: summary.Outlook | None = None) -> Table:
    """District, median, interval, share and uplift; with a last row of all together where it is given."""

    def column(title: str, key: str, number: Number, total: float | None) -> Column:
        return Column(title, number, tuple(totals[key].tolist()), total)

    return Table(
        title,
        (
            Column(t("District"), "text", tuple(str(names[i]) for i in totals.index), None if together is None else t("All districts")),
            column(t("Median, {unit}", unit=unit), "total", "volume", None if together is None else together.total.middle),
            column(t("80 % from"), "low", "volume", None if together is None else together.total.low),
            column(t("80 % to"), "high", "volume", None if together is None else together.total.high),
            column(t("Share"), "share", "percent", None if together is None else 1.0),
            column(t("Uplift"), "uplift", "times", None if together is None else together.uplift.middle),
        ),
    )


def _shapes(market: Market) -> dict[str, shapely.Geometry]:
    """Outlines where the market has polygons, small enough to draw; else points; empty where it has no places."""
    if market.polygons is not None:
        features = market.polygons["features"]
        outlines = [shapely.geometry.shape(feature["geometry"]) for feature in features]
        west, south, east, north = shapely.total_bounds(outlines)
        simple = shapely.coverage_simplify(outlines, DETAIL * max(east - west, north - south))
        return {str(feature["properties"]["region_id"]): shape for feature, shape in zip(features, simple, strict=True)}
    known = market.region_table.dropna(subset=["lat", "lon"])
    return {str(i): shapely.Point(row["lon"], row["lat"]) for i, row in known.iterrows()}
