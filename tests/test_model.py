"""The network's parts and the generator, each against an independent computation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from stmp.batches import Gatherer
from stmp.config import ModelConfig, Schema
from stmp.extractor import Extractor, SkipLSTM
from stmp.market import Market
from stmp.model import MAX_SCALE, STMPNetwork
from stmp.tasks import ALIGNED, INTERVAL, KINDS, RELATIONS, Pooled, QueryInputs, SupportInputs
from tests.markets import small_market
from tests.small import FAITHFUL, TINY, answer, close, episode_of, gatherer_of, inputs_of, network_of, position

WIDE = TINY.model_copy(update={"latent": 6})  # with more in psi than what the labels say


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=4)


@pytest.fixture(scope="module")
def gatherer(market: Market) -> Gatherer:
    return gatherer_of(market)


@pytest.fixture(scope="module")
def inputs(market: Market, gatherer: Gatherer) -> tuple[SupportInputs, QueryInputs]:
    """A day off, a day of the run-up, the peak, the day after it and a working day."""
    return inputs_of(gatherer, episode_of(gatherer, position(market, "2021-11-06"), (1, 3, 5, 6, 9)))


@pytest.fixture(autouse=True)
def _without_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def array(values: Tensor) -> np.ndarray:
    return values.double().numpy()


def logistic(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


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


def test_features_are_one_fc_on_what_the_streams_the_branch_and_the_known_inputs_say(
    market: Market, inputs: tuple[SupportInputs, QueryInputs]
) -> None:
    """One cell by hand; the streams' sum in the top fc is an fc on their concatenation."""
    extractor, query = network_of(market).generator.extractor, inputs[1]
    region, category, day = 2, 1, 3
    states = []
    for window, skip, recurrent in zip(query.windows, extractor.skip, extractor.recurrent, strict=True):
        steps = window[0, 0, region, min(category, window.shape[3] - 1)][None]
        linked = torch.relu(extractor.shared(torch.cat([skip(steps), steps], dim=-1)))
        states.append(recurrent(linked)[0][0, -1])
    known = extractor.facts(query.facts[0, 0, region, 0, 0]) + extractor.interval(query.interval[0, 0, 0, 0, day])
    joint = torch.relu(extractor.joint(torch.relu(known)))
    parts = [*states, query.aligned[0, 0, region, category, day], joint]
    weight = torch.cat([*(top.weight for top in extractor.top_streams), extractor.top_ar.weight, extractor.top_joint.weight], dim=1)
    h = torch.relu(extractor.out(torch.relu(weight @ torch.cat(parts) + extractor.top_ar.bias)))
    found = extractor(extractor.encode(query.windows), query.aligned, query.interval, query.facts)
    close(found[0, 0, region, category, day], h)


def test_a_stream_says_nothing_of_a_window_that_holds_none_of_it(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    extractor, windows = network_of(market).generator.extractor, inputs[1].windows
    total = extractor.encode(windows)
    absent = [window.clone() for window in windows]
    absent[2][:, :, 1, ..., :2] = 0  # the carts of region 1: neither values nor their mask; the calendar's flags stay
    without_carts = Extractor(TINY, Schema(streams=(), facts=("population",), known=()))
    narrower = {"top_ar.weight": extractor.top_ar.weight[:, :ALIGNED]}
    without_carts.load_state_dict({k: narrower.get(k, v) for k, v in extractor.state_dict().items() if k in without_carts.state_dict()})
    bare = without_carts.encode(windows[:2])
    close(extractor.encode(tuple(absent))[:, :, 1], bare[:, :, 1])
    close(extractor.encode(tuple(absent))[:, :, 0], total[:, :, 0])
    assert (total[:, :, 1] - bare[:, :, 1]).abs().max() > 1e-3
    absent[2][..., :2] = 0  # of all regions
    close(extractor.encode(tuple(absent)), bare)


def by_hand(network: STMPNetwork, query: QueryInputs, region: Tensor, date_type: Tensor) -> tuple[np.ndarray, list[np.ndarray]]:
    """Location [R, C, P] and the noise of each cell, each target day with its own date type: psi [R, C, Z], [Y, C, Z]."""
    generator = network.generator
    h = generator.extractor(generator.extractor.encode(query.windows), query.aligned, query.interval, query.facts)[0, 0]
    rest, kept_own, narrower, evidence = (part[0] for part in generator.labels(query, torch.sigmoid(network.amortization.raw_share)))
    (into, into_bias), (out_of, out_of_bias) = ((layer.weight, layer.bias) for layer in (generator.evidence[0], generator.evidence[2]))
    whole = nn.Linear(h.shape[-1] + query.aligned.shape[-1] + 2 * region.shape[-1], h.shape[-1])
    layers = (generator.first, generator.first_network, generator.first_region, generator.first_type)
    whole.weight.copy_(torch.cat([layer.weight for layer in layers], dim=1))
    whole.bias.copy_(generator.first.bias)
    location = np.zeros(h.shape[:3])
    noise = [np.zeros(h.shape[:3]) for _ in range(4)]
    for r, c, p in np.ndindex(h.shape[:3]):
        everywhere = query.aligned[0, 0, :, c, p].mean(0)
        heard = out_of @ torch.relu(into @ evidence[r, c, p] + into_bias) + out_of_bias
        hidden = torch.relu(whole(torch.cat([h[r, c, p], everywhere, region[r, c], date_type[p, c]])) + heard)
        correction, gate, focus, keep, kept = array(generator.head(hidden))
        own, of_type = array(region[r, c]), array(date_type[p, c])
        departure = own @ (array(generator.response.weight) @ of_type) + own[:KINDS] @ of_type[1 : 1 + KINDS]
        base = departure + of_type[0] + rest[r, c, p].item() + logistic(focus) * narrower[r, c, p].item()
        base += 2 * logistic(kept) * kept_own[r, c, p].item()
        base *= 2 * logistic(keep)
        if query.kinds[0, p, :2].sum() == 1:  # an ordinary day
            ar = array(query.aligned[0, 0, r, c, p]) @ array(generator.ar.weight[0]) + generator.ar.bias.item()
            base = (1 - logistic(gate)) * base + logistic(gate) * ar
        location[r, c, p] = base + np.tanh(correction)
        raw = np.log1p(np.exp(array(generator.noise_head(hidden))))
        mu = np.exp(query.level[0, r, c].item() + location[r, c, p])
        for part, value in zip(noise, [np.sqrt(raw[0] ** 2 + mu / (1 + mu) ** 2 + 1e-4), *raw[1:]], strict=True):
            part[r, c, p] = value
    return location, noise


def test_the_generator_by_hand(market: Market) -> None:
    """An fc on [h, evidence, the state of all regions, both psi]; the product of the two psi; the paths around it."""
    gatherer, network = gatherer_of(market, WIDE), network_of(market, WIDE)
    for layer in (network.generator.response, network.generator.noise_head, network.generator.evidence[2]):
        layer.weight.mul_(5)
    support, query = inputs_of(gatherer, episode_of(gatherer, position(market, "2021-11-06"), (1, 3, 5, 6, 9)))
    assert query.kinds[0, :, :2].sum(-1).tolist() == [1, 0, 0, 0, 1]
    region, date_type = (psi.mean[0] for psi in network.amortization(support))
    location, noise = by_hand(network, query, region, date_type)
    found, spread = answer(network, support, query)
    np.testing.assert_allclose(array(found[0]), location, rtol=1e-4, atol=1e-5)
    for one, other in zip(spread, noise, strict=True):
        np.testing.assert_allclose(array(one[0]), other, rtol=1e-4, atol=1e-5)


def test_draws_of_psi_move_the_location_each_by_its_own(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    network, (support, query) = network_of(market), inputs
    torch.manual_seed(2)
    region, date_type = (psi.mean + torch.randn(3, *psi.mean.shape) for psi in network.amortization(support))
    locations, _ = network.generator.location(network.query(query), region, date_type)
    for draw in range(3):
        np.testing.assert_allclose(array(locations[draw, 0]), by_hand(network, query, region[draw, 0], date_type[draw, 0])[0], atol=1e-4)


def test_the_noise_of_a_count_is_in_the_scale(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    """With next to none of the network's own, it is the spread of log1p of a Poisson count around the location."""
    network, (support, query) = network_of(market), inputs
    network.generator.noise_head.weight.zero_()
    network.generator.noise_head.bias.fill_(-30.0)
    rng = np.random.default_rng(0)
    for volume in (20.0, 100.0, 3000.0):
        level = replace(query, level=torch.full_like(query.level, np.log(volume)))
        location, noise = answer(network, support, level)
        mean = volume * np.exp(array(location[0]))
        simulated = np.log1p(rng.poisson(mean, (4000, *mean.shape))).var(0)
        assert (noise.scale[0].square().numpy() - 1e-4) / simulated == pytest.approx(np.ones_like(mean), rel=0.25)
        ratio = (noise.scale[0].square().numpy() - 1e-4).mean() / simulated.mean()
        assert ratio == pytest.approx(1, abs=0.1)
        assert max(part.max() for part in noise[1:]) < 1e-9


def test_a_blended_day_mixes_the_psi_of_its_types(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    """The first day is a quarter day off and three quarters peak; it is a quarter ordinary."""
    network, (support, query) = network_of(market), inputs
    region, date_type = (psi.mean[None] for psi in network.amortization(support))
    mix = query.mix.clone()
    mix[0, 0] = torch.tensor([0.25, 0.0, 0.75, 0.0, 0.0])
    encoded = network.query(replace(query, mix=mix))
    assert encoded.ordinary[0].tolist() == [0.25, 0, 0, 0, 1]
    blended = date_type.clone()
    blended[:, :, 0] = 0.25 * date_type[:, :, 0] + 0.75 * date_type[:, :, 2]
    as_own_type, _ = network.generator.location(encoded._replace(mix=query.mix), region, blended)
    found, _ = network.generator.location(encoded, region, date_type)
    close(found, as_own_type)
    plain, _ = network.generator.location(network.query(query), region, date_type)
    close(found[..., 1:], plain[..., 1:])
    assert (plain[..., 0] + 0.2 < found[..., 0]).all()
    assert (found[..., 0] < plain[..., 2]).all()


def test_regions_exchanged_come_out_exchanged(market: Market, gatherer: Gatherer) -> None:
    network, origin, order = network_of(market), position(market, "2021-11-06"), [2, 0, 3, 1]
    straight = inputs_of(gatherer, episode_of(gatherer, origin, (1, 5)))
    turned = inputs_of(gatherer, episode_of(gatherer, origin, (1, 5), order))
    (region, date_type), (turned_region, turned_type) = network.amortization(straight[0]), network.amortization(turned[0])
    close(turned_region.mean, region.mean[:, order])
    close(turned_region.std, region.std[:, order])
    close(turned_type.mean, date_type.mean)
    (location, noise), (turned_location, turned_noise) = answer(network, *straight), answer(network, *turned)
    for before, after in zip((location, *noise), (turned_location, *turned_noise), strict=True):
        close(after, before[:, order])
        assert not torch.allclose(after, before)


def test_labels_matter_to_the_studios_variant_and_not_to_the_faithful_one(
    market: Market, inputs: tuple[SupportInputs, QueryInputs]
) -> None:
    support, query = inputs
    torch.manual_seed(0)
    pooled = Pooled(*map(torch.randn_like, support.pooled))
    other = (
        replace(support, labels=torch.randn_like(support.labels) * support.present, pooled=pooled),
        replace(query, matched=torch.randn_like(query.matched), pooled=pooled),
    )
    faithful = network_of(market, FAITHFUL)
    (before, noise), (after, other_noise) = answer(faithful, support, query), answer(faithful, *other)
    for one, two in zip((before, *noise), (after, *other_noise), strict=True):
        assert torch.equal(one, two)
    studio = network_of(market)
    assert (answer(studio, support, query)[0] - answer(studio, other[0], query)[0]).abs().mean() > 0.05  # through psi alone
    assert (answer(studio, support, query)[0] - answer(studio, support, other[1])[0]).abs().mean() > 0.05  # through the label path
    learned = replace(support, labels=other[0].labels)  # what is learned of the labels, beside what they say by themselves
    assert (studio.amortization(support)[0].mean - studio.amortization(learned)[0].mean).abs().max() > 1e-3


def test_the_faithful_variant_turns_every_switch_off(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    assert {name for name, value in ModelConfig() if value is True} == {name for name, value in ModelConfig.faithful() if value is False}
    network, (support, query) = network_of(market, FAITHFUL), inputs
    location, noise = answer(network, support, query)
    assert all(part.abs().max() == 0 for part in noise[1:])
    # y is fc([psi, h]) and nothing beside it.
    generator, (region, date_type) = network.generator, network.amortization(support)
    h = generator.extractor(generator.extractor.encode(query.windows), query.aligned, query.interval, query.facts)[0, 0]
    psi = generator.first_region(region.mean[0])[:, :, None] + generator.first_type(date_type.mean[0]).transpose(0, 1)
    close(location[0], generator.head(torch.relu(generator.first(h) + psi))[..., 0])


@pytest.mark.parametrize("switch", ["labels_in_support", "aligned_ar", "support_base"])
def test_each_switch_by_itself_still_finds_the_peak_or_the_level(market: Market, switch: str) -> None:
    """What psi no longer says is not taken from what the label path says: without learning, a peak stays a peak."""
    model = TINY.model_copy(update={switch: False})
    gatherer, network = gatherer_of(market, model), network_of(market, model)
    for head in (network.generator.head, network.amortization.region_heads, network.amortization.type_heads):
        head.weight.zero_()
        head.bias.zero_()
    location, _ = answer(network, *inputs_of(gatherer, episode_of(gatherer, position(market, "2021-11-06"), (5, 9))))
    assert location[..., 1].abs().max() < 0.3
    if switch != "support_base":
        assert location[..., 0].mean() == pytest.approx(np.log(3), abs=0.2)


def test_one_set_of_weights_serves_markets_of_any_size(market: Market) -> None:
    weights = network_of(market).state_dict()
    other = small_market(regions=2, categories=5, seed=8)
    network = STMPNetwork(TINY, Schema.of(other))
    network.load_state_dict(weights)
    gatherer = gatherer_of(other)
    location, noise = answer(network.eval(), *inputs_of(gatherer, episode_of(gatherer, position(other, "2021-06-10"), range(1, 12))))
    assert location.shape == (1, 2, 5, 11)
    assert all(torch.isfinite(part).all() for part in (location, *noise))


def test_widths_of_the_inputs_are_those_the_layers_expect(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    support, query = inputs
    assert support.aligned.shape[-1] == query.aligned.shape[-1] == ALIGNED + len(market.past) == 15
    assert support.interval.shape[-1] == query.interval.shape[-1] == INTERVAL == 19
    assert query.relations.shape[-1] == RELATIONS == 9
    assert query.facts.shape[-1] == 2 * len(market.facts.columns)


def test_no_noise_is_wider_than_the_limit_however_unsure_the_head_is(market: Market, inputs: tuple[SupportInputs, QueryInputs]) -> None:
    network = network_of(market)
    network.generator.noise_head.bias.fill_(50.0)
    _, noise = answer(network, *inputs)
    for loading in (noise.day, noise.category, noise.region):
        close(loading, torch.full_like(loading, MAX_SCALE))
    counted = 0.25 + 1e-4  # at most, of a Poisson count and of the floor
    assert float(noise.scale.min()) >= MAX_SCALE
    assert float(noise.scale.max()) <= np.sqrt(MAX_SCALE**2 + counted)
