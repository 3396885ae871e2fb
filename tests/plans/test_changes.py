"""What differs between versions, and what has changed since one was saved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stmp.plans import Figures, alert, differences
from tests.plans.made import content, forecast, override


def test_two_versions_differ_where_they_do() -> None:
    before, after = content(override(5)), content(override(5), override(7), seed=3, note="later")
    found = {one.part: (one.before, one.after) for one in differences(before, after)}
    assert list(found) == ["overrides", "seed", "planned", "note"]
    assert found["overrides"] == ((override(5),), (override(5), override(7)))
    assert found["note"] == ("as agreed", "later")
    assert differences(before, before) == ()


def test_figures_come_from_joint_samples() -> None:
    figures, samples = Figures.of(forecast()), forecast().samples.astype(float)
    assert figures.total == pytest.approx(tuple(np.quantile(samples.sum(axis=(0, 1, 2)), [0.1, 0.5, 0.9])))
    assert figures.districts["r1"] == pytest.approx(tuple(np.quantile(samples[1].sum(axis=(0, 1)), [0.1, 0.5, 0.9])))


def test_an_alert_is_quiet_while_nothing_has_changed() -> None:
    saved = content()
    found = alert(saved, Figures.of(forecast()), saved.data_digest, saved.checkpoint, [saved.checkpoint])
    assert found.quiet
    assert (found.relative, found.districts["change"].tolist()) == (0, [0, 0, 0])


def test_an_alert_says_what_changed_and_by_how_much() -> None:
    saved, now = content(), forecast()
    now = replace(now, samples=now.samples * np.array([1.0, 1.5, 0.9], dtype=np.float32)[:, None, None, None])
    found = alert(saved, Figures.of(now), "e" * 64, saved.checkpoint, [saved.checkpoint])
    assert (found.data, found.checkpoint, found.quiet) == (True, "same", False)
    assert found.saved == saved.statistical.total.middle
    assert found.now == pytest.approx(np.median(now.samples.astype(float).sum(axis=(0, 1, 2))))
    assert found.districts.index[0] == "r1"  # the furthest moved
    assert found.districts.loc["r1", "relative"] == pytest.approx(0.5, rel=1e-5)
    assert found.districts.loc["r2", "relative"] == pytest.approx(-0.1, rel=1e-5)
    assert found.districts.loc["r0", "change"] == pytest.approx(0, abs=1e-3)


def test_an_alert_tells_another_checkpoint_from_one_that_is_gone() -> None:
    saved, now = content(), Figures.of(forecast())
    assert alert(saved, now, saved.data_digest, "b" * 64, ["b" * 64, saved.checkpoint]).checkpoint == "other"
    assert alert(saved, now, saved.data_digest, "b" * 64, ["b" * 64]).checkpoint == "gone"


def test_a_district_that_is_new_or_gone_has_no_number() -> None:
    saved, now = content(), Figures.of(forecast())
    less = Figures(now.total, {region: bounds for region, bounds in now.districts.items() if region != "r1"})
    found = alert(saved, less, saved.data_digest, saved.checkpoint, [])
    assert np.isnan(found.districts.loc["r1", "now"])
    assert found.districts.loc["r1", "saved"] > 0
