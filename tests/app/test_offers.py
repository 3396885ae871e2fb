"""What is offered: markets, checkpoints by how they fit, and cutoffs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from app import offers
from app.offers import Offer
from stmp.checkpoint import Card, read_card
from stmp.errors import CutoffError
from stmp.market import Market
from stmp.market.load import load_market
from tests.markets import small_market

GENERAL = {"market": "prior", "data_digest": "prior", "trained_from": "", "trained_until": "", "regions": (), "categories": ()}


@pytest.fixture(scope="module")
def market(workplace: Path) -> Market:
    return load_market(workplace / "squares")


@pytest.fixture(scope="module")
def card(workplace: Path) -> Card:
    return read_card(workplace / "runs" / "tiny")


def test_the_bundled_market_is_found() -> None:
    assert [folder.name for folder in offers.bundled_markets()] == ["beijing"]
    assert list(offers.market_titles(offers.bundled_markets()).values()) == ["Beijing, 18 districts (simulated)"]


def test_checkpoints_of_this_market_come_first(
    market: Market, card: Card, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = (
        ("a-other", {"market": "elsewhere", "data_digest": "1"}),
        ("b-older", {"data_digest": "2"}),
        ("c-same", {}),
        ("base", GENERAL),
    )
    for name, changes in changed:
        folder = tmp_path / "pretrained" / name
        folder.mkdir(parents=True)
        (folder / "checkpoint.json").write_text(card.model_copy(update=changes).model_dump_json())
    monkeypatch.chdir(tmp_path)
    found, faults = offers.checkpoints(market)
    assert faults == []
    assert [offer.folder.name for offer in found] == ["tiny", "c-same", "b-older", "base", "a-other"]
    assert list(offers.checkpoint_labels(found).values())[:2] == ["runs/tiny", "pretrained/c-same"]
    assert [offer.origin(market) for offer in found] == [
        "Trained on this market until 2021-06-30.",
        "Trained on this market until 2021-06-30.",
        "Trained on other data of this market until 2021-06-30.",
        "Trained on simulated markets of every kind; no training on this one is needed.",
        "Trained on another market: Four squares.",
    ]


def test_checkpoints_of_one_name_are_told_apart(card: Card) -> None:
    folders = [Path("here/runs/beijing"), Path("there/runs/beijing")]
    labels = offers.checkpoint_labels([Offer(folder, card) for folder in folders])
    assert labels[folders[1]] == "runs/beijing, there/runs/beijing"


def test_an_address_calls_a_market_by_its_name_or_else_by_its_folder(here: Path, tmp_path: Path) -> None:
    names = offers.market_names([here / "points", tmp_path / "no-manifest"])
    assert list(names.values()) == ["points", "no-manifest"]


def test_cutoffs_begin_where_the_model_has_enough_days(card: Card) -> None:
    market = small_market()
    assert offers.cutoffs(market, card) == (pd.Timestamp("2020-01-21"), pd.Timestamp("2021-12-31"))  # 14 days of window, 7 of lead
    with pytest.raises(CutoffError, match="holds 5 days; the model needs 21"):
        offers.cutoffs(market.until(pd.Timestamp("2020-01-05")), card)


@pytest.mark.parametrize(
    ("end", "expected"),
    [("2021-12-31", "2021-11-04"), ("2021-11-10", "2021-06-11"), ("2020-06-20", "2020-06-11"), ("2020-02-10", "2020-01-27")],
)
def test_the_useful_cutoff_is_a_week_before_the_last_peak(card: Card, end: str, expected: str) -> None:
    market = small_market().until(pd.Timestamp(end))
    assert offers.useful_cutoff(market, *offers.cutoffs(market, card)) == pd.Timestamp(expected)


def test_the_stamp_changes_with_the_files(here: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(here / "squares", tmp_path / "squares")
    before = offers.market_stamp(folder)
    assert len(before) == 5  # manifest, panel, regions, polygons, calendar
    (folder / "squares.geojson").touch()
    assert offers.market_stamp(folder) != before
