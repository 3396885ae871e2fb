"""Each part of the model against an independent computation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, nn

from stmp.batches import Gatherer
from stmp.config import Calibration, ModelConfig, Schema
from stmp.market import Market
from stmp.model import (
    MAX_NOISE,
    NOISE_PER_PSI,
    Distribution,
    Gaussian,
    Query,
    SkipLSTM,
    STMPNetwork,
    SupportUplift,
    log_mean_exp,
    masked_mean,
    persistent,
)
from stmp.tasks import ALIGNED, INTERVAL, KINDS, RELATIONS, QueryInputs, Support, SupportInputs
from tests.markets import small_market
from tests.small import FAITHFUL, TINY, episode_of, gatherer_of, inputs_of, network_of, position

GAUSSIAN = TINY.model_copy(update={"student_t": False})
PEAK = "2021-11-11"


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=4)


@pytest.fixture(scope="module")
def gatherer(market: Market) -> Gatherer:
    return gatherer_of(market)


@pytest.fixture(scope="module")
def inputs(market: Market, gatherer: Gatherer) -> tuple[SupportInputs, QueryInputs]:
    """From two days before a peak to two after: working days, run-up, peak and after."""
    return inputs_of(gatherer, episode_of(gatherer, position(market, "2021-11-06"), (1, 3, 5, 6)))


def close(a: Tensor, b: Tensor, tolerance: float = 1e-5) -> None:
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


@torch.no_grad()
def distribution(network: STMPNetwork, support: SupportInputs, query: QueryInputs) -> Distribution:
    """With psi at its means."""
    region, date_type = network.amortization(support)
    return network.generator(network.generator.query(query), region.mean[None], date_type.mean[None])


def test_skip_lstm_links_each_step_with_the_one_a_period_before() -> None:
    torch.manual_seed(1)
    period, steps, inputs, hidden = 3, 12, 2, 4
    skip = SkipLSTM(inputs, hidden, period)
    cell = nn.LSTMCell(inputs, hidden)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(cell, name).data.copy_(getattr(skip.lstm, f"{name}_l0"))
    x = torch.randn(5, steps, inputs)
    states = [(torch.zeros(5, hidden), torch.zeros(5, hidden)) for _ in range(period)]  # before the first period
    for t in range(steps):
        states.append(cell(x[:, t], states[t]))  # states[t] is step t - period
    close(skip(x), torch.stack([h for h, _ in states[period:]], dim=1))


def test_log_mean_exp_is_float64s_even_far_from_zero() -> None:
    values = np.random.default_rng(0).normal(0, 3, (7, 4)) + np.array([0.0, -2000.0, 2000.0, 50.0])
    shift = values.max(0)
    expected = shift + np.log(np.exp(values - shift).mean(0))
    np.testing.assert_allclose(log_mean_exp(torch.tensor(values)).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(log_mean_exp(torch.tensor(values, dtype=torch.float32)).numpy(), expected, rtol=1e-5)


def test_masked_mean_leaves_out_what_is_masked() -> None:
    values, mask = torch.tensor([[1.0, 100.0], [3.0, 5.0]]), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    assert masked_mean(values, mask) == 2.0
    close(masked_mean(values, mask, dim=0), torch.tensor([[2.0, 0.0]]))
    close(masked_mean(values, mask, dim=1), torch.tensor([[1.0], [3.0]]))


def on_days(support: SupportInputs, order: Tensor) -> SupportInputs:
    """The same support with its days in another order."""
    return SupportInputs(
        windows=tuple(w[:, order] for w in support.windows),
        aligned=support.aligned[:, order],
        interval=support.interval[:, order],
        facts=support.facts,
        labels=support.labels[:, order],
        present=support.present[:, order],
        members=support.members[:, :, order],
        row=support.row[:, order],
        kinds=support.kinds[:, order],
    )


def disturbed(support: SupportInputs, days: Tensor) -> SupportInputs:
    """Other windows, volumes and features on some support days [N]."""
    torch.manual_seed(9)

    def other(values: Tensor) -> Tensor:
        changed = values.clone()
        changed[:, days] = torch.randn_like(changed[:, days]) * 5
        return changed

    windows = tuple(map(other, support.windows))
    return replace(support, windows=windows, aligned=other(support.aligned), interval=other(support.interval), labels=other(support.labels))


@torch.no_grad()
def test_pooling_does_not_see_the_order_of_the_support_days(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    network, support = network_of(market), inputs[0]
    order = torch.randperm(support.labels.shape[1], generator=torch.Generator().manual_seed(3))
    assert not torch.equal(order, order.sort().values)
    for before, after in zip(network.amortization(support), network.amortization(on_days(support, order)), strict=True):
        close(before.mean, after.mean)
        close(before.std, after.std)


@torch.no_grad()
def test_padding_days_are_not_pooled_whatever_they_hold(market: Market, gatherer: Gatherer) -> None:
    network, episode = network_of(market), episode_of(gatherer, position(market, "2021-11-06"), (1, 5))
    bare = gatherer.support([episode])
    padded = Support(
        np.pad(bare.days, ((0, 0), (0, 3)), constant_values=-1),
        np.pad(bare.members, ((0, 0), (0, 0), (0, 3))),
        np.pad(bare.row, ((0, 0), (0, 3))),
    )
    wide = gatherer.support_inputs([episode], padded)
    real = torch.as_tensor(padded.days[0] >= 0)
    assert wide.present[:, ~real].abs().sum() == 0
    expected = network.amortization(gatherer.support_inputs([episode], bare))
    for support in (wide, disturbed(wide, ~real)):
        for before, after in zip(expected, network.amortization(support), strict=True):
            close(before.mean, after.mean)
            close(before.std, after.std)
    close(*(network.generator.uplift(gatherer.query_inputs([episode], support)) for support in (bare, padded)))


@torch.no_grad()
def test_a_date_type_hears_only_its_own_support_days(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    network, support = network_of(market), inputs[0]
    peak = 2  # leads 1, 3, 5, 6 after 6 November: the third is the peak
    strangers = support.members[0, peak] == 0
    assert 0 < int(strangers.sum()) < len(strangers)
    before, after = (network.amortization(s)[1] for s in (support, disturbed(support, strangers)))
    close(before.mean[:, peak], after.mean[:, peak])
    assert (before.mean[:, 0] - after.mean[:, 0]).abs().max() > 1e-3  # the working day's support was among them
    before, after = (network.amortization(s)[1] for s in (support, disturbed(support, ~strangers)))
    assert (before.mean[:, peak] - after.mean[:, peak]).abs().max() > 1e-3


@torch.no_grad()
def test_more_shots_are_told_from_fewer(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    network, support = network_of(market), inputs[0]
    twice = torch.arange(support.labels.shape[1]).repeat(2)
    once, doubled = network.amortization(support), network.amortization(on_days(support, twice))
    assert (once[0].std - doubled[0].std).abs().min() > 0
    network.amortization.region_heads.weight[:, -1] = 0  # without the number beside it, a mean is a mean
    once, doubled = network.amortization(support), network.amortization(on_days(support, twice))
    rest = slice(KINDS, None)  # the departures before it shrink with the number of days by design
    close(once[0].mean[..., rest], doubled[0].mean[..., rest])


def test_psi_of_a_region_tells_how_it_departs_from_the_others_by_kind_of_day(
    market: Market, inputs: tuple[SupportInputs, QueryInputs]
) -> None:
    """By hand: the shrunk mean over the own support of the label less the regions' mean, for each kind of day."""
    network, support = network_of(market), inputs[0]
    with torch.no_grad():
        network.amortization.region_heads.weight.zero_()
        network.amortization.region_heads.bias.zero_()
        mean = network.amortization(support)[0].mean[0].numpy()
    labels, present = support.labels[0].numpy(), support.present[0].numpy()
    for k in range(KINDS):
        days = np.flatnonzero(support.row[0].numpy() & (support.kinds[0, :, k].numpy() > 0))
        assert len(days) > 0
        departure = labels[days] - (labels[days] * present[days]).sum(1, keepdims=True) / present[days].sum(1, keepdims=True)
        expected = (departure * present[days]).sum(0) / (present[days].sum(0) + network.amortization.PRIOR_DAYS)
        np.testing.assert_allclose(mean[..., k], expected, atol=1e-5)
    assert np.abs(mean[..., KINDS:]).max() == 0


def test_support_uplift_is_a_softmax_weighted_mean_of_the_regions_that_have_a_value() -> None:
    torch.manual_seed(4)
    module = SupportUplift()
    days, types, support, regions = 2, 2, 4, 3
    members = torch.tensor([[[3, 2, 0, 0], [0, 0, 1, 3]]])  # [B, Y, N]
    present = torch.ones(1, days, support, regions, 1)
    present[:, :, 0, 1] = 0  # region 1 lacks one day
    present[:, :, :, 2] = 0  # region 2 has no history
    inputs = QueryInputs(
        windows=(),
        aligned=torch.empty(0),
        interval=torch.empty(0),
        facts=torch.empty(0),
        matched=torch.randn(1, days, support, regions, 1),
        matched_present=present,
        relations=torch.randn(1, days, types, support, RELATIONS),
        members=members,
        mix=torch.tensor([[[1.0, 0.0], [0.3, 0.7]]]),
        level=torch.empty(0),
        kinds=torch.empty(0),
    )
    with torch.no_grad():
        common = module(inputs)
        score = module.score(inputs.relations)[0, ..., 0].double().numpy()
    matched, there = inputs.matched[0, ..., 0].double().numpy(), present[0, ..., 0].numpy()
    for p in range(days):
        weight = np.zeros(support)
        for y in range(types):
            exponentials = np.exp(score[p, y]) * (members[0, y].numpy() > 0)
            weight += inputs.mix[0, p, y].item() * exponentials / exponentials.sum()
        assert weight.sum() == pytest.approx(1)
        mass = weight[:, None] * there[p]
        expected = (mass * matched[p]).sum() / mass.sum()
        assert common[0, 0, 0, p].item() == pytest.approx(expected, rel=1e-4)
    with torch.no_grad():
        nothing = module(replace(inputs, matched_present=torch.zeros_like(present)))
    assert nothing.abs().max() == 0


def test_regions_exchanged_come_out_exchanged(market: Market, gatherer: Gatherer) -> None:
    network, origin, order = network_of(market), position(market, "2021-11-06"), [2, 0, 3, 1]
    straight = inputs_of(gatherer, episode_of(gatherer, origin, (1, 5)))
    turned = inputs_of(gatherer, episode_of(gatherer, origin, (1, 5), order))
    with torch.no_grad():
        (region, date_type), (turned_region, turned_type) = network.amortization(straight[0]), network.amortization(turned[0])
    close(turned_region.mean, region.mean[:, order])
    close(turned_region.std, region.std[:, order])
    close(turned_type.mean, date_type.mean)
    for before, after in zip(distribution(network, *straight), distribution(network, *turned), strict=True):
        close(after, before[:, :, order])
        assert not torch.allclose(after, before)


@pytest.mark.parametrize("draws", [1, 3])
def test_student_t_log_density_is_scipys(market: Market, draws: int) -> None:
    network = network_of(market)
    rng = np.random.default_rng(2)
    residual, scale = rng.normal(0, 3, (draws, 50)), rng.uniform(0.1, 2, (draws, 50))
    with torch.no_grad():
        nu = float(network.freedom)
        density = network._log_density(torch.tensor(residual), torch.tensor(scale)).numpy()
    assert nu > 3
    np.testing.assert_allclose(density, np.log(stats.t.pdf(residual, nu, scale=scale).mean(0)), rtol=1e-5, atol=1e-5)
    with torch.no_grad():
        density = network_of(market, GAUSSIAN)._log_density(torch.tensor(residual), torch.tensor(scale)).numpy()
    np.testing.assert_allclose(density, np.log(stats.norm.pdf(residual, scale=scale).mean(0)), rtol=1e-5, atol=1e-5)


def test_the_loss_is_the_density_of_cells_and_totals(market: Market, gatherer: Gatherer, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    """One draw, psi with next to no spread: each term by scipy; days that do not count, and missing cells, are left out."""
    support, query = inputs
    network = network_of(market)
    with torch.no_grad():
        for head in (network.amortization.region_heads, network.amortization.type_heads):
            head.bias[TINY.latent :] -= 50  # std 1e-3
        dist = Distribution(*(part[0, 0].double().numpy() for part in distribution(network, support, query)))
        nu = float(network.freedom)
    rng = np.random.default_rng(0)
    present = (rng.random(dist.location.shape) > 0.2).astype(float)
    residual = rng.normal(0, 0.3, dist.location.shape)
    counted = np.array([1.0, 3.0, 0.0, 1.0])
    target = torch.tensor(residual + dist.location, dtype=torch.float32)[None] + query.level[..., None]

    def mean_density(residual: np.ndarray, variance: np.ndarray, weight: np.ndarray) -> float:
        return float((stats.t.logpdf(residual, nu, scale=np.sqrt(variance)) * weight).sum() / weight.sum())

    squares = dist.scale**2 + dist.day**2 + dist.category**2 + dist.region**2
    expected = -mean_density(residual, squares, present * counted)
    volume = present * np.exp(query.level[0].double().numpy())[..., None]
    for axes in ((0, 1), (0,), (1,)):  # the day's total, each category's over the regions, each region's over the categories
        share = volume / np.maximum(volume.sum(axes, keepdims=True), 1e-9)
        variance = (share**2 * dist.scale**2).sum(axes) + (share * dist.day).sum(axes) ** 2 + 1e-5
        if axes == (0, 1):
            variance += ((share * dist.category).sum(0) ** 2).sum(0) + ((share * dist.region).sum(1) ** 2).sum(0)
        elif axes == (0,):
            variance += (share * dist.category).sum(0) ** 2 + (share**2 * dist.region**2).sum(0)
        else:
            variance += (share**2 * dist.category**2).sum(1) + (share * dist.region).sum(1) ** 2
        there = (volume.sum(axes) > 0) * counted
        expected -= mean_density((share * residual).sum(axes), variance, there)
    as_tensor = (torch.tensor(a, dtype=torch.float32)[None] for a in (present, counted))
    with torch.no_grad():
        loss = network.loss(support, query, target, *as_tensor, draws=1)
    assert loss.item() == pytest.approx(expected, rel=5e-3, abs=5e-3)


@pytest.mark.parametrize("axes", [(2, 3), (2,), (3,)], ids=["day", "category", "region"])
def test_variance_of_totals_is_that_of_the_simulated_shared_noise(market: Market, axes: tuple[int, ...]) -> None:
    network = network_of(market, GAUSSIAN)
    torch.manual_seed(6)
    regions, categories, draws = 3, 2, 40_000
    shape = (1, 1, regions, categories, 1)
    dist = Distribution(torch.zeros(shape), *(torch.rand(shape) + 0.1 for _ in range(4)))
    weight = torch.rand(shape[1:]) + 0.2
    weight[0, 0, 1] = 0  # a missing cell
    with torch.no_grad():
        density, there = network._group_density(torch.zeros(shape), dist, weight, axes)
    computed = (torch.exp(-density) / np.sqrt(2 * np.pi)) ** 2  # of a normal density at its mean

    def noise(*size: int) -> Tensor:
        return torch.randn(draws, 1, *size)

    simulated = dist.scale * noise(regions, categories, 1) + dist.day * noise(1, 1, 1)
    simulated = simulated + dist.category * noise(1, categories, 1) + dist.region * noise(regions, 1, 1)
    share = weight / weight.sum(tuple(a - 1 for a in axes), keepdim=True)
    variance = (share * simulated).sum(axes).var(0)
    assert there.all()
    torch.testing.assert_close(computed, variance, rtol=0.05, atol=0)


def test_samples_have_the_location_and_spread_that_was_scored(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    network, (support, query) = network_of(market, GAUSSIAN), inputs
    with torch.no_grad():
        for head in (network.amortization.region_heads, network.amortization.type_heads):
            head.bias[TINY.latent :] -= 50
        dist = distribution(network, support, query)
        samples, level = network.sample_logs(support, query, 1500, Calibration())
        wider, _ = network.sample_logs(support, query, 1500, Calibration(cell=2.0, shared=2.0))
    assert samples.shape == (1500 * NOISE_PER_PSI, 4, 2, 4)
    close(level, query.level)
    spread = network._spread(dist)[0, 0]
    assert ((samples.mean(0) - dist.location[0, 0]).abs() / spread).max() < 0.06
    torch.testing.assert_close(samples.std(0), spread, rtol=0.05, atol=0)
    torch.testing.assert_close(wider.std(0) / samples.std(0), torch.full_like(spread, 2), rtol=0.02, atol=0)
    total = samples.mean((1, 2)).var(0)  # over 8 cells: beyond independent noise by what the cells share
    assert (total > 1.05 * samples.var(0).mean((0, 1)) / 8).all()


def test_persistent_noise_has_unit_variance_and_geometric_correlation() -> None:
    noise = persistent(torch.randn(60_000, 5, generator=torch.Generator().manual_seed(0)), 0.6)
    expected = 0.6 ** np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    np.testing.assert_allclose(np.cov(noise.numpy().T), expected, atol=0.02)
    plain = torch.randn(10, 3)
    close(persistent(plain, 0.0), plain)


@pytest.mark.parametrize("model", [TINY, GAUSSIAN], ids=["Student-t", "Gaussian"])
def test_sampled_noise_has_the_quantiles_of_the_likelihood(market: Market, model: ModelConfig) -> None:
    network = network_of(market, model)
    query = Query(torch.zeros(1, 5, 4, 3, 6), *(torch.empty(0) for _ in range(5)))
    with torch.no_grad():
        noise = network.draw_noise(query, 2, 600, Calibration(persistence=0.5), torch.Generator().manual_seed(0))
        law = stats.t(float(network.freedom)) if model.student_t else stats.norm()
    cell = noise.cell.numpy().ravel()
    assert len(cell) == NOISE_PER_PSI * 600 * 60
    levels = np.array([0.005, 0.05, 0.25, 0.5, 0.75, 0.95, 0.995])
    np.testing.assert_allclose(np.quantile(cell, levels), law.ppf(levels), rtol=0.03, atol=0.02)
    assert np.abs(cell).max() <= MAX_NOISE
    for part in (noise.day, noise.category, noise.area, noise.region, noise.date_type):
        np.testing.assert_allclose(np.quantile(part.numpy(), levels[1:-1]), stats.norm.ppf(levels[1:-1]), atol=0.1)
    days = noise.day.numpy().reshape(-1, 3)
    assert np.corrcoef(days[:, 0], days[:, 1])[0, 1] == pytest.approx(0.5, abs=0.05)


def test_labels_matter_to_the_studios_variant_and_not_to_the_faithful_one(
    market: Market, inputs: tuple[SupportInputs, QueryInputs]
) -> None:
    support, query = inputs
    torch.manual_seed(0)
    other = (
        replace(support, labels=torch.randn_like(support.labels) * support.present),
        replace(query, matched=torch.randn_like(query.matched)),
    )
    faithful = network_of(market, FAITHFUL)
    for before, after in zip(distribution(faithful, support, query), distribution(faithful, *other), strict=True):
        assert torch.equal(before, after)
    studio = network_of(market)
    assert (distribution(studio, support, query).location - distribution(studio, *other).location).abs().mean() > 0.05
    with torch.no_grad():  # through psi alone, too
        before, after = (studio.amortization(s)[0].mean for s in (support, other[0]))
    assert (before - after).abs().max() > 0.02


def test_the_faithful_variant_turns_every_switch_off(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    assert {name for name, value in ModelConfig() if value is True} == {name for name, value in ModelConfig.faithful() if value is False}
    dist = distribution(network_of(market, FAITHFUL), *inputs)
    assert all(part.abs().max() == 0 for part in (dist.day, dist.category, dist.region))


def test_one_set_of_weights_serves_markets_of_any_size(market: Market) -> None:
    weights = network_of(market).state_dict()
    other = small_market(regions=2, categories=5, seed=8)
    network = STMPNetwork(TINY, Schema.of(other))
    network.load_state_dict(weights)
    gatherer = gatherer_of(other)
    dist = distribution(network.eval(), *inputs_of(gatherer, episode_of(gatherer, position(other, "2021-06-10"), range(1, 12))))
    assert dist.location.shape == (1, 1, 2, 5, 11)
    assert all(torch.isfinite(part).all() for part in dist)


def test_the_split_first_layer_is_one_fc_on_the_concatenation(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    """The head by hand: fc([h~, psi of the region, psi of the date type]), relu, and the paths around it."""
    network, (support, query) = network_of(market), inputs
    generator = network.generator
    with torch.no_grad():
        region, date_type = network.amortization(support)
        encoded = generator.extractor.encode(query.windows)
        h = generator.extractor(encoded, query.aligned, query.interval, query.facts)[0, 0]  # [R, C, P, H]
        whole = nn.Linear(TINY.features + 2 * TINY.latent, TINY.features)
        parts = (generator.first, generator.first_region, generator.first_type)
        whole.weight.copy_(torch.cat([part.weight for part in parts], dim=1))
        whole.bias.copy_(generator.first.bias)
        regions, _, days, _ = h.shape
        of_region = region.mean[0][:, :, None].expand(-1, -1, days, -1)
        of_type = date_type.mean[0].transpose(0, 1)[None].expand(regions, -1, -1, -1)  # each target day is its own type
        out = generator.head(torch.relu(whole(torch.cat([h, of_region, of_type], dim=-1))))
        ar = (query.aligned[0, 0] * generator.ar.weight[0]).sum(-1) + generator.ar.bias
        ordinary = query.kinds[0, :, :2].sum(-1)  # each target day is its own type
        assert 0 < ordinary.sum() < len(ordinary)
        gate = torch.sigmoid(out[..., 1]) * ordinary
        # How each region departs from the common uplift: its psi times what the date type's psi makes of it.
        response = of_type @ generator.response.weight.T
        response[..., :KINDS] += torch.sigmoid(generator.raw_share) * query.kinds[0]
        departure = (of_region * response).sum(-1)
        uplift = generator.uplift(query)[0] + departure
        location = generator.LARGEST * torch.tanh(out[..., 0]) + (1 - gate) * uplift + gate * ar
        mu = torch.exp(query.level[0][..., None] + location)
        scale = torch.sqrt(torch.log1p(torch.exp(out[..., 2])) ** 2 + mu / (1 + mu) ** 2 + 1e-4)
    dist = distribution(network, support, query)
    close(dist.location[0, 0], location)
    close(dist.scale[0, 0], scale)
    for number, part in enumerate((dist.day, dist.category, dist.region), start=3):
        close(part[0, 0], torch.log1p(torch.exp(out[..., number])))


def test_a_blended_day_mixes_the_psi_of_its_types(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    network = network_of(market)
    support, query = inputs
    with torch.no_grad():
        region, date_type = network.amortization(support)
        encoded = network.generator.query(query)
        mixed = encoded._replace(mix=torch.tensor([[[0.25, 0.0, 0.75, 0.0]]]).expand(1, 4, 4))
        kinds = (0.25 * encoded.kinds[:, :1] + 0.75 * encoded.kinds[:, 2:3]).expand(-1, 4, -1)
        mean = Gaussian((0.25 * date_type.mean[:, :1] + 0.75 * date_type.mean[:, 2:3]).expand(-1, 4, -1, -1), date_type.std)
        blended = network.generator(mixed, region.mean[None], date_type.mean[None])
        by_hand = network.generator(encoded._replace(kinds=kinds), region.mean[None], mean.mean[None])
    close(blended.location, by_hand.location)


def test_widths_of_the_inputs_are_those_the_layers_expect(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    support, query = inputs
    assert support.aligned.shape[-1] == query.aligned.shape[-1] == ALIGNED == 9
    assert support.interval.shape[-1] == query.interval.shape[-1] == INTERVAL == 19
    assert query.relations.shape[-1] == RELATIONS == 9
    assert query.facts.shape[-1] == 2 * len(market.facts.columns)
