"""A changed market in a folder of its own: what is written is what was changed, and nothing else is touched."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stmp.errors import MarketError, StmpError
from stmp.market import Market
from stmp.market.additions import District, read_days
from stmp.market.draft import Draft, festival_versions, manifest_text
from stmp.market.load import load_market
from stmp.market.schema import Manifest, read_manifest
from tests.app.conftest import REGIONS, write_market
from tests.market.folders import Folder
from tests.market.test_additions import SQUARE

NEW = District("new", "New town", "新城", outline=SQUARE, facts={"population": 5e5})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Four squares with outlines, facts, carts and a calendar file."""
    return write_market(tmp_path / "squares", "squares", "Four squares", True, REGIONS + 'polygons = "squares.geojson"\n')


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def assert_same(read: Market, made: Market) -> None:
    assert (read.regions, read.categories, read.new) == (made.regions, made.categories, made.new)
    np.testing.assert_array_equal(read.orders, made.orders)
    assert set(read.past) == set(made.past)
    for name, values in made.past.items():
        np.testing.assert_array_equal(read.past[name], values)
    for name, values in made.known.items():
        np.testing.assert_array_equal(read.known[name], values)
    pd.testing.assert_frame_equal(read.facts, made.facts, check_names=False)
    pd.testing.assert_frame_equal(read.region_table, made.region_table, check_names=False)
    pd.testing.assert_frame_equal(read.calendar.covariates, made.calendar.covariates, check_freq=False)
    assert read.calendar.occurrences == made.calendar.occurrences
    np.testing.assert_array_equal(read.calendar.workday, made.calendar.workday)
    np.testing.assert_array_equal(read.calendar.holiday, made.calendar.holiday)


def test_a_new_district_is_read_back_from_a_folder_of_its_own(source: Path, tmp_path: Path) -> None:
    before = files_of(source)
    draft = Draft.of(source).with_district(NEW)
    manifest = draft.save(tmp_path / "wider")
    read = load_market(tmp_path / "wider")
    assert_same(read, draft.market)
    assert read.new == ("new",)
    assert (manifest.name, manifest.title, manifest.simulated) == ("wider", "wider", True)
    assert manifest.source.endswith("New town was added by hand; days of its own: 0.")
    assert manifest.calendar.table is None  # whose festivals nobody has touched
    assert files_of(source) == before
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]


def test_everything_a_market_can_have_is_carried_over(source: Path, tmp_path: Path) -> None:
    days = pd.read_csv(source / "calendar.csv").assign(rain=lambda f: np.arange(len(f)) / 2)
    days.to_csv(source / "calendar.csv", index=False)
    (source / "promotions.csv").write_text("region,date,discount\nr1,2021-06-18,0.2\nr0,2022-01-05,0.1\n", encoding="utf-8")
    text = (
        (source / "market.toml")
        .read_text(encoding="utf-8")
        .replace('file = "calendar.csv"', 'file = "calendar.csv"\ncovariates = ["rain"]')
    )
    (source / "market.toml").write_text(text + '[known]\nfile = "promotions.csv"\ncovariates = ["discount"]\n', encoding="utf-8")
    draft = Draft.of(source).with_district(NEW)
    draft.save(tmp_path / "wider", "Wider")
    assert_same(load_market(tmp_path / "wider"), draft.market)
    again = Draft.of(tmp_path / "wider")
    again.save(tmp_path / "copy")
    assert_same(load_market(tmp_path / "copy"), draft.market)


def test_earlier_versions_of_the_festivals_are_kept(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    first = Draft.of(source)
    moved = [replace(o, peak=o.peak + pd.Timedelta(days=1)) for o in first.festivals]
    first.with_festivals(moved).save(out, "Mine")
    assert festival_versions(out) == ["festivals-1.csv", "festivals-2.csv"]
    assert read_manifest(out).calendar.table == "festivals-2.csv"
    one, two = (out / "festivals-1.csv").read_bytes(), (out / "festivals-2.csv").read_bytes()
    second = Draft.of(out)
    assert list(second.festivals) == moved
    second.with_festivals(first.festivals).save(out, "Mine", replace_it=True)
    assert festival_versions(out)[-1] == read_manifest(out).calendar.table == "festivals-3.csv"
    assert ((out / "festivals-1.csv").read_bytes(), (out / "festivals-2.csv").read_bytes()) == (one, two)
    assert load_market(out).calendar.occurrences == first.market.calendar.occurrences
    Draft.of(out).with_district(NEW).save(out, "Mine", replace_it=True)  # which leaves the festivals alone
    assert festival_versions(out)[-1] == read_manifest(out).calendar.table == "festivals-3.csv"
    assert read_manifest(out).source.count("Festivals were edited by hand.") == 1


def test_what_lies_beside_the_market_stays_when_it_is_changed_itself(source: Path) -> None:
    (source / "rejected.csv").write_text("kept", encoding="utf-8")
    Draft.of(source).with_district(NEW).save(source, "Four squares", replace_it=True)
    assert (source / "rejected.csv").read_text(encoding="utf-8") == "kept"
    assert load_market(source).regions[-1] == "new"
    assert load_market(source).about.title_zh == "小市场"  # the same title has the same translation


def test_nothing_is_overwritten_by_mistake_or_left_half_written(source: Path, tmp_path: Path) -> None:
    draft = Draft.of(source).with_district(NEW)
    with pytest.raises(StmpError, match="this market is there already"):
        draft.save(source)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StmpError, match="this is there already and is no market"):
        draft.save(tmp_path / "other", replace_it=True)
    with pytest.raises(StmpError, match="gives the market no name"):
        draft.save(tmp_path / "市场")
    before = files_of(source)
    broken = replace(draft, market=replace(draft.market, new=("nobody",)))
    with pytest.raises(MarketError, match="which the region table lacks") as refused:
        broken.save(source, replace_it=True)
    assert refused.value.problems[0].file == source / "market.toml"
    assert files_of(source) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "squares"]


def test_a_manifest_is_written_as_it_was_read(source: Path) -> None:
    text = (source / "market.toml").read_text(encoding="utf-8").replace('file = "panel.csv"', 'file = "panel.csv"\nfirst = 2020-01-01')
    text += '[[calendar.festivals]]\nname = "Late"\nrun_up = 5\n[[calendar.festivals]]\nname = "Mid"\n[regions.columns]\nname = "\\"n\\""\n'
    manifest = Manifest.model_validate(tomllib.loads(text))
    assert Manifest.model_validate(tomllib.loads(manifest_text(manifest))) == manifest


def test_an_hourly_market_stays_one(folder: Folder, tmp_path: Path) -> None:
    folder.write("panel.csv", "region,date,orders\na,2021-01-01 00:00,1\na,2021-01-02 23:00,2\nb,2021-01-01 22:00,3\n")
    folder.manifest(frequency="h")
    (tmp_path / "hours.csv").write_text("date,orders\n2021-01-02 07:00,5\n2021-01-02 08:00,6\n", encoding="utf-8")
    draft = Draft.of(folder.path)
    wider = draft.with_district(District("new", "New", days=read_days(tmp_path / "hours.csv", draft.market)))
    wider.save(tmp_path / "wider")
    read = load_market(tmp_path / "wider")
    assert_same(read, wider.market)
    assert read.about.frequency == "h"
    assert read.orders[-1, 0, 31:33].tolist() == [5, 6]
    assert wider.notes == ("New was added by hand; days of its own: 1.",)
