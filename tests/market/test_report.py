"""What ``stmp market check`` finds in a market, and how it says it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stmp.market import Calendar, Market, Occurrence
from stmp.market.load import load_market
from stmp.market.report import Ratio, Stretch, describe, render
from tests.markets import small_market

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
START = "2021-05-01"
NAN = np.nan


def flat_market(days: int = 60, hours: int = 1) -> Market:
    """Region r0 sells 10 and r1 30 a step, each in one category; a festival of two days, its opening, and a holiday of one day."""
    made = small_market(regions=2, categories=1, carts=False)
    step = "D" if hours == 1 else "h"
    dates = pd.date_range(START, periods=days * hours, freq=step)
    ahead = pd.date_range(START, periods=days + 30)
    held = Occurrence("Sale", pd.Timestamp("2021-06-18"), 2, pd.Timestamp("2021-06-01")), Occurrence("Sale", pd.Timestamp("2021-07-20"))
    holiday = np.where(ahead == pd.Timestamp("2021-05-05"), "Rest Day", "")
    workday = np.asarray(ahead.dayofweek < 5) & (holiday == "")
    workday[0] = True  # a Saturday
    calendar = Calendar(ahead, workday, holiday, held, pd.DataFrame(index=ahead))
    orders = np.broadcast_to(np.float32([[[10]], [[30]]]), (2, 1, len(dates))).copy()
    about = replace(made.about, frequency=step, simulated=False)
    return replace(made, about=about, dates=dates, orders=orders, calendar=calendar, digest="flat")


def at(market: Market, day: str) -> int:
    return int(market.dates.get_loc(pd.Timestamp(day)))


def test_peaks_are_relative_to_the_ordinary_days_around_them() -> None:
    market = flat_market()
    market.orders[:, 0, at(market, "2021-06-18")] = [20, 60]
    market.orders[:, 0, at(market, "2021-06-19")] = [50, 90]  # the stronger of the two peak days
    market.orders[:, 0, at(market, "2021-06-01")] = [5, 45]
    market.orders[:, 0, at(market, "2021-05-05")] = [6, 14]
    market.orders[:, 0, at(market, "2021-06-22")] = 1e6  # a day after the festival is no ordinary day
    market.orders[:, 0, at(market, "2021-06-10")] = 1e6  # one ordinary day does not move a median
    found = describe(market)
    sale, later = found.festivals
    assert sale.strongest == Ratio(140 / 40, 90 / 30, 50 / 10)
    assert sale.opening == Ratio(50 / 40, 5 / 10, 45 / 30)
    assert (sale.ahead, later.ahead, later.strongest, later.opening) == (False, True, None, None)
    (rest,) = found.holidays
    assert (rest.name, rest.days, rest.middle, rest.low, rest.high) == ("Rest Day", 1, 0.5, 0.5, 0.5)


def test_only_days_within_four_weeks_make_the_local_median() -> None:
    market = flat_market()
    market.orders[..., : at(market, "2021-05-21")] = 1e6  # up to 29 days before 18 June
    assert describe(market).festivals[0].strongest == Ratio(1, 1, 1)
    market.orders[..., : at(market, "2021-06-15")] = 1e6  # now most of the ordinary days around it
    assert describe(market).festivals[0].strongest == Ratio(40 / 2e6, 10 / 1e6, 30 / 1e6)


def test_too_few_ordinary_days_give_no_ratio() -> None:
    market = flat_market()
    around = slice(at(market, "2021-05-21"), at(market, "2021-06-18"))
    market.orders[:, :, around] = NAN
    market.orders[:, :, at(market, "2021-06-23") :] = NAN
    market.orders[:, 0, at(market, "2021-05-25") : at(market, "2021-05-31")] = 8  # six days
    assert describe(market).festivals[0].strongest is None
    market.orders[1, 0, at(market, "2021-05-31")] = 8  # and a seventh, for the market and one region
    assert describe(market).festivals[0].strongest == Ratio(40 / 16, 30 / 8, 30 / 8)


def test_gaps_zeros_late_starts_and_dark_days() -> None:
    market = flat_market()
    orders = market.orders
    orders[1, 0, :10] = NAN  # starts late
    orders[0, 0, 5:8] = NAN
    orders[0, 0, 20] = NAN
    orders[1, 0, 20:22] = NAN
    orders[0, 0, 30:34] = 0
    orders[1, 0, 33] = 0
    found = describe(market)
    missing, zero = found.streams[0].missing, found.streams[0].zero
    assert found.late == (("r1", pd.Timestamp("2021-05-11")),)
    assert (missing.count, missing.cells, missing.by_region) == (6, 110, (("r0", 4), ("r1", 2)))
    assert missing.longest == Stretch("r0", "c0", pd.Timestamp("2021-05-06"), pd.Timestamp("2021-05-08"), 3)
    assert (zero.count, zero.by_region) == (5, (("r0", 4), ("r1", 1)))
    assert zero.longest == Stretch("r0", "c0", pd.Timestamp("2021-05-31"), pd.Timestamp("2021-06-03"), 4)
    assert list(found.dark) == [pd.Timestamp(day) for day in ("2021-05-06", "2021-05-07", "2021-05-08", "2021-05-21", "2021-06-03")]
    text = render(found)
    assert "  missing       6 (5.5%) of 110 cells, in 2 regions: r0 4, r1 2\n    longest     r0: 2021-05-06 to 2021-05-08, 3 days\n" in text
    assert "  at 0          5 (4.5%) of 110 cells, in 2 regions: r0 4, r1 1\n    longest     r0: 2021-05-31 to 2021-06-03, 4 days\n" in text
    assert "  whole market  5 days without data or sales: 2021-05-06 to 2021-05-08, 2021-05-21, 2021-06-03\n" in text
    assert "  late start    1 region: r1 2021-05-11\n" in text


def test_an_unbroken_market_says_so() -> None:
    text = render(describe(flat_market()))
    assert "  missing       no cell\n  at 0          no cell\n" in text
    assert "  whole market  has data and sales on every day\n  late start    no region\n" in text


def test_overview() -> None:
    market = flat_market()
    calendar = replace(market.calendar, provisional=(2027, 2028), covariates=pd.DataFrame({"rain": 1.0}, index=market.calendar.dates))
    facts = market.facts.assign(shops=[1, NAN])
    about = replace(market.about, absent="zero")
    known = {"discount": np.zeros((2, len(calendar.dates)), np.float32)}
    found = describe(replace(market, about=about, calendar=calendar, facts=facts, known=known))
    assert found.kinds == {"workday": 35, "day off": 15, "holiday": 1, "festival": 9}
    assert render(found).split("\n\n")[:2] == [
        "Small market / 小市场\nreal data",
        """\
  market        small: orders per day, time zone UTC
  span          2021-05-01 to 2021-06-29, 60 days
  calendar      2021-05-01 to 2021-07-29, 30 days past the panel
  provisional   2027, 2028: holidays not announced yet, what the calendar has is a guess
  days          workday 35, day off 15, holiday 1, festival 9; 1 working day at weekends
  regions       2: r0, r1
  map           points
  categories    1: c0
  facts         population, shops (missing for 1 region)
  known ahead   rain, discount (by region)
  absent rows   count as 0 from a region's first row on
  licence       CC0
  source        made in memory for tests""",
    ]


def test_the_rest_of_the_text() -> None:
    market = flat_market()
    market.orders[:, 0, at(market, "2021-06-18")] = [20, 90]
    carts = market.orders * 3
    carts[0, 0, :6] = NAN
    text = render(describe(replace(market, past={"cart_adds": carts}, about=replace(market.about, simulated=True))))
    assert text.startswith("Small market / 小市场\nSIMULATED data: nobody placed these orders\n\n")
    assert "  absent rows   are missing\n" in text
    assert text.split("\n\n")[2] == (
        "Streams\n"
        "  stream     total  missing cells  cells at 0\n"
        "  orders     2,470       0 (0.0%)    0 (0.0%)\n"
        "  cart_adds  7,230       6 (5.0%)    0 (0.0%)"
    )
    assert text.split("\n\n")[4:] == [
        "Festivals: day total / median of the ordinary days within 28 days, of the market and of its regions\n"
        "  festival  peak        days  market       regions  opening     market       regions\n"
        "  Sale      2021-06-18     2    2.75  2.00 to 3.00  2021-06-01    1.00  1.00 to 1.00\n"
        "  Sale      2021-07-20     1   ahead",
        "Public holidays: the same ratio of the market\n"
        "  holiday   days  median  lowest  highest\n"
        "  Rest Day     1    1.00    1.00     1.00",
    ]


def test_hours_are_summed_to_days_and_gaps_counted_in_hours() -> None:
    market = flat_market(hours=24)
    market.orders[0, 0, 100:103] = NAN
    start = at(market, "2021-06-18")
    market.orders[:, :, start : start + 12] *= 2
    found = describe(market)
    assert found.festivals[0].strongest == Ratio(1.5, 1.5, 1.5)
    text = render(found)
    assert "orders per hour" in text
    assert "  span          2021-05-01 00:00 to 2021-06-29 23:00, 1,440 hours\n" in text
    assert "    longest     r0: 2021-05-05 04:00 to 2021-05-05 06:00, 3 hours\n" in text
    assert "  whole market  has data and sales on every day\n" in text


def test_chinese_names_are_aligned_and_long_lists_cut() -> None:
    market = flat_market()
    held = Occurrence("双十一", pd.Timestamp("2021-06-18")), Occurrence("Sale", pd.Timestamp("2021-06-25"))
    ids = tuple(f"region-{i}" for i in range(40))
    table = pd.DataFrame({"name": ids, "lat": NAN, "lon": NAN}, index=list(ids))
    many = replace(
        market,
        calendar=market.calendar.with_occurrences(held),
        regions=ids,
        orders=np.repeat(market.orders[:1], 40, axis=0),
        region_table=table,
        facts=pd.DataFrame(index=list(ids)),
    )
    text = render(describe(many))
    assert "  双十一    2021-06-18     1    1.00" in text
    assert "  Sale      2021-06-25     1    1.00" in text
    assert "region-29 and 10 more" in " ".join(text.split())
    assert "region-30" not in text
    assert "  facts         none\n" in text
    assert "  map           neither polygons nor points\n" in text
    assert max(map(len, text.splitlines())) <= 120


def test_nothing_to_tell() -> None:
    market = flat_market(days=20)
    bare = replace(market.calendar, occurrences=(), holiday=np.full(len(market.calendar.dates), ""))
    text = render(describe(replace(market, calendar=bare)))
    assert text.endswith("of its regions\n  none\n\nPublic holidays: the same ratio of the market\n  none")


def test_the_bundled_market() -> None:
    found = describe(load_market(ROOT / "assets" / "markets" / "beijing"))
    assert (found.map, len(found.regions), len(found.categories), found.late, found.dark) == ("polygons", 18, 10, (), ())
    assert found.regions["110101"] == "Dongcheng"
    assert {f.occurrence.festival for f in found.festivals if f.ahead} == {"New Year Goods", "Women's Day"}
    peaks = [f.strongest.market for f in found.festivals if f.occurrence.festival == "Double 11" and f.strongest]
    assert len(peaks) == 5
    assert min(peaks) > 3


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real data is not here")
def test_the_peaks_of_parcels_are_those_its_account_gives() -> None:
    """Its account takes 22 sites and all days for the median; the market the 18 largest and ordinary days."""
    told = {("618", 2021): (3.4, 2.7), ("618", 2022): (3.1, 2.4), ("Double 11", 2021): (3.3, 2.4), ("Double 12", 2021): (2.0, None)}
    found = describe(load_market(ROOT / "benchmarks" / "markets" / "parcels"))
    peaks = {(f.occurrence.festival, f.occurrence.peak.year): f for f in found.festivals}
    for key, (peak, opening) in told.items():
        assert peaks[key].strongest.market == pytest.approx(peak, abs=0.15)
        assert (peaks[key].opening is None) == (opening is None)
        assert opening is None or peaks[key].opening.market == pytest.approx(opening, abs=0.2)
    spring = next(h for h in found.holidays if h.name == "Spring Festival")
    assert spring.middle == pytest.approx(0.6, abs=0.05)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real data is not here")
def test_the_gaps_of_favorita_are_those_its_account_gives() -> None:
    found = describe(load_market(ROOT / "benchmarks" / "markets" / "favorita"))
    assert [f"{day:%Y-%m-%d}" for day in found.dark] == ["2013-12-25", "2014-12-25", "2015-12-25", "2016-01-01", "2016-01-03"]
    assert {region for region, _ in found.late} == {"Puyo", "Manta", "Libertad"}
    longest = found.streams[0].missing.longest
    assert longest is not None
    assert longest.region == "Salinas"
    christmas = [f.strongest.market for f in found.festivals if f.occurrence.festival == "Christmas" and f.strongest]
    assert len(christmas) == 3
    assert min(christmas) > 1.6
    assert max(christmas) < 2.1
