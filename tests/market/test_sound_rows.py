"""A sound panel in Parquet is read batch by batch to the same market as from the table of all rows; anything else is left to that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stmp.errors import MarketError
from stmp.market import load, sound_rows
from stmp.market.load import load_market
from stmp.market.schema import read_manifest
from stmp.market.sound_rows import SoundRows
from tests.market.folders import Folder

DATES = pd.date_range("2021-01-01", periods=5)


def rows() -> pd.DataFrame:
    """Two regions and two categories; one opens late, one has a gap."""
    index = pd.MultiIndex.from_product([["b", "a"], ["toys", "food"], DATES], names=["region", "category", "date"])
    frame = pd.DataFrame({"orders": np.arange(20.0), "cart_adds": np.arange(20.0) / 2}, index=index).reset_index()
    frame.loc[3, "cart_adds"] = np.nan
    late = (frame["region"] == "a") & (frame["date"] < DATES[2])
    return frame[~late & ~((frame["region"] == "b") & (frame["category"] == "food") & (frame["date"] == DATES[1]))]


def written(folder: Folder, frame: pd.DataFrame, **manifest: object) -> Path:
    frame.to_parquet(folder.path / "panel.parquet", index=False)
    folder.manifest(**{"panel": 'file = "panel.parquet"\nabsent = "zero"', **manifest})
    return folder.path


@pytest.mark.parametrize("absent", ["zero", "missing"])
@pytest.mark.parametrize("batch", [3, 1000])
def test_it_is_the_market_of_the_table(folder: Folder, absent: str, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(folder, rows(), panel=f'file = "panel.parquet"\nabsent = "{absent}"')
    monkeypatch.setattr(sound_rows, "BATCH", batch)
    whole = load._of_table(path, read_manifest(path))
    monkeypatch.setattr(load, "_of_table", None)  # is not asked
    found = load_market(path)
    assert (found.digest, found.regions, found.categories) == (whole.digest, whole.regions, whole.categories)
    np.testing.assert_array_equal(found.orders, whole.orders)
    np.testing.assert_array_equal(found.past["cart_adds"], whole.past["cart_adds"])
    assert np.isnan(found.orders[0]).sum() == 4
    pd.testing.assert_index_equal(found.dates, whole.dates)


def other(column: str, row: int, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.astype({column: object}) if isinstance(value, str) else frame
        frame.iloc[row, frame.columns.get_loc(column)] = value
        return frame

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (other("orders", 2, np.nan), "the value is empty"),
        (other("orders", 2, -1.0), "the value is negative"),
        (other("cart_adds", 2, np.inf), "the value is infinite"),
        (other("region", 2, None), "the value is empty"),
        (other("date", 2, pd.Timestamp("2021-01-03 11:00")), "the date cannot be read"),
        (other("date", 2, pd.NaT), "the value is empty"),
        (lambda frame: pd.concat([frame, frame[-1:]]), "the row repeats an earlier one"),
        (lambda frame: frame[::-1], "the date lies before that of the row above"),
    ],
)
@pytest.mark.parametrize("batch", [3, 1000])
def test_a_fault_is_told_as_ever(
    folder: Folder, change: Callable[[pd.DataFrame], pd.DataFrame], told: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_rows, "BATCH", batch)
    path = written(folder, change(rows()))
    with pytest.raises(MarketError, match=told):
        load_market(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d")),
        lambda frame: frame.assign(region=frame["region"].map({"a": 1, "b": 2})),
        lambda frame: frame.assign(orders=frame["orders"].astype(str)),
        lambda frame: frame.assign(date=frame["date"].dt.tz_localize("UTC")),
    ],
    ids=["dates as text", "ids as numbers", "numbers as text", "a time zone"],
)
def test_what_is_of_another_type_is_read_from_the_table(folder: Folder, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    path = written(folder, change(rows()))
    sound = SoundRows.of(path, read_manifest(path))
    assert sound is None or sound.arrays(sound.regions, DATES) is None
    assert load_market(path).orders.shape == (2, 2, 5)
