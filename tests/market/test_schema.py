"""market.toml: what it must say, and what it is refused for."""

from __future__ import annotations

import pytest

from tests.market.folders import Folder


def test_no_manifest(folder: Folder) -> None:
    (folder.path / "market.toml").unlink()
    assert folder.refusals() == ["market.toml: there is no such file. Remedy: give a folder that holds a market.toml."]


def test_broken_toml(folder: Folder) -> None:
    folder.write("market.toml", 'name = "x"\ntitle = \n')
    (found,) = folder.refusals()
    assert found.startswith("market.toml: not valid TOML in UTF-8: Invalid value (at line 2, column 9). Remedy: mend the line named.")


def test_a_manifest_in_another_encoding(folder: Folder) -> None:
    (folder.path / "market.toml").write_bytes('title = "小市场"'.encode("gbk"))
    (found,) = folder.refusals()
    assert found.startswith("market.toml: not valid TOML in UTF-8: 'utf-8' codec can't decode")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"colour": "red"}, "key 'colour': Extra inputs are not permitted. Remedy: remove the key."),
        ({"panel": 'file = "panel.csv"\nabsent = "zero"\nsep = ";"'}, "key 'panel.sep': Extra inputs are not permitted"),
        ({"panel": 'file = "panel.csv"'}, "key 'panel.absent': Field required. Remedy: mend the key."),
        ({"panel": 'file = "panel.csv"\nabsent = "none"'}, "key 'panel.absent': Input should be 'zero' or 'missing'"),
        ({"panel": 'file = "panel.csv"\nabsent = "zero"\npast = ["x", "x"]'}, "key 'panel.past': Value error, x is listed twice"),
        ({"frequency": "W"}, "key 'frequency': Input should be 'D' or 'h'"),
        ({"time_zone": "Beijing"}, "key 'time_zone': Value error, 'Beijing' is no IANA time zone such as Asia/Shanghai"),
        ({"name": "My market"}, "key 'name': String should match pattern"),
        ({"title": ""}, "key 'title': String should have at least 1 character"),
        ({"calendar": 'country = "China"'}, "key 'calendar.country': String should match pattern '^[A-Z]{2}$'"),
        (
            {"calendar": 'country = "CN"\ncovariates = ["rain"]'},
            "key 'calendar': Value error, covariates: there is no file that this could",
        ),
        ({"rest": '[regions]\nfacts = ["people"]'}, "key 'regions': Value error, facts: there is no file that this could describe"),
        ({"rest": '[known]\nfile = "k.csv"\ncovariates = []'}, "key 'known.covariates': Value should have at least 1 item"),
    ],
)
def test_a_wrong_key_is_named(folder: Folder, changes: dict[str, str], refusal: str) -> None:
    folder.manifest(**changes)
    (found,) = folder.refusals()
    assert found.startswith(f"market.toml: {refusal}")
    assert "Remedy: " in found


def test_every_wrong_key_is_listed(folder: Folder) -> None:
    folder.manifest(frequency="W", colour="red", panel='file = "panel.csv"')
    assert [line.split(":")[1] for line in folder.refusals()] == [" key 'frequency'", " key 'panel.absent'", " key 'colour'"]
