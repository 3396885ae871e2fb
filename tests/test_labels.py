"""The label path against loops over target days, support days, regions and categories."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from stmp.batches import Gatherer
from stmp.labels import EVIDENCE, LabelPath
from stmp.market import Market
from stmp.tasks import ALIGNED, KINDS, RELATIONS, WEEKS, Pooled, QueryInputs
from tests.markets import small_market
from tests.small import close, episode_of, gatherer_of, inputs_of, position

P, Y, N, R, C, S = 2, 2, 5, 3, 2, 2
SHARE = torch.tensor([0.2, 0.5, 0.9])


@pytest.fixture
def path() -> LabelPath:
    """With weights that let every part be heard: as they begin, attention is nearly all on one day."""
    torch.manual_seed(3)
    path = LabelPath(S)
    with torch.no_grad():
        for parameter in path.parameters():
            parameter.copy_(torch.randn_like(parameter) / 2)
    return path


@pytest.fixture
def inputs() -> QueryInputs:
    """Two target days, the second a blend; day 3 has no value, region 1 lacks day 0, region 2 has no history at all."""
    torch.manual_seed(4)
    present = torch.ones(1, P, N, R, C)
    present[:, :, 3] = 0
    present[:, :, 0, 1] = 0
    present[:, :, :, 2] = 0
    gap = torch.tensor([[[[0.0, 1.0, 0.0, 0.0, 1.0]]]]).expand(1, P, Y, N)
    relations = torch.randn(1, P, Y, N, RELATIONS)
    relations[..., 2], relations[..., 5], relations[..., 6] = (torch.rand(1, P, Y, N) > 0.5), gap, torch.rand(1, P, Y, N)
    return QueryInputs(
        windows=(),
        aligned=torch.randn(1, 1, R, C, P, ALIGNED),
        interval=torch.empty(0),
        facts=torch.empty(0),
        leads=torch.tensor([[1.0, 4.0]]),
        matched=torch.randn(1, P, N, R, C),
        matched_present=present,
        weekday=torch.randn(1, N, R, C),
        surplus=torch.randn(1, P, N, R, C, S),
        relations=relations,
        members=torch.tensor([[[3, 2, 0, 2, 0], [0, 1, 3, 0, 1]]]),
        mix=torch.tensor([[[1.0, 0.0], [0.3, 0.7]]]),
        level=torch.empty(0),
        kinds=torch.empty(0),
        day_kinds=torch.eye(KINDS)[torch.tensor([[0, 1, 2, 2, 0]])],
        pooled=Pooled(torch.randn(1, Y, C), torch.randn(1, R, C, KINDS)),
    )


def array(values: Tensor) -> np.ndarray:
    return values.detach().double().numpy()


def logistic(values: np.ndarray | float) -> np.ndarray:
    return 1 / (1 + np.exp(-np.asarray(values)))


def attention(path: LabelPath, inputs: QueryInputs) -> np.ndarray:
    """[P, N, 2] a softmax over a type's own days and the empty place, whose score is 0; then the mix of the types."""
    weight = np.zeros((P, N, 2))
    for p, y, view in np.ndindex(P, Y, 2):
        mine = array(inputs.members[0, y]) > 0
        features = array(inputs.relations[0, p, y])
        bent = np.tanh(features @ array(path.bend_in.weight).T + array(path.bend_in.bias))
        score = features @ array(path.score.weight[view]) + path.score.bias[view].item()
        score = score + bent @ array(path.bend_out.weight[view]) + path.bend_out.bias[view].item()
        exponentials = np.exp(score) * mine
        weight[p, :, view] += inputs.mix[0, p, y].item() * exponentials / (exponentials.sum() + 1)
    return weight


def by_hand(path: LabelPath, inputs: QueryInputs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """rest and own [R, C, P], narrower [C, P] and evidence [R, C, P, EVIDENCE + S]."""
    weight, carried = attention(path, inputs), float(logistic(path.raw_carried.item()))
    value = array(inputs.matched[0]) - carried * array(inputs.weekday[0])[None]
    there, relations, mix = array(inputs.matched_present[0]) > 0, array(inputs.relations[0]), array(inputs.mix[0])
    repeats = logistic(array(path.raw_own))[inputs.members[0].numpy()]  # [Y, N]
    rest, owns, narrower, evidence = np.zeros((R, C, P)), np.zeros((R, C, P)), np.zeros((C, P)), np.zeros((R, C, P, EVIDENCE + S))
    weeks = array(inputs.aligned[0, 0, ..., :WEEKS])  # [R, C, P, WEEKS]
    gain, fading = array(path.gain), float(np.log1p(np.exp(path.raw_fading.item())))
    for p, c in np.ndindex(P, C):
        mean = np.array([value[p, n, there[p, n, :, c], c].mean() if there[p, n, :, c].any() else np.nan for n in range(N)])
        known = ~np.isnan(mean)
        wide, narrow = (weight[p, known, view] @ mean[known] for view in (0, 1))
        whole = mix[p] @ array(inputs.pooled.uplift[0, :, c])
        spread = [np.sqrt(weight[p, known, view] @ (mean[known] - middle) ** 2 + 1e-6) for view, middle in ((0, wide), (1, narrow))]
        departures = np.where(there[p, :, :, c], value[p, :, :, c] - mean[:, None], 0)  # [N, R]
        part = weight[p, :, 0] / weight[p, :, 0].sum()
        alike = ((part @ departures) ** 2).mean() / ((part @ departures**2).mean() + 1e-6)
        restless = np.sqrt(weeks[:, c, p].mean(0).var() + 1e-6)
        seen = weight[p, :, 0]
        said = [seen.sum(), seen @ relations[p, :, :, 5].max(0), seen @ (mix[p] @ relations[p, :, :, 2])]
        said += [seen @ relations[p, :, :, 6].max(0), wide, narrow, whole, *spread, alike, restless]
        narrower[c, p] = narrow - wide
        fuller = np.einsum("n,nrs->rs", seen, array(inputs.surplus[0, p, :, :, c])) * np.exp((1 - inputs.leads[0, p].item()) / fading)
        foretold = fuller.mean(0) @ gain[0] + (fuller - fuller.mean(0)) @ gain[1]  # [R]
        for r in range(R):
            own = 0.0
            for n in np.flatnonzero(there[p, :, r, c]):
                explained = array(inputs.pooled.departures[0, r, c]) * array(SHARE) @ array(inputs.day_kinds[0, n])
                own += weight[p, n].mean() * (mix[p] @ repeats[:, n]) * (value[p, n, r, c] - mean[n] - explained)
            pattern = carried * array(inputs.aligned[0, 0, r, c, p, :WEEKS]).mean()
            rest[r, c, p], owns[r, c, p] = wide - whole + pattern + foretold[r], own
            evidence[r, c, p] = [*said, np.sqrt(weeks[r, c, p].var() + 1e-6), own, *fuller[r]]
    return rest, owns, narrower, evidence


def test_attention_is_a_softmax_with_an_empty_place_mixed_over_the_types(path: LabelPath, inputs: QueryInputs) -> None:
    found = array(path._attention(inputs)[0])
    np.testing.assert_allclose(found, attention(path, inputs), rtol=1e-4, atol=1e-6)
    assert (found.sum(1) < 1).all()  # the rest fell to the empty place
    assert found[0, [2, 4]].max() == 0  # the first target day is of the first type alone, and these are not its days


def test_rest_own_departure_and_what_the_narrow_view_adds(path: LabelPath, inputs: QueryInputs) -> None:
    found = path(inputs, SHARE)
    rest, own, narrower, _ = by_hand(path, inputs)
    np.testing.assert_allclose(array(found.rest[0]), rest, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(array(found.own[0]), own, rtol=1e-4, atol=1e-5)
    for r in range(R):
        np.testing.assert_allclose(array(found.narrower[0, r]), narrower, rtol=1e-4, atol=1e-5)


def test_evidence_says_how_much_was_seen_and_what(path: LabelPath, inputs: QueryInputs) -> None:
    np.testing.assert_allclose(array(path(inputs, SHARE).evidence[0]), by_hand(path, inputs)[3], rtol=1e-4, atol=1e-5)


def test_no_value_that_is_masked_is_heard(path: LabelPath, inputs: QueryInputs) -> None:
    masked = torch.where(inputs.matched_present > 0, inputs.matched, torch.full_like(inputs.matched, 1e3))
    for one, other in zip(path(inputs, SHARE), path(replace(inputs, matched=masked), SHARE), strict=True):
        close(one, other)


def test_a_region_without_history_has_the_others_uplift_and_nothing_of_its_own(path: LabelPath, inputs: QueryInputs) -> None:
    found = path(replace(inputs, aligned=torch.zeros_like(inputs.aligned), surplus=torch.zeros_like(inputs.surplus)), SHARE)
    assert found.evidence[0, 2, ..., EVIDENCE - 1].abs().max() == 0
    assert found.evidence[0, 0, ..., EVIDENCE - 1].abs().min() > 0
    assert found.own[0, 2].abs().max() == 0
    close(found.rest[0, 2], found.evidence[0, 2, ..., 4] - found.evidence[0, 2, ..., 6])  # wide less whole


def test_without_support_there_is_only_the_share_of_the_weekdays_pattern(path: LabelPath, inputs: QueryInputs) -> None:
    none = Pooled(torch.zeros_like(inputs.pooled.uplift), torch.zeros_like(inputs.pooled.departures))
    unheard = replace(inputs, pooled=none, surplus=torch.zeros_like(inputs.surplus))
    for bare in (
        replace(inputs, members=torch.zeros_like(inputs.members), pooled=none),
        replace(unheard, matched_present=torch.zeros_like(inputs.matched_present)),
    ):
        found = path(bare, SHARE)
        close(found.rest, torch.sigmoid(path.raw_carried) * inputs.aligned[:, 0, ..., :WEEKS].mean(-1))
        assert found.narrower.abs().max() == found.own.abs().max() == 0


def test_fuller_carts_raise_the_day_by_their_gain_and_fade_with_the_lead(path: LabelPath, inputs: QueryInputs) -> None:
    with torch.no_grad():
        path.gain.copy_(torch.tensor([[0.5, 0.0], [0.0, 0.0]]))
    base = replace(inputs, surplus=torch.zeros_like(inputs.surplus))
    fuller = replace(inputs, surplus=torch.ones_like(inputs.surplus))
    moved = (path(fuller, SHARE).rest - path(base, SHARE).rest)[0]  # [R, C, P]
    seen = torch.as_tensor(attention(path, inputs)[:, :, 0].sum(1))  # what fell to the empty place foretells nothing
    near, far = 0.5 * seen[0], 0.5 * seen[1] * torch.exp(-3 / torch.nn.functional.softplus(path.raw_fading.detach()))
    close(moved, torch.stack([near, far]).float().expand(R, C, P))


def test_what_psi_holds_is_not_counted_twice(path: LabelPath, inputs: QueryInputs) -> None:
    """Psi's uplift and the rest add up to what was seen, whatever psi holds; of a region's departures, the weight they got."""
    more = replace(inputs, pooled=Pooled(inputs.pooled.uplift + 0.7, inputs.pooled.departures))
    close(path(more, SHARE).rest, path(inputs, SHARE).rest - 0.7)
    every = torch.full((1, R, C, KINDS), 2.0)
    none = replace(inputs, pooled=Pooled(inputs.pooled.uplift, torch.zeros_like(every)))
    held = replace(inputs, pooled=Pooled(inputs.pooled.uplift, every))
    weight, repeats = attention(path, inputs).mean(-1), logistic(array(path.raw_own))[inputs.members[0].numpy()]
    kinds = array(inputs.day_kinds[0]) @ (2.0 * array(SHARE))  # [N]
    less = np.einsum("pn,py,yn,n,pnrc->rcp", weight, array(inputs.mix[0]), repeats, kinds, array(inputs.matched_present[0]))
    np.testing.assert_allclose(array(path(held, SHARE).own[0]), array(path(none, SHARE).own[0]) - less, rtol=1e-4, atol=1e-5)


def test_days_that_stand_for_no_type_are_not_heard(path: LabelPath, inputs: QueryInputs) -> None:
    strangers = torch.tensor([False, False, True, False, True])  # to the first type, which the first target day is
    matched, relations = inputs.matched.clone(), inputs.relations.clone()
    matched[:, :, strangers] = 50.0
    relations[:, :, 0, strangers] = 50.0
    changed = replace(inputs, matched=matched, relations=relations)
    before, after = path(inputs, SHARE), path(changed, SHARE)
    close(before.rest[..., 0], after.rest[..., 0])
    close(before.own[..., 0], after.own[..., 0])
    close(before.evidence[..., 0, :], after.evidence[..., 0, :])
    close(before.narrower[..., 0], after.narrower[..., 0])
    assert (before.rest[..., 1] - after.rest[..., 1]).abs().min() > 1e-2  # the second is a blend


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=3)


@pytest.fixture(scope="module")
def gatherer(market: Market) -> Gatherer:
    return gatherer_of(market)


@torch.no_grad()
def test_as_it_begins_it_looks_at_the_same_offset_of_the_same_festival(market: Market, gatherer: Gatherer) -> None:
    episode = episode_of(gatherer, position(market, "2021-11-06"), (4, 5))  # the day before the peak, and the peak
    days = list(gatherer.support([episode]).days[0])
    torch.manual_seed(0)
    wide, narrow = LabelPath(1)._attention(inputs_of(gatherer, episode)[1])[0].unbind(-1)
    for target, year_before in enumerate(("2020-11-10", "2020-11-11")):
        exact = days.index(position(market, year_before))
        assert narrow[target].argmax() == wide[target].argmax() == exact
        assert narrow[target, exact] > wide[target, exact] > 0.4
    assert (wide.sum(1) > narrow.sum(1) - 0.2).all()


@torch.no_grad()
def test_on_a_market_psis_uplift_and_the_rest_come_near_the_peak(market: Market, gatherer: Gatherer) -> None:
    """The peak triples every region's volume; a working day leaves it as it is."""
    episode = episode_of(gatherer, position(market, "2021-11-06"), (4, 5, 9))
    query = inputs_of(gatherer, episode)[1]
    torch.manual_seed(0)
    found = LabelPath(1)(query, SHARE)
    common = (query.pooled.uplift[0].transpose(0, 1)[None] + found.rest[0]).mean((0, 1))  # each target is its own type
    assert common[1] == pytest.approx(np.log(3), abs=0.35)
    assert common[2].abs() < 0.15
