"""``stmp market add-district`` and ``stmp market festivals``: what is written, printed and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from stmp.market.load import load_market
from tests.app.conftest import REGIONS, write_market
from tests.commands import Run
from tests.market.test_additions import SQUARE


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "town.geojson").write_text(json.dumps(SQUARE), encoding="utf-8")
    return write_market(tmp_path / "squares", "squares", "Four squares", True, REGIONS + 'polygons = "squares.geojson"\n')


def test_a_district_is_added_and_forecast_with_more_doubt(run: Run, source: Path, checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_text("date,category,orders\n2021-12-30,c0,300\n2021-12-31,c0,310\n", encoding="utf-8")
    out = tmp_path / "wider"
    needed = ["market", "add-district", source, out, "--id", "new", "--name", "New town", "--outline", tmp_path / "town.geojson"]
    done = run(*needed, "--fact", "population=250000", "--days", tmp_path / "days.csv", "--title", "Wider")
    assert (done.code, done.error) == (0, "")
    assert f"stmp forecast pretrained/stmp-base --market {out} --cutoff 2021-12-31" in done.out
    market = load_market(out)
    assert (market.new, market.about.title) == (("new",), "Wider")
    assert market.facts.loc["new", "population"] == 250000
    assert market.orders[-1, 0, -2:].tolist() == [300, 310]
    assert run("market", "check", out).code == 0
    table = tmp_path / "forecast.csv"
    assert (
        run("forecast", checkpoint, "--market", out, "--cutoff", "2021-12-31", "--horizon", 3, "--out", table, "--device", "cpu").code == 0
    )
    rows = pd.read_csv(table).query("category == 'c0' and date == '2022-01-02'").set_index("region")
    assert 100 < rows.loc["new", "q50"] < 900
    width = (rows["q90"] - rows["q10"]) / rows["q50"]
    assert width["new"] == width.max()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--fact", "population"], "'population' is no fact"),
        (["--at", "39.9"], "'39.9' is no place"),
        (["--fact", "wealth=3"], "no fact 'wealth'"),
        (["--id", "r0"], "has a district of this id already"),
        (["--outline", "squares/market.toml"], "an outline of this kind is not read"),
        (["--outline", "squares/panel.csv"], "an outline of this kind is not read"),
        (["--days", "squares/calendar.csv"], "column 'orders': the column is missing"),
    ],
)
def test_what_a_district_cannot_have_is_refused(
    run: Run, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    run("market", "add-district", source, "wider", "--id", "new", "--name", "New", "--outline", "town.geojson", *more).assert_refused(words)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["squares", "town.geojson"]


def test_festivals_are_printed_edited_and_taken_back(run: Run, source: Path, tmp_path: Path) -> None:
    printed = run("market", "festivals", source)
    assert printed.out.splitlines()[:2] == ["festival,peak,days,opening,run_up,after,regions", "Mid,2020-06-18,1,,3,3,"]
    table, out = tmp_path / "festivals.csv", tmp_path / "festive"
    table.write_text(printed.out + "Spring sale,2021-04-10,2,,1,1,r0;r2\nSpring sale,2022-02-10,2,,1,1,\n", encoding="utf-8")
    done = run("market", "festivals", source, out, "--table", table)
    assert (done.code, done.error) == (0, "")
    held = [o for o in load_market(out).calendar.occurrences if o.festival == "Spring sale"]
    assert [(f"{o.peak:%Y-%m-%d}", o.days, o.regions) for o in held] == [("2021-04-10", 2, ("r0", "r2")), ("2022-02-10", 2, ())]
    again = run("market", "festivals", out).out.splitlines()  # in order of time
    assert sorted(again) == sorted(table.read_text(encoding="utf-8").splitlines())
    assert again.index("Spring sale,2021-04-10,2,,1,1,r0;r2") == again.index("Mid,2020-06-18,1,,3,3,") + 2


def test_a_faulty_table_is_refused_with_its_row(run: Run, source: Path, tmp_path: Path) -> None:
    table = tmp_path / "festivals.csv"
    table.write_text("festival,peak,regions\nSale,2021-04-31,\nSale,2021-04-30,z\n", encoding="utf-8")
    command = ["market", "festivals", source, tmp_path / "festive", "--table", table]
    run(*command).assert_refused("row 2, column 'peak'", "'2021-04-31'", "row 3, column 'regions'")
    assert not (tmp_path / "festive").exists()
    run(*command[:-2]).assert_wrong_usage("--table")
    table.write_text("festival,peak\nSale,2021-04-30\n", encoding="utf-8")
    assert run(*command).code == 0
    run(*command).assert_refused("this market is there already")
    assert run(*command, "--replace").code == 0
