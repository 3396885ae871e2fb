"""What a map, a bar chart and a table can show of each region."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.formats import Show, percent, signed_percent, times, volume
from app.language import fact, label, t
from app.pictures.palette import Scale, diverging, sequential
from stmp.market import Market


@dataclass(frozen=True)
class Measure:
    """A column of ``summary.by_region``, its name and unit in words, and how its numbers are written and coloured.

    sized: circles grow with the number, too; of no use where it tells no amount.
    """

    column: str
    title: str
    unit: str
    show: Show
    around_zero: bool = False
    sized: bool = True

    def scale(self, values: Iterable[float]) -> Scale:
        """A colour scale for the values that are to be compared."""
        return diverging(values) if self.around_zero else sequential(values)


def population_fact(market: Market) -> str | None:
    """The fact that counts residents: the latest that is named for the population; None where there is none."""
    named = sorted((not name.startswith("population"), name) for name in map(str, market.facts.columns) if "population" in name)
    whole = [name for other, name in named if not other] or [name for _, name in named]
    return whole[-1] if whole else None


def measures(market: Market, has_actuals: bool) -> tuple[Measure, ...]:
    """The measures that the market's facts, and the days that have passed, allow."""
    unit, residents = label(market.about.unit), population_fact(market)
    found = [Measure("total", t("Total"), unit, volume)]
    if residents is not None:
        found.append(
            Measure(
                "per_head",
                t("Per 1,000 residents"),
                t("{unit} per 1,000 residents ({fact})", unit=unit, fact=fact(residents)),
                volume,
            )
        )
    found += [
        Measure("uplift", t("Uplift"), t("times an ordinary day"), times),
        Measure("width", t("Interval width"), t("width of the 80 % interval, share of the total"), percent),
    ]
    if has_actuals:
        found.append(Measure("error", t("Error"), t("forecast above (+) or below (−) what came"), signed_percent, around_zero=True))
    return tuple(found)
