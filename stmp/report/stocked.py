"""How much to stock, and what each further unit of it saves."""

from __future__ import annotations

import numpy as np

from stmp import stock
from stmp.report.model import Chart, Column, Figure, Series, Slide, Table
from stmp.report.source import Source
from stmp.report.words import Words
from stmp.summary import Floats

POINTS = 25  # of the curve


def stock_slides(source: Source, t: Words) -> tuple[Slide, ...]:
    """The quantities by category and district, what a fixed supply is best used for, and the curve of losses and leftovers."""
    samples, unit = source.forecast.samples, t.label(source.market.about.unit)
    put = stock.quantities(samples, source.rules)
    expected, curve = stock.outcome(samples, put), stock.curve(samples, source.rules, POINTS)
    total = int(put.sum())
    quantities = Slide(
        "stock",
        t("How much to stock"),
        t(
            "{stock} {unit} of stock meet {filled} of the expected demand.",
            stock=t.show(float(total), "units"),
            unit=unit,
            filled=t.show(expected.filled, "percent"),
        ),
        (
            Figure(t("Stock"), float(total), "volume", None, unit),
            Figure(t("Expected lost sales"), float(expected.lost.sum()), "volume", expected.total_lost, unit),
            Figure(t("Expected leftovers"), float(expected.left.sum()), "volume", expected.total_left, unit),
        ),
        (_by_category(source, put, expected, _rules(source, t), t), _by_district(source, put, expected, t)),
        _how(source, t),
    )
    labels = tuple(t.volume(float(value)) for value in curve.stock)
    lost = Series(t("Expected lost sales"), tuple(curve.lost.tolist()), "second")
    left = Series(t("Expected leftovers"), tuple(curve.left.tolist()), "accent")
    price = Slide(
        "stock-curve",
        t("The price of a stock"),
        t(
            "The quantities before come to {stock}; each point is the best allocation of that stock.",
            stock=t.volume(float(total)),
        ),
        blocks=(
            Chart(t("Expected units against total stock, {unit}", unit=unit), "line", labels, (lost, left), "volume", unit),
            _prices(curve, unit, t),
        ),
        note=t("The stock is allocated to districts and categories so that the fewest sales are expected to be lost."),
    )
    return quantities, *([] if source.supply is None else [_supplied(source, source.supply, t)]), price


def _how(source: Source, t: Words) -> str:
    """How the quantities were found."""
    told = t(
        "The newsvendor quantity of each district and category for the whole period, without refill, in whole cases. Lost sales and "
        "leftovers are means."
    )
    if not any(rule.cheapest for rule in source.rules):
        return told
    costs = t("Service levels follow from costs: what a unit too few costs, over what one too few and one too many cost together.")
    return f"{told} {costs}"


def _supplied(source: Source, supply: int, t: Words) -> Slide:
    """A fixed supply, given to districts and categories where it sells. Raises StockError where it is less than the minimums."""
    samples, unit = source.forecast.samples, t.label(source.market.about.unit)
    given = stock.allocate(samples, source.rules, supply)
    expected = stock.outcome(samples, given.quantities)
    return Slide(
        "supply",
        t("A fixed supply"),
        t(
            "{supply} {unit} of supply meet {filled} of the expected demand; {kept} stay behind.",
            supply=t.show(float(supply), "units"),
            unit=unit,
            filled=t.show(expected.filled, "percent"),
            kept=t.show(float(given.kept), "units"),
        ),
        (
            Figure(t("Given out"), float(given.quantities.sum()), "volume", None, unit),
            Figure(t("Expected lost sales"), float(expected.lost.sum()), "volume", expected.total_lost, unit),
            Figure(t("Expected leftovers"), float(expected.left.sum()), "volume", expected.total_left, unit),
        ),
        (_by_category(source, given.quantities, expected, (), t), _by_district(source, given.quantities, expected, t)),
        t("Allocated so that the fewest sales are expected to be lost; minimums and cases are kept, service levels play no part."),
    )


def _rules(source: Source, t: Words) -> tuple[Column, ...]:
    """What was asked for each category; minimums and cases where there are any."""
    minimums, packs = ([float(getattr(rule, name)) for rule in source.rules] for name in ("minimum", "pack"))
    return (
        Column(t("Service level"), "percent", tuple(rule.level for rule in source.rules)),
        *([Column(t("Minimum per district"), "units", tuple(minimums))] if any(minimums) else []),
        *([Column(t("Units of a case"), "units", tuple(packs))] if max(packs) > 1 else []),
    )


def _by_category(source: Source, put: stock.Units, expected: stock.Outcome, rules: tuple[Column, ...], t: Words) -> Table:
    names = tuple(t.label(name) for name in source.forecast.categories)
    return Table(
        t("By category"),
        (
            Column(t("Category"), "text", names, t("All categories")),
            *rules,
            *_sums(put, expected.lost, expected.left, 0, t),
        ),
    )


def _by_district(source: Source, put: stock.Units, expected: stock.Outcome, t: Words) -> Table:
    order, names = source.largest, t.names(source.market.region_table)
    return Table(
        t("By district"),
        (
            Column(t("District"), "text", tuple(str(names[source.forecast.regions[i]]) for i in order), t("All districts")),
            *_sums(put[order], expected.lost[order], expected.left[order], 1, t),
        ),
    )


def _sums(put: stock.Units, lost: Floats, left: Floats, axis: int, t: Words) -> tuple[Column, ...]:
    """[R, C] each: stock, lost and left over, summed over regions (0) or categories (1)."""
    columns = ((t("Stock"), put.astype(float)), (t("Lost"), lost), (t("Left over"), left))
    return tuple(Column.summed(title, "units", tuple(values.sum(axis=axis).tolist())) for title, values in columns)


def _prices(curve: stock.Curve, unit: str, t: Words) -> Table:
    """Some points of the curve, with the sales that a further unit there is expected to bring."""
    saved = -np.diff(curve.lost) / np.diff(curve.stock)
    kept = range(0, len(saved), max(1, len(saved) // 8))
    return Table(
        t("Some points of the curve"),
        (
            Column(t("Stock, {unit}", unit=unit), "volume", tuple(float(curve.stock[i]) for i in kept)),
            Column(t("Lost"), "volume", tuple(float(curve.lost[i]) for i in kept)),
            Column(t("Left over"), "volume", tuple(float(curve.left[i]) for i in kept)),
            Column(t("A further unit sells"), "percent", tuple(float(saved[i]) for i in kept)),
        ),
    )
