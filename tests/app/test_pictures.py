"""Pictures from small numbers: the right value at the right region, colours that rise, ticks that read."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Collection, Iterator
from dataclasses import replace
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fontTools.ttLib import TTFont

from app.language import CHINESE, ENGLISH, catalogue, use
from app.pictures.alike import alike_order, similarity_map
from app.pictures.bars import ranked_bars
from app.pictures.legend import legend
from app.pictures.maps import region_map
from app.pictures.measures import Measure, measures, population_fact
from app.pictures.palette import COMPARED, NOTHING, diverging, round_ticks, sequential
from app.pictures.places import Places, places_of
from app.pictures.printed import caption
from app.pictures.printed_map import print_map
from app.pictures.series import Daily, apart, compared, series, stacked
from app.pictures.timeline import phases
from stmp.market import Calendar, Market
from stmp.market.load import load_market
from stmp.report.letters import BOLD, REGULAR
from tests.markets import small_market

APP = Path(__file__).resolve().parents[2] / "app"
TOTAL = measures(small_market(), has_actuals=False)[0]


@pytest.fixture(scope="module")
def market(workplace: Path) -> Market:
    return load_market(workplace / "squares")


def places(market: Market) -> Places:
    found = places_of(market)
    assert found is not None
    return found


def deck(market: Market, values: pd.Series, chosen: Collection[str] = (), blocks: bool = False) -> dict:
    names, details = market.region_table["name"], values.astype(str)
    return json.loads(region_map(places(market), names, values, details, TOTAL, sequential(values), chosen, blocks).to_json())


@pytest.mark.parametrize("file", sorted(APP.rglob("*.py")), ids=lambda file: str(file.relative_to(APP)))
def test_only_the_page_layer_calls_streamlit(file: Path) -> None:
    named = {n.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Import) for n in node.names}
    allowed = file.relative_to(APP).parts[0] in ("views", "parts", "inputs") or file.name in ("main.py", "loading.py")
    assert allowed or "streamlit" not in named


def test_values_lie_on_the_right_regions_in_the_order_of_the_places(market: Market) -> None:
    values = pd.Series({"r3": 4.0, "r1": 2.0, "r0": 1.0, "r2": math.nan})
    layer = deck(market, values)["layers"][0]
    shown = {f["properties"]["region_id"]: f for f in layer["data"]["features"]}
    assert list(shown) == ["r0", "r1", "r2", "r3"]
    assert [shown[r]["properties"]["value"] for r in shown] == ["Total: 1.00", "Total: 2.00", "Total: –", "Total: 4.00"]
    assert shown["r2"]["properties"]["colour"][:3] == list(NOTHING)
    assert shown["r3"]["properties"]["colour"][:3] == list(sequential(values).colour(4.0))
    west, south = np.min(shown["r2"]["geometry"]["coordinates"][0], axis=0)
    assert (west, south) == (116, 39)


def test_the_map_asks_no_foreign_host_and_keeps_its_view(market: Market) -> None:
    first, second = (deck(market, pd.Series(float(i), index=market.regions), chosen) for i, chosen in ((1, ()), (2, ("r1",))))
    assert first["initialViewState"] == second["initialViewState"]
    assert "http" not in json.dumps(first)
    assert "mapProvider" not in first
    assert [layer["id"] for layer in first["layers"]] == ["regions", "borders", "chosen", "names"]
    assert [layer["pickable"] for layer in first["layers"]] == [True, False, False, False]
    assert [f["properties"]["region_id"] for f in second["layers"][2]["data"]["features"]] == ["r1"]


def test_circles_grow_with_the_square_root(workplace: Path) -> None:
    values = pd.Series({"r0": 100.0, "r1": 25.0, "r2": 0.0, "r3": math.nan})
    layer = deck(load_market(workplace / "points"), values)["layers"][0]
    assert [f["properties"]["radius"] for f in layer["data"]["features"]] == [26, 13, 4, 4]


def test_circles_of_what_is_no_amount_are_alike(workplace: Path) -> None:
    market = load_market(workplace / "points")
    values = pd.Series([1.0, -1.0, 0.0, 0.5], index=market.regions)
    likeness = Measure("cosine", "Cosine", "", TOTAL.show, around_zero=True, sized=False)
    shown = json.loads(region_map(places(market), values, values, values, likeness, diverging(values), ()).to_json())["layers"][0]
    assert len({f["properties"]["radius"] for f in shown["data"]["features"]}) == 1
    assert len({tuple(f["properties"]["colour"]) for f in shown["data"]["features"]}) == 4


def test_blocks_rise_with_the_measure_and_carry_names_and_frames_on_top(market: Market) -> None:
    values = pd.Series({"r0": 0.0, "r1": 50.0, "r2": 100.0, "r3": math.nan})
    flat, shown = deck(market, values), deck(market, values, {"r2"}, blocks=True)
    assert (flat["initialViewState"]["pitch"], shown["initialViewState"]["pitch"]) == (0, 45)
    regions, frame, names = shown["layers"]
    heights = [f["properties"]["height"] for f in regions["data"]["features"]]
    assert heights[0] == heights[3] == 0
    assert heights[1] == pytest.approx(heights[2] / 2, abs=1)
    corners = np.array(frame["data"]["features"][0]["geometry"]["coordinates"][0])
    assert (corners[:, 2] == heights[2]).all()
    assert [f["geometry"]["coordinates"][2] for f in names["data"]["features"]] == heights
    error = Measure("error", "Error", "", TOTAL.show, around_zero=True)
    signed = pd.Series({"r0": -1.0, "r1": 0.0, "r2": 1.0, "r3": 0.5})
    layer = json.loads(region_map(places(market), signed, signed, signed, error, diverging(signed), (), blocks=True).to_json())["layers"][0]
    low, none, high, half = (f["properties"]["height"] for f in layer["data"]["features"])
    assert (none, low) == (0, high)
    assert half == pytest.approx(high / 2, abs=1)


@pytest.mark.parametrize("name", ["squares", "points"])
def test_a_map_leaves_the_page_with_names_legend_title_and_origin(workplace: Path, name: str) -> None:
    market = load_market(workplace / name)
    values = pd.Series([0.0, 50_000.0, 100_000.0, math.nan], index=market.regions)
    parts = (places(market), market.region_table["name"], values, TOTAL, sequential(values), ("r1",))
    svg = print_map("svg", *parts, "A title, $5", {"Data": "simulated", "Seed": "7"}).decode()
    for text in ("South <east>", "A title, $5", "Data: simulated · Seed: 7", "100 k", TOTAL.unit):
        assert f"<!-- {escape(text, quote=False)} -->" in svg
    png = print_map("png", *parts, "A title, $5", {"Data": "simulated"})
    width, height = (int.from_bytes(png[at : at + 4]) for at in (16, 20))
    assert png.startswith(b"\x89PNG")
    assert min(width, height) > 1000


@pytest.fixture
def chinese() -> Iterator[None]:
    use(CHINESE)
    yield
    use(ENGLISH)


@pytest.mark.filterwarnings("error")  # matplotlib warns of a letter that its font lacks
def test_a_map_speaks_chinese_with_no_letter_missing(market: Market, chinese: None) -> None:
    names = pd.Series(["海淀区", "衢州", "亳州", "Chaoyang"], index=market.regions)
    values = pd.Series([0.0, 5e4, 1e5, math.nan], index=market.regions)
    source = {"市场": "北京", "情景": "双11提前三天（模拟）"}
    svg = print_map("svg", places(market), names, values, measures(market, False)[0], sequential(values), (), "北京：合计", source).decode()
    for text in (*names, "北京：合计", "市场: 北京 · 情景: 双11提前三天（模拟）", "10 万"):
        assert f"<!-- {text} -->" in svg


def test_where_numbers_come_from_is_broken_between_two_things() -> None:
    source = {f"Title {number}": "two words " * 4 + str(number) for number in range(6)}
    lines = caption(source, "\n").split("\n")
    assert len(lines) > 1
    assert max(map(len, lines)) <= 130
    assert all(line.startswith(("Title", "· Title")) for line in lines)


@pytest.mark.parametrize("file", [REGULAR, BOLD], ids=lambda file: file.stem)
def test_the_bundled_letters_hold_all_that_is_said_in_outlines_a_pdf_can_hold(file: Path) -> None:
    font = TTFont(file)
    assert "glyf" in font
    said = "".join(catalogue(CHINESE).values()) + (APP.parent / "assets" / "geo" / "districts.csv").read_text(encoding="utf-8")
    assert sorted(set(said) - {"\n"} - set(map(chr, font.getBestCmap()))) == []


def test_lines_side_by_side_differ_in_colour() -> None:
    assert len({colour for colour, _ in COMPARED}) == len(COMPARED) == 6


def luminance(colour: tuple[int, int, int]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def test_more_is_brighter_on_a_sequential_scale() -> None:
    scale = sequential([3, 97])
    assert scale.ticks == (0, 25, 50, 75, 100)
    assert np.diff([luminance(scale.colour(v)) for v in np.linspace(0, 100, 40)]).min() > 0
    assert scale.colour(1e9) == scale.colour(100)
    assert scale.colour(math.nan) == NOTHING


def test_a_diverging_scale_has_its_middle_at_zero() -> None:
    scale = diverging([-0.03, 0.17, math.nan])
    assert scale.ticks == (-0.2, -0.1, 0, 0.1, 0.2)
    assert luminance(scale.colour(0)) > 0.85
    below, above = scale.colour(-0.2), scale.colour(0.2)
    assert below[2] > below[0]
    assert above[0] > above[2]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, (0, 0.25, 0.5, 0.75, 1)),
        (11_000, 237_000, (0, 100_000, 200_000, 300_000)),
        (1.02, 1.14, (1, 1.05, 1.1, 1.15)),
        (5, 5, (4.5, 4.75, 5, 5.25, 5.5)),
        (0, 0, (0, 0.25, 0.5, 0.75, 1)),
    ],
)
def test_ticks_are_round_and_hold_the_values(low: float, high: float, ticks: tuple[float, ...]) -> None:
    assert round_ticks(low, high) == pytest.approx(ticks)


def test_the_legend_names_unit_ticks_and_grey() -> None:
    measure = Measure("total", "Total", "<orders>", TOTAL.show)
    html = legend(measure, sequential([11_000, 237_000]), missing=True)
    assert "&lt;orders&gt;" in html
    for tick in ("0", "100 k", "200 k", "300 k"):
        assert f"<span>{tick}</span>" in html
    assert "no number" in html
    assert "no number" not in legend(measure, sequential([0, 1]), missing=False)
    assert html.index("rgb(68,1,84)") < html.index("rgb(253,231,37)")


def test_measures_follow_what_the_market_has() -> None:
    market = small_market()
    assert [m.column for m in measures(market, has_actuals=True)] == ["total", "per_head", "uplift", "width", "error"]
    market.facts.columns = ["shops"]
    assert [m.column for m in measures(market, has_actuals=False)] == ["total", "uplift", "width"]


@pytest.mark.parametrize(
    ("names", "fact"),
    [
        (["population_2010", "population_2020", "hukou_population_2010"], "population_2020"),
        (["stores", "geonames_city_population"], "geonames_city_population"),
        (["stores"], None),
    ],
)
def test_residents_are_counted_by_the_latest_population(names: list[str], fact: str | None) -> None:
    market = small_market()
    market = replace(market, facts=pd.DataFrame(1.0, index=list(market.regions), columns=names))
    assert population_fact(market) == fact


def test_bars_are_ranked_and_carry_the_region() -> None:
    values = pd.Series({"a": 1.0, "b": 3.0, "c": 2.0})
    (bar,) = ranked_bars(values.index.to_series().str.upper(), values, TOTAL, sequential(values), {"b", "c"}).data
    assert list(bar.y) == ["A", "C", "B"]  # plotly draws upwards
    assert [row[0] for row in bar.customdata] == ["a", "c", "b"]
    assert list(bar.marker.line.width) == [0, 3, 3]


@pytest.fixture
def calendar() -> Calendar:
    return small_market().calendar


def test_phases_are_runs_of_days(calendar: Calendar) -> None:
    found = list(phases(calendar, pd.date_range("2021-11-09", "2021-11-20")))
    assert [(p.phase, f"{p.first:%d}", f"{p.last:%d}") for p in found] == [
        ("run-up", "09", "10"),
        ("peak", "11", "11"),
        ("after", "12", "14"),
    ]


HISTORY = pd.Series(1.0, index=pd.date_range("2021-11-01", "2021-11-09"))
DATES = pd.date_range("2021-11-10", periods=3)
NOTHING_CAME = pd.Series(np.nan, index=DATES)


def daily(name: str = "a", factor: float = 1.0, actual: pd.Series = NOTHING_CAME, plan: pd.Series | None = None) -> Daily:
    samples = factor * (np.arange(101.0) + np.array([[0], [100], [200]]))  # [H, S]
    return Daily(name, factor * HISTORY, samples, DATES, actual, plan)


def test_the_series_shows_bands_of_the_samples(calendar: Calendar) -> None:
    actual = pd.Series([50.0, np.nan, np.nan], index=DATES)
    figure = series(daily(actual=actual), phases(calendar, DATES), "orders")
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces) == ["95 % band", "80 % band", "50 % band", "Past", "Forecast, median", "Actual"]
    assert list(traces["80 % band"].y) == pytest.approx([90, 190, 290, 210, 110, 10])
    assert list(traces["Forecast, median"].y) == [50, 150, 250]
    assert list(traces["Forecast, median"].text) == ["50.0", "150", "250"]
    assert figure.layout.yaxis.title.text == "orders per day"
    assert list(figure.layout.yaxis.ticktext) == ["0", "100", "200", "300"]
    assert {"Late", "as of"} <= {a.text for a in figure.layout.annotations}
    planned = series(daily(plan=NOTHING_CAME), [], "orders")
    assert [trace.name for trace in planned.data][-1] == "As planned, median"


def test_the_table_behind_the_series_holds_its_numbers() -> None:
    frame = daily(actual=pd.Series([50.0, np.nan, np.nan], index=DATES)).frame("orders").set_index("Date")
    assert list(frame.index) == [f"{day:%Y-%m-%d}" for day in pd.date_range("2021-11-01", "2021-11-12")]
    assert frame.loc["2021-11-09", "Past or actual, orders"] == 1
    columns = [f"{name}, orders" for name in ("Past or actual", "Mean", "Median", "80 % from")]
    assert frame.loc["2021-11-10", columns].tolist() == pytest.approx([50, 50, 50, 10])
    assert np.isnan(frame.loc["2021-11-09", "Median, orders"])


def test_districts_side_by_side_have_a_line_each_up_to_six_and_say_which_was_clicked() -> None:
    figure = compared([daily(name, i + 1.0) for i, name in enumerate("abcdefg")], [], "orders")
    assert (figure.layout.clickmode, series(daily(), [], "orders").layout.clickmode) == ("event+select", "event")
    clickable = [trace for trace in figure.data if "markers" in trace.mode]
    assert [{row[0] for row in trace.customdata} for trace in clickable] == [{position} for position in range(6) for _ in range(3)]
    median = clickable[4]  # of the second
    assert list(median.customdata[0][1:]) == ["50.0", "100", "150", "200", "250", "300"]
    assert median.hovertemplate.split("<br>")[1:3] == ["%{customdata[1]} a", "<b>%{customdata[2]} b</b>"]
    named = [trace for trace in figure.data if trace.showlegend is None]
    assert [trace.name for trace in named] == list("abcdef")
    assert list(named[1].y) == [100, 300, 500]
    assert len({(trace.line.color, trace.line.dash) for trace in named}) == 6


def test_stacked_categories_are_means_which_add_up() -> None:
    skewed = replace(daily("b"), samples=np.tile([0.0, 0.0, 9.0], (3, 1)))
    figure = stacked([daily("a"), skewed], [], "orders")
    ahead = [trace for trace in figure.data if trace.stackgroup == "forecast"]
    assert np.sum([trace.y for trace in ahead], axis=0) == pytest.approx(np.array([50, 150, 250]) + 3)
    assert {trace.stackgroup for trace in figure.data} == {"past", "forecast"}


def test_categories_apart_have_a_panel_and_a_scale_each() -> None:
    figure = apart([daily("a"), daily("b", 1000)], [], "orders")
    assert {trace.yaxis for trace in figure.data} == {"y", "y2"}
    assert (figure.layout.yaxis.range[1], figure.layout.yaxis2.range[1]) == pytest.approx((298 * 1.04, 297_500 * 1.04), rel=0.01)
    assert [a.text for a in figure.layout.annotations][:2] == ["a", "b"]


def test_festivals_too_near_for_two_names_share_one(calendar: Calendar) -> None:
    dates = pd.date_range("2021-11-10", periods=14)
    shifted = calendar.with_mixture({pd.Timestamp("2021-11-13"): {"Mid · peak": 1.0}})
    history = pd.Series(1.0, index=pd.date_range("2021-09-11", "2021-11-09"))
    asked = Daily("a", history, np.ones((14, 3)), dates, pd.Series(np.nan, index=dates))
    figure = series(asked, phases(shifted, dates), "orders")
    assert "Late, Mid" in [a.text for a in figure.layout.annotations]


def test_names_above_a_chart_do_not_lie_upon_each_other(calendar: Calendar) -> None:
    dates = pd.date_range("2021-11-01", periods=21)
    apart_enough = calendar.with_mixture({pd.Timestamp("2021-11-02"): {"Mid · peak": 1.0}})
    for days_before, names in ((20, {"Late", "Mid"}), (200, {"Mid, Late"})):
        history = pd.Series(1.0, index=pd.date_range(end="2021-10-31", periods=days_before))
        asked = Daily("a", history, np.ones((21, 3)), dates, pd.Series(np.nan, index=dates))
        figure = series(asked, phases(apart_enough, dates), "orders")
        assert {a.text for a in figure.layout.annotations} - {"as of"} == names


def test_a_series_of_nothing_but_zeros_still_has_an_axis() -> None:
    figure = series(replace(daily(), history=0 * HISTORY, samples=np.zeros((3, 5))), [], "orders")
    assert figure.layout.yaxis.range[1] > 0


COSINE = np.array([[1, -0.5, 0.9, 0], [-0.5, 1, -0.4, 0.8], [0.9, -0.4, 1, 0.1], [0, 0.8, 0.1, 1]])


def test_the_alike_stand_side_by_side() -> None:
    order = alike_order(COSINE)
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}
    (heat,) = similarity_map("abcd", COSINE).data
    assert np.array_equal(heat.z, COSINE[np.ix_(order, order)])
    assert alike_order(np.eye(2)) == [0, 1]
