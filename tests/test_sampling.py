"""Episodes: where their days lie, what they hold, and what is counted."""

from __future__ import annotations

import numpy as np
import pytest

from stmp.batches import Episode, Gatherer
from stmp.config import TrainingConfig
from stmp.market import Market
from stmp.sampling import SPECIAL_COUNT, EpisodeSampler, make_episode
from tests.markets import small_market
from tests.small import TINY, gatherer_of, position

LAST = 600
CONFIG = TrainingConfig(model=TINY, batch=3, categories=2, spatial_regions=4, temporal_regions=2, temporal_days=4)


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=5, categories=3)


@pytest.fixture(scope="module")
def gatherer(market: Market) -> Gatherer:
    return gatherer_of(market)


def sampler_of(gatherer: Gatherer, seed: int = 0, **changes: float) -> EpisodeSampler:
    return EpisodeSampler(gatherer.panel, CONFIG.model_copy(update=changes), LAST, seed)


@pytest.fixture(scope="module")
def drawn(gatherer: Gatherer) -> list[list[Episode]]:
    sampler = sampler_of(gatherer)
    return [sampler.draw(step) for step in range(80)]


def test_origins_and_targets_lie_in_the_training_span(drawn: list[list[Episode]]) -> None:
    episodes = [e for step in drawn for e in step]
    targets = np.concatenate([e.origin + e.leads for e in episodes])
    assert min(e.origin for e in episodes) >= TINY.window + TINY.support_lead
    assert targets.max() < LAST
    assert targets.max() > LAST - 30
    leads = np.concatenate([e.leads for e in episodes])
    assert set(leads) == set(range(1, TINY.horizon + 1))


def test_a_short_span_is_never_overstepped(gatherer: Gatherer) -> None:
    first = TINY.window + TINY.support_lead
    sampler = EpisodeSampler(gatherer.panel, CONFIG, first + 10, 0)
    episodes = [e for step in range(20) for e in sampler.draw(step)]
    assert {day for e in episodes for day in e.origin + e.leads} == set(range(first + 1, first + 10))
    assert min(e.origin for e in episodes) == first


def test_the_two_views_alternate(gatherer: Gatherer, drawn: list[list[Episode]]) -> None:
    """Even steps hold one date type over many regions, odd ones a few regions over the date types ahead."""
    for step, episodes in enumerate(drawn):
        assert len(episodes) == CONFIG.batch
        for episode in episodes:
            assert len(episode.regions) == len(set(episode.regions)) == (4 if step % 2 == 0 else 2)
            assert len(episode.categories) == len(set(episode.categories)) == 2
            if step % 2 == 0:
                assert len(set(episode.types)) == 1
    assert any(len(set(e.types)) > 1 for e in drawn[1] + drawn[3])


def test_each_target_has_its_own_date_type(gatherer: Gatherer, drawn: list[list[Episode]]) -> None:
    for episode in drawn[0] + drawn[1]:
        np.testing.assert_array_equal(episode.types, gatherer.panel.type_of[episode.origin + episode.leads])
        np.testing.assert_array_equal(episode.mix, np.eye(CONFIG.temporal_days))


def test_padding_is_not_counted(gatherer: Gatherer, drawn: list[list[Episode]]) -> None:
    padded = 0
    for episode in [e for step in drawn for e in step]:
        real = len(set(episode.leads))
        assert episode.counted.sum() == pytest.approx(1, abs=1e-6)  # every episode weighs the same
        np.testing.assert_allclose(episode.counted, [1 / real] * real + [0] * (CONFIG.temporal_days - real))
        padded += real < CONFIG.temporal_days
        present = gatherer.targets([episode])[1]
        assert present[..., real:].sum() == 0
        assert present[..., :real].min() == 1
    assert padded > 5


def test_shares_of_special_hidden_and_masked_are_kept(gatherer: Gatherer) -> None:
    def share(of: str, **changes: float) -> float:
        sampler = sampler_of(gatherer, **changes)
        episodes = [e for step in range(1, 81) for e in sampler.draw(step)]
        if of == "special":
            return float(np.mean([not gatherer.panel.ordinary[e.origin + e.leads[0]] for e in episodes]))
        if of == "hidden":
            return float(np.mean([e.hide_name for e in episodes]))
        return float(np.mean(np.concatenate([e.masked_regions for e in episodes])))

    assert share("special", special_days=1.0) == 1
    assert share("special", special_days=0.0) == 0
    assert share("special", special_days=0.5) == pytest.approx(0.5, abs=0.12)
    assert share("hidden", hide_festival=0.5) == pytest.approx(0.5, abs=0.12)
    assert share("masked", mask_history=0.25) == pytest.approx(0.25, abs=0.06)


def test_a_seed_draws_the_same_episodes_again(gatherer: Gatherer, drawn: list[list[Episode]]) -> None:
    sampler = sampler_of(gatherer)
    for step in range(4):
        for one, other in zip(drawn[step], sampler.draw(step), strict=True):
            assert (one.origin, one.types, one.stretch) == (other.origin, other.types, other.stretch)
            np.testing.assert_array_equal(one.leads, other.leads)
            np.testing.assert_array_equal(one.shift, other.shift)
    assert [e.origin for e in sampler_of(gatherer, seed=1).draw(0)] != [e.origin for e in drawn[0]]


def test_validation_lies_after_the_training_span(market: Market, gatherer: Gatherer) -> None:
    end = len(market.dates)
    episodes = sampler_of(gatherer).validation(end, 7)
    targets = [e.origin + e.leads for e in episodes]
    assert [e.origin for e in episodes] == list(range(LAST - 1, end - 1, 7))
    assert min(map(min, targets)) == LAST
    assert set(np.concatenate(targets)) == set(range(LAST, end))  # every day of it
    assert {len(e.regions) for e in episodes} == {5}
    assert set(np.concatenate([e.categories for e in episodes])) == {0, 1, 2}
    assert not any(e.hide_name or e.masked_regions is not None or e.shift is not None for e in episodes)


def test_rare_days_count_more_in_validation(market: Market, gatherer: Gatherer) -> None:
    origin = position(market, "2021-11-06")
    targets = origin + np.array([1, 5])  # a day off, and the peak
    episode = make_episode(gatherer.panel, np.arange(2), np.arange(1), origin, targets, 2)
    assert episode.counted.tolist() == [1, SPECIAL_COUNT]


def test_a_market_without_festivals_is_sampled(market: Market) -> None:
    plain = small_market(regions=2, start="2021-01-02", end="2021-05-31")
    sampler = EpisodeSampler(gatherer_of(plain).panel, CONFIG, 100, 0)
    assert sampler.special == []
    assert {len(e.regions) for e in sampler.draw(0)} == {2}
