"""The objective and the noise: densities held against scipy, totals against simulated noise, samples against what was scored."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from stmp.config import Calibration, ModelConfig
from stmp.market import Market
from stmp.model import MAX_NOISE, NOISE_PER_PSI, Noise, STMPNetwork, log_mean_exp, masked_mean, persistent
from stmp.tasks import QueryInputs, SupportInputs
from tests.markets import small_market
from tests.small import FAITHFUL, TINY, answer, close, episode_of, gatherer_of, inputs_of, network_of, position

GAUSSIAN = TINY.model_copy(update={"student_t": False})


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=4)


@pytest.fixture(scope="module")
def inputs(market: Market) -> tuple[SupportInputs, QueryInputs]:
    """A day off, a day of the run-up, the peak and the day after it."""
    gatherer = gatherer_of(market)
    return inputs_of(gatherer, episode_of(gatherer, position(market, "2021-11-06"), (1, 3, 5, 6)))


@pytest.fixture(autouse=True)
def _without_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def test_log_mean_exp_is_float64s_even_far_from_zero() -> None:
    values = np.random.default_rng(0).normal(0, 3, (7, 4)) + np.array([0.0, -2000.0, 2000.0, 50.0])
    shift = values.max(0)
    expected = shift + np.log(np.exp(values - shift).mean(0))
    np.testing.assert_allclose(log_mean_exp(torch.tensor(values)).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(log_mean_exp(torch.tensor(values, dtype=torch.float32)).numpy(), expected, rtol=1e-5)


def test_masked_mean_leaves_out_what_is_masked() -> None:
    values, mask = torch.tensor([[1.0, 100.0], [3.0, 5.0]]), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    close(masked_mean(values, mask, dim=0), torch.tensor([[2.0, 0.0]]))
    close(masked_mean(values, mask, dim=1), torch.tensor([[1.0], [3.0]]))


@pytest.mark.parametrize("draws", [1, 3])
def test_log_densities_are_scipys(market: Market, draws: int) -> None:
    network = network_of(market)
    rng = np.random.default_rng(2)
    residual, scale = rng.normal(0, 3, (draws, 50)), rng.uniform(0.1, 2, (draws, 50))
    nu = float(network.freedom)
    assert nu > 3
    for of, law in ((network, stats.t(nu)), (network_of(market, GAUSSIAN), stats.norm())):
        density = of._log_density(torch.tensor(residual), torch.tensor(scale)).numpy()
        np.testing.assert_allclose(density, np.log((law.pdf(residual / scale) / scale).mean(0)), rtol=1e-5, atol=1e-5)


def mean_density(residual: np.ndarray, variance: np.ndarray, weight: np.ndarray, nu: float) -> float:
    """Weighted mean over the days of the log of the mean over the draws (axis 0) of the density, by scipy."""
    density = np.log(stats.t.pdf(residual, nu, scale=np.sqrt(variance)).mean(0))
    return float((density * weight).sum() / weight.sum())


@pytest.mark.parametrize("draws", [1, 4])
def test_the_loss_is_the_density_of_cells_and_totals(market: Market, inputs: tuple[SupportInputs, QueryInputs], draws: int) -> None:
    """Each term by scipy, the noise read at the mean of psi; days that do not count, and missing cells, are left out."""
    network, (support, query) = network_of(market), inputs
    torch.manual_seed(11)
    psi = network.amortization(support)
    region, date_type = (one.mean + one.std * torch.randn(draws, *one.mean.shape) for one in psi)
    location = network.generator.location(network.query(query), region, date_type)[0][:, 0].double().numpy()  # [L, R, C, P]
    noise = Noise(*(part[0].double().numpy() for part in answer(network, support, query)[1]))
    nu = float(network.freedom)
    rng = np.random.default_rng(0)
    present = (rng.random(noise.scale.shape) > 0.2).astype(float)
    counted = np.array([1.0, 3.0, 0.0, 1.0])
    target = location.mean(0) + rng.normal(0, 0.3, noise.scale.shape)
    residual = target - location
    expected = -mean_density(residual, sum(part**2 for part in noise), present * counted, nu)
    volume = present * np.exp(query.level[0].double().numpy())[..., None]
    for axes in ((0, 1), (0,), (1,)):  # the day's total, each category's over the regions, each region's over the categories
        share = volume / np.maximum(volume.sum(axes, keepdims=True), 1e-9)
        variance = (share**2 * noise.scale**2).sum(axes) + (share * noise.day).sum(axes) ** 2 + 1e-5
        if axes == (0, 1):
            variance += ((share * noise.category).sum(0) ** 2).sum(0) + ((share * noise.region).sum(1) ** 2).sum(0)
        elif axes == (0,):
            variance += (share * noise.category).sum(0) ** 2 + (share**2 * noise.region**2).sum(0)
        else:
            variance += (share**2 * noise.category**2).sum(1) + (share * noise.region).sum(1) ** 2
        there = (volume.sum(axes) > 0) * counted
        expected -= mean_density((share * residual).sum(tuple(axis + 1 for axis in axes)), variance, there, nu)
    handed = [torch.tensor(a, dtype=torch.float32)[None] for a in (target, present, counted)]
    handed[0] = handed[0] + query.level[..., None]
    torch.manual_seed(11)
    assert network.loss(support, query, *handed, draws=draws).item() == pytest.approx(expected, rel=1e-4)
    handed[0][..., 2] += 100.0  # the day that does not count
    handed[0][handed[1] == 0] -= 50.0
    torch.manual_seed(11)
    assert network.loss(support, query, *handed, draws=draws).item() == pytest.approx(expected, rel=1e-4)


def test_the_faithful_loss_scores_cells_alone(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    network, (support, query) = network_of(market, FAITHFUL), inputs
    for head in (network.amortization.region_heads, network.amortization.type_heads):
        head.bias[TINY.latent :] -= 50  # next to no spread of psi
    location, noise = answer(network, support, query)
    residual = torch.randn(location.shape, generator=torch.Generator().manual_seed(1)) / 3
    target, every = query.level[..., None] + location + residual, torch.ones_like(location)
    expected = -stats.norm.logpdf(residual.numpy(), scale=noise.scale.numpy()).mean()
    assert network.loss(support, query, target, every, every[:, 0, 0], draws=1).item() == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("axes", [(2, 3), (2,), (3,)], ids=["day", "category", "region"])
def test_variance_of_totals_is_that_of_the_simulated_shared_noise(market: Market, axes: tuple[int, ...]) -> None:
    network = network_of(market, GAUSSIAN)
    torch.manual_seed(6)
    regions, categories, draws = 3, 2, 40_000
    shape = (1, regions, categories, 1)
    spread = Noise(*(torch.rand(shape) + 0.1 for _ in range(4)))
    weight = torch.rand(shape) + 0.2
    weight[0, 0, 1] = 0  # a missing cell
    density = network._group_density(torch.zeros(1, *shape), spread, weight, axes)
    computed = (torch.exp(-density) / np.sqrt(2 * np.pi)) ** 2  # of a normal density at its mean

    def noise(*size: int) -> Tensor:
        return torch.randn(draws, 1, *size)

    simulated = spread.scale * noise(regions, categories, 1) + spread.day * noise(1, 1, 1)
    simulated = simulated + spread.category * noise(1, categories, 1) + spread.region * noise(regions, 1, 1)
    share = weight / weight.sum([axis - 1 for axis in axes], keepdim=True)
    variance = (share * simulated).sum(axes).var(0)  # [draws, 1, R, C, P], as the residual
    torch.testing.assert_close(computed, variance, rtol=0.05, atol=0)


@torch.no_grad()
def test_what_is_missing_is_not_scored_and_the_losses_of_parts_add_up(market: Market) -> None:
    """Two episodes, of which the second lacks a region, and a category on a day: a total without any cell."""
    gatherer, network = gatherer_of(market), network_of(market)
    episodes = [episode_of(gatherer, position(market, day), (1, 2, 5)) for day in ("2021-06-10", "2021-11-06")]

    def loss(*chosen: int, beyond: float = 0.0, among: Tensor | None = None) -> Tensor:
        some = [episodes[number] for number in chosen]
        target, present = gatherer.targets(some)
        if 1 in chosen:
            present[-1, 0] = present[-1, :, 1, 2] = 0
        target = torch.where(present > 0, target, target + beyond)
        counted = torch.ones(len(some), 3)
        found = network.loss(*inputs_of(gatherer, *some), target, present, counted, 2, torch.zeros, among)
        parts.append(present)
        return found

    parts: list[Tensor] = []
    whole = loss(0, 1)
    assert torch.isfinite(whole)
    close(loss(0, 1, beyond=7.0), whole)
    close(loss(0, among=parts[0]) + loss(1, among=parts[0]), whole)
    assert (loss(0) / 2 + loss(1) / 2 - whole).abs() > 1e-3  # which their plain means do not


def test_samples_have_the_location_and_spread_that_was_scored(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    network, (support, query) = network_of(market, GAUSSIAN), inputs
    for head in (network.amortization.region_heads, network.amortization.type_heads):
        head.bias[TINY.latent :] -= 50
    location, noise = answer(network, support, query)
    samples, level = network.sample_logs(support, query, 1500, Calibration())
    wider, _ = network.sample_logs(support, query, 1500, Calibration(cell=2.0, shared=2.0))
    assert samples.shape == (1500 * NOISE_PER_PSI, 4, 2, 4)
    close(level, query.level)
    spread = torch.sqrt(sum(part[0] ** 2 for part in noise))
    assert ((samples.mean(0) - location[0]).abs() / spread).max() < 0.06
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
    network: STMPNetwork = network_of(market, model)
    noise = network.draw_noise((5, 4, 3), 2, 600, Calibration(persistence=0.5), torch.Generator().manual_seed(0))
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
