"""The amortization network: what psi of a region and of a date type hears, and what the labels say in it by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from stmp import model
from stmp.batches import Gatherer
from stmp.market import Market
from stmp.model import Gaussian
from stmp.tasks import KINDS, Support, SupportInputs
from tests.markets import small_market
from tests.small import ALL, FAITHFUL, TINY, close, episode_of, gatherer_of, inputs_of, network_of, position, with_opening


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=4)


@pytest.fixture(scope="module")
def gatherer(market: Market) -> Gatherer:
    return gatherer_of(market)


@pytest.fixture(scope="module")
def support(market: Market, gatherer: Gatherer) -> SupportInputs:
    """Of a day off, a working day a week later, a peak and the day after it."""
    return inputs_of(gatherer, episode_of(gatherer, position(market, "2021-11-06"), (1, 9, 5, 6)))[0]


@pytest.fixture(autouse=True)
def _without_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def same(before: tuple[Gaussian, Gaussian], after: tuple[Gaussian, Gaussian]) -> None:
    for one, other in zip(before, after, strict=True):
        close(one.mean, other.mean)
        close(one.std, other.std)


def on_days(support: SupportInputs, order: Tensor) -> SupportInputs:
    """The same support with its days in another order."""
    return replace(
        support,
        windows=lambda days: tuple(w[:, order][:, days] for w in support.windows(ALL)),
        aligned=support.aligned[:, order],
        interval=support.interval[:, order],
        labels=support.labels[:, order],
        present=support.present[:, order],
        members=support.members[:, :, order],
        row=support.row[:, order],
    )


def disturbed(support: SupportInputs, days: Tensor) -> SupportInputs:
    """Other windows, volumes and features on some support days [N]."""
    torch.manual_seed(9)

    def other(values: Tensor) -> Tensor:
        changed = values.clone()
        changed[:, days] = torch.randn_like(changed[:, days]) * 5
        return changed

    windows = tuple(map(other, support.windows(ALL)))
    return replace(
        support,
        windows=lambda chosen: tuple(w[:, chosen] for w in windows),
        aligned=other(support.aligned),
        interval=other(support.interval),
        labels=other(support.labels),
    )


def test_pooling_does_not_see_the_order_of_the_support_days(market: Market, support: SupportInputs) -> None:
    network = network_of(market)
    order = torch.randperm(support.labels.shape[1], generator=torch.Generator().manual_seed(3))
    assert not torch.equal(order, order.sort().values)
    same(network.amortization(support), network.amortization(on_days(support, order)))


def test_padding_days_are_heard_by_nobody_whatever_they_hold(market: Market, gatherer: Gatherer) -> None:
    network, episode = network_of(market), episode_of(gatherer, position(market, "2021-11-06"), (1, 5))
    bare = gatherer.support([episode])
    padded = Support(
        np.pad(bare.days, ((0, 0), (0, 3)), constant_values=-1),
        np.pad(bare.members, ((0, 0), (0, 0), (0, 3))),
        np.pad(bare.row, ((0, 0), (0, 3))),
    )
    wide, query = gatherer.support_inputs([episode], padded), gatherer.query_inputs([episode], padded)
    padding = torch.as_tensor(padded.days[0] < 0)
    assert wide.present[:, padding].abs().sum() == query.matched_present[:, :, padding].abs().sum() == 0
    alone = gatherer.support_inputs([episode], bare)
    for inputs in (wide, query):
        for one, other in zip(alone.pooled, inputs.pooled, strict=True):
            close(one, other)
    for other in (wide, disturbed(wide, padding)):
        same(network.amortization(alone), network.amortization(other))
    matched, weekday = query.matched.clone(), query.weekday.clone()
    matched[:, :, padding] = weekday[:, padding] = 100.0
    for other in (query, replace(query, matched=matched, weekday=weekday)):
        for one, two in zip(network.query(gatherer.query_inputs([episode], bare)), network.query(other), strict=True):
            close(one, two)


def test_a_date_type_hears_only_its_own_support_days(market: Market, support: SupportInputs) -> None:
    network, peak = network_of(market), 2
    strangers = support.members[0, peak] == 0
    assert 0 < int(strangers.sum()) < len(strangers)
    before, after = (network.amortization(s)[1] for s in (support, disturbed(support, strangers)))
    close(before.mean[:, peak], after.mean[:, peak])
    assert (before.mean[:, 0] - after.mean[:, 0]).abs().max() > 1e-3  # the day off's support was among them
    before, after = (network.amortization(s)[1] for s in (support, disturbed(support, ~strangers)))
    assert (before.mean[:, peak] - after.mean[:, peak]).abs().max() > 1e-3


def test_a_region_hears_only_its_own_row(market: Market, support: SupportInputs) -> None:
    network = network_of(market)
    assert 0 < int(support.row.sum()) < support.row.shape[1]
    before, after = (network.amortization(s)[0] for s in (support, disturbed(support, ~support.row[0])))
    close(before.mean, after.mean)


def test_more_shots_are_told_from_fewer(market: Market, support: SupportInputs) -> None:
    network = network_of(market)
    twice = torch.arange(support.labels.shape[1]).repeat(2)
    once, doubled = network.amortization(support), network.amortization(on_days(support, twice))
    for one, other in zip(once, doubled, strict=True):
        assert (one.std - other.std).abs().min() > 0
    network.amortization.region_heads.weight[:, -1] = 0  # without the number beside it, a mean is a mean
    network.amortization.type_heads.weight[:, -1] = 0
    same(network.amortization(support), network.amortization(on_days(support, twice)))


def test_without_learning_psi_holds_what_the_labels_say_and_nothing_else(market: Market, support: SupportInputs) -> None:
    network = network_of(market)
    share = torch.tensor([0.2, 0.5, 0.9])
    network.amortization.raw_share.copy_(torch.logit(share))
    for head in (network.amortization.region_heads, network.amortization.type_heads):
        head.weight.zero_()
        head.bias.zero_()
    region, date_type = network.amortization(support)
    close(region.mean, torch.nn.functional.pad(support.pooled.departures, (0, TINY.latent - KINDS)))
    day_off, workday, festival = [0.0, 0.5, 0.0], [0.2, 0.0, 0.0], [0.0, 0.0, 0.9]
    for number, kinds in enumerate((day_off, workday, festival, festival)):
        for category in range(2):
            close(date_type.mean[0, number, category], torch.tensor([support.pooled.uplift[0, number, category].item(), *kinds]))
    for psi in (region, date_type):
        close(psi.std, torch.full_like(psi.std, np.log1p(np.exp(-3.0)) + 1e-3))


def test_the_faithful_psi_holds_no_label(market: Market, support: SupportInputs) -> None:
    faithful = network_of(market, FAITHFUL).amortization
    pooled = support.pooled._replace(uplift=support.pooled.uplift + 1, departures=support.pooled.departures + 1)
    same(faithful(support), faithful(replace(support, labels=support.labels + 3 * support.present, pooled=pooled)))
    faithful.region_heads.weight.zero_()
    faithful.type_heads.weight.zero_()
    region, date_type = faithful(support)
    close(region.mean[0], faithful.region_heads.bias[: TINY.latent].expand_as(region.mean[0]))
    close(date_type.mean[0], faithful.type_heads.bias[: TINY.latent].expand_as(date_type.mean[0]))


def test_a_region_that_opened_just_before_a_support_day_says_nothing_of_it(market: Market) -> None:
    """It opened three days before the peak of 2020: there was no level yet for that peak to be relative to."""
    found = []
    for seed in (0, 1):  # its first week was another one
        opened = with_opening(market, 1, "2020-11-08", seed)
        gatherer = gatherer_of(opened)
        support, query = inputs_of(gatherer, episode_of(gatherer, position(opened, "2021-11-05"), (5, 6, 7)))
        network = network_of(opened)
        found.append((network.amortization(support), network.query(query)))
    same(found[0][0], found[1][0])
    for one, other in zip(found[0][1], found[1][1], strict=True):
        close(one, other)


def test_support_gathered_part_by_part_gives_the_same_psi(market: Market, support: SupportInputs, monkeypatch: pytest.MonkeyPatch) -> None:
    network, whole = network_of(market), network_of(market).amortization(support)
    assert len(list(network.amortization._parts(support))) == 1
    days, cells = support.labels.shape[1], support.labels[0, 0].numel()
    monkeypatch.setattr(model, "AT_ONCE", 3 * cells + 1)
    assert [part.stop for part in network.amortization._parts(support)] == list(range(3, days + 3, 3))
    same(whole, network.amortization(support))
