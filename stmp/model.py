"""STMP, top to bottom as in the paper's figure (AAAI 2021, doi 10.1609/aaai.v35i5.16556).

    window of each stream -> skip-LSTM -> one shared fc -> an LSTM per stream \
    recent volumes and carts -> AR (passes the recurrent layers by)             > top fc -> h             (extractor.py)
    facts -> fc, festival interval -> fc; both -> joint fc                     /
    support instances -> h_1..h_k -> instance pooling -> mu, sigma -> psi       (amortization network)
    query instance -> h~;  fc([psi, h~]) -> y                                   (generative model)

Ours, each a switch of ModelConfig: labels in the support, with what they say by themselves as the first parts of psi (a date
type's common uplift, a region's departures from the others) and a label path for the day's and the cell's rest; an aligned AR branch
on the output; a Student-t likelihood; and a part of the error that all regions of a day share.

Axes: B episodes, M instances, N support days, P target days, Y date types, L draws of psi, R regions, C categories,
T steps, F step features, E encoded window, H feature width, Z latent size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from stmp.config import Calibration, ModelConfig, Schema
from stmp.extractor import Extractor
from stmp.labels import EVIDENCE, LabelPath
from stmp.layout import draws_innermost, planes
from stmp.tasks import (
    ALIGNED,
    KINDS,
    ORDINARY_KINDS,
    RECURS,
    RELATION_WEIGHT,
    WEEKS,
    QueryInputs,
    SupportInputs,
)

NOISE_PER_PSI = 4  # draws of the noise for each draw of psi
AT_ONCE = 16_384  # support instances whose windows are gathered at once: of many regions, all take much memory
MAX_NOISE = 4.0  # scales: a heavier tail in log space would give the mean of the volumes no finite value
MAX_SCALE = 1.0  # log volume; of a wider one the mean of the volumes would be its few largest draws


class Gaussian(NamedTuple):
    """psi ~ N(mean, diag std^2)."""

    mean: Tensor
    std: Tensor

    def draw(self, noise: Tensor) -> Tensor:
        return self.mean + self.std * noise

    def plus(self, first: Tensor) -> Gaussian:
        """Its mean moved by ``first`` on the first latent dimensions."""
        return Gaussian(self.mean + functional.pad(first, (0, self.mean.shape[-1] - first.shape[-1])), self.std)


class AmortizationNetwork(nn.Module):
    """q_phi(psi | D): support instances -> instance pooling -> psi of each region and of each date type.

    With labels in the support, the first parts of psi are what the labels say by themselves, which learning then refines:
    of a date type the regions' common uplift and which kinds of day it takes after, of a region its own departures by kind.
    """

    LABELS = 3  # own label, its distance from the regions' mean, presence

    def __init__(self, config: ModelConfig, schema: Schema) -> None:
        super().__init__()
        self.labels_in_support = config.labels_in_support
        self.extractor = Extractor(config, schema)
        self.instance = nn.Linear(config.features + self.LABELS, config.features)
        self.relation = nn.Parameter(torch.tensor(RELATION_WEIGHT))  # weight of a support day by its relation to the type
        self.raw_share = nn.Parameter(torch.zeros(KINDS))  # of a region's departures that a day of the kind repeats
        self.region_heads = nn.Linear(config.features + 1, 2 * config.latent)
        self.type_heads = nn.Linear(config.features + 1, 2 * config.latent)
        with torch.no_grad():
            self.region_heads.weight.mul_(0.1)
            self.type_heads.weight.mul_(0.1)

    def forward(self, support: SupportInputs) -> tuple[Gaussian, Gaussian]:
        """psi of the regions [B, R, C, Z] and of the date types [B, Y, C, Z]."""
        row = support.row.float()[:, :, None, None] * support.present
        along_rows, by_day = [], []
        for days in self._parts(support):
            h = self._instances(support, days)
            along_rows.append(torch.einsum("bnrch,bnrc->brch", h, row[:, days]))
            by_day.append(torch.einsum("bnrch,bnrc->bnch", h, support.present[:, days]))
        regions = self._heads(self.region_heads, self._pooled(torch.stack(along_rows).sum(0), row.sum(1)))
        weight = functional.relu(self.relation)[support.members]  # [B, Y, N]
        along_columns = torch.einsum("byn,bnch->bych", weight, torch.cat(by_day, dim=1))
        mass = torch.einsum("byn,bnc->byc", weight, support.present.sum(2))
        types = self._heads(self.type_heads, self._pooled(along_columns, mass))
        if not self.labels_in_support:
            return regions, types
        kinds = (torch.sigmoid(self.raw_share) * support.kinds)[:, :, None].expand(*types.mean.shape[:3], KINDS)
        said = torch.cat([support.pooled.uplift[..., None], kinds], dim=-1)
        return regions.plus(support.pooled.departures), types.plus(said)

    @staticmethod
    def _parts(support: SupportInputs) -> Iterator[slice]:
        """The support days, as many at once as AT_ONCE allows."""
        batch, count, regions, categories = support.labels.shape
        width = max(1, AT_ONCE // (batch * regions * categories))
        yield from (slice(first, first + width) for first in range(0, count, width))

    def _instances(self, support: SupportInputs, days: slice) -> Tensor:
        """Features and labels of the instances of some support days, [B, N', R, C, H]."""
        encoded = self.extractor.encode(support.windows(days))
        h = self.extractor(encoded, support.aligned[:, days], support.interval[:, days], support.facts)[..., 0, :]
        label, present = support.labels[:, days], support.present[:, days]
        labels = h.new_zeros(*h.shape[:-1], self.LABELS)
        if self.labels_in_support:
            labels = torch.stack([label, (label - masked_mean(label, present, dim=2)) * present, present], dim=-1)
        return functional.relu(self.instance(torch.cat([h, labels], dim=-1)))

    @staticmethod
    def _pooled(total: Tensor, mass: Tensor) -> Tensor:
        """[.., C, H], [.., C] -> the weighted mean over the instances, with the log of their number beside it: more shots may mean less
        doubt."""
        mass = mass[..., None]
        return torch.cat([total / mass.clamp(min=1e-6), torch.log1p(mass) / 4], dim=-1)

    @staticmethod
    def _heads(head: nn.Linear, pooled: Tensor) -> Gaussian:
        mean, raw = head(pooled).chunk(2, dim=-1)
        return Gaussian(mean, functional.softplus(raw - 3.0) + 1e-3)


class Noise(NamedTuple):
    """Of the relative log volume. Each [B, R, C, P]: scale of a cell's own noise, and loadings of the noise shared by all
    cells of a day, by a category's cells of a day, and by a region's cells of a day."""

    scale: Tensor
    day: Tensor
    category: Tensor
    region: Tensor


class Query(NamedTuple):
    """What a query keeps between draws of psi: the first layer of the head without psi, and the paths around it."""

    hidden: Tensor  # [B, R, C, P, G]
    ar: Tensor  # [B, R, C, P]
    rest: Tensor  # [B, R, C, P]
    own: Tensor  # [B, R, C, P]
    narrower: Tensor  # [B, R, C, P]
    level: Tensor  # [B, R, C]
    mix: Tensor  # [B, P, Y]
    ordinary: Tensor  # [B, P] share of ordinary days in each target day


class Generator(nn.Module):
    """p_theta(y | x, psi): query instance -> h~; fc([psi, h~]) -> the distribution of y."""

    LARGEST = 1.0  # correction of the base, in log space: beyond it lies one past year's surprise learned by heart

    def __init__(self, config: ModelConfig, schema: Schema) -> None:
        super().__init__()
        self.config = config
        self.extractor = Extractor(config, schema)
        aligned, streams = ALIGNED + len(schema.streams), len(schema.streams)
        self.ar = nn.Linear(aligned, 1)
        self.labels = LabelPath(streams)
        self.first = nn.Linear(config.features, config.features)
        self.evidence = nn.Sequential(
            nn.Linear(EVIDENCE + streams, config.features), nn.ReLU(), nn.Linear(config.features, config.features)
        )
        self.first_network = nn.Linear(aligned, config.features, bias=False)  # how all regions stand: most of an error is common
        self.first_region = nn.Linear(config.latent, config.features, bias=False)
        self.first_type = nn.Linear(config.latent, config.features, bias=False)
        self.response = nn.Linear(config.latent, config.latent, bias=False)
        # correction, say of the AR branch, say of the narrow view, part kept of the uplift and of the own departure
        self.head = nn.Linear(config.features, 5)
        self.noise_head = nn.Linear(config.features, 4)  # scale of a cell, loadings of day, category and region
        with torch.no_grad():  # start at the mean of the last four same weekdays and half of what recurs, and with modest noise
            self.ar.weight.zero_()
            self.ar.weight[:, :WEEKS] = 1 / WEEKS
            self.ar.weight[:, RECURS] = 0.5
            self.ar.bias.zero_()
            self.head.weight.mul_(0.1)
            self.response.weight.mul_(0.1)
            self.noise_head.weight.mul_(0.1)
            self.head.bias.zero_()
            self.noise_head.bias.copy_(torch.tensor([-1.5, -3.0, -3.0, -3.0]))

    def query(self, inputs: QueryInputs, share: Tensor) -> Query:
        """Everything that does not depend on psi, once per query."""
        encoded = self.extractor.encode(inputs.windows)
        h = self.extractor(encoded, inputs.aligned, inputs.interval, inputs.facts)[:, 0]  # [B, R, C, P, H]
        hidden, aligned = self.first(h), self.ar(inputs.aligned[:, 0])[..., 0]
        rest = own = narrower = torch.zeros_like(aligned)
        if self.config.support_base:
            rest, own, narrower, evidence = self.labels(inputs, share)
            hidden = hidden + self.evidence(evidence) + self.first_network(inputs.aligned[:, 0].mean(1, keepdim=True))
        ordinary = torch.einsum("bpy,by->bp", inputs.mix, inputs.kinds[..., :ORDINARY_KINDS].sum(-1))
        return Query(hidden, aligned, rest, own, narrower, inputs.level, inputs.mix, ordinary)

    def location(self, query: Query, region: Tensor, date_type: Tensor) -> tuple[Tensor, Tensor]:
        """psi of regions [L, B, R, C, Z] and of date types [L, B, Y, C, Z] -> the middle [L, B, R, C, P] of the relative log
        volume, and the head's last layer but one [L, B, R, C, P, G]."""
        of_type = torch.einsum("bpy,lbycz->lbcpz", query.mix, date_type)
        hidden = self.first_region(region)[..., None, :] + self.first_type(of_type)[:, :, None]
        hidden.add_(query.hidden).relu_()  # in place: by far the largest tensor of a forecast
        correction, *gates = planes(self.head, hidden)
        if not self.config.support_base:
            return correction + query.ar[None] if self.config.aligned_ar else correction, hidden
        # The cell of the (region, date type) grid: the date type's uplift, and how this region departs on a day of this type.
        response = self.response(of_type) + functional.pad(of_type[..., 1 : 1 + KINDS], (0, of_type.shape[-1] - KINDS))
        gate, focus, keep, kept = (torch.sigmoid(plane) for plane in gates)
        base = torch.einsum("lbrcz,lbcpz->lbrcp", region, response) + of_type[:, :, None, ..., 0] + query.rest
        base = 2 * keep * torch.addcmul(torch.addcmul(base, focus, query.narrower), 2 * kept, query.own)
        if self.config.aligned_ar:  # it reads ordinary days alone, so it has a say on ordinary days alone
            base = torch.lerp(base, query.ar, gate * query.ordinary[:, None, None])
        return base + self.LARGEST * torch.tanh(correction), hidden

    def noise(self, query: Query, region: Tensor, date_type: Tensor) -> Noise:
        """The noise at one psi for all draws, its mean: [B, R, C, Z] and [B, Y, C, Z] -> [B, R, C, P] each."""
        location, hidden = self.location(query, region[None], date_type[None])
        scale, day, category, area = functional.softplus(self.noise_head(hidden[0])).clamp(max=MAX_SCALE).unbind(-1)
        # What a Poisson count adds to the noise of log1p(y), by the delta method: mu / (1 + mu)^2.
        mu = torch.exp((query.level[..., None] + location[0].detach()).clamp(-3.0, 15.0))
        scale = torch.sqrt(scale**2 + mu / (1 + mu) ** 2 + 1e-4)
        if self.config.shared_days:
            return Noise(scale, day, category, area)
        return Noise(scale, *[torch.zeros_like(scale)] * 3)


class STMPNetwork(nn.Module):
    """Amortization network and generator; nothing in the weights knows a region, a category or a festival."""

    def __init__(self, config: ModelConfig, schema: Schema) -> None:
        super().__init__()
        self.config = config
        self.amortization = AmortizationNetwork(config, schema)
        self.generator = Generator(config, schema)
        self.raw_freedom = nn.Parameter(torch.tensor(2.0))

    @property
    def freedom(self) -> Tensor:
        """Degrees of freedom of a cell's own noise, above 3 so that its variance stays tame."""
        return 3.0 + functional.softplus(self.raw_freedom)

    def query(self, inputs: QueryInputs) -> Query:
        """The generator's side of the inputs, encoded."""
        return self.generator.query(inputs, torch.sigmoid(self.amortization.raw_share))

    def loss(
        self,
        support: SupportInputs,
        inputs: QueryInputs,
        target: Tensor,
        present: Tensor,
        counted: Tensor,
        draws: int,
        normal: Callable[..., Tensor] = torch.randn,
        among: Tensor | None = None,
    ) -> Tensor:
        """Minus the ML-PIP objective (arXiv 1805.09921), log (1/L) sum_l p(y | x, psi_l), without a KL term.

        target: log1p volumes [B, R, C, P], present: their mask, counted: [B, P] the weight of each target day. Besides
        each cell, the volume-weighted mean residual of each category, each region and the whole day is scored, so that
        totals are fitted as well as districts. ``normal`` draws the noise of psi. ``among``: present x counted of all episodes of
        which these are a part, so that the losses of the parts add up to that of all.
        """
        region, date_type = self.amortization(support)
        noise = [normal(draws, *psi.mean.shape, device=target.device) for psi in (region, date_type)]
        query = self.query(inputs)
        location, _ = self.generator.location(query, region.draw(noise[0]), date_type.draw(noise[1]))
        spread = self.generator.noise(query, region.mean, date_type.mean)
        residual = (target - inputs.level[..., None])[None] - location
        density = self._log_density(residual, torch.linalg.vector_norm(torch.stack(spread), dim=0))
        mask = present * counted[:, None, None]
        among = mask if among is None else among
        total: Tensor = -(density * mask).sum() / among.sum().clamp(min=1)
        if not self.config.shared_days:
            return total
        regions, categories = target.shape[1:3]
        groups: list[tuple[int, ...]] = [(2, 3)] if regions * categories > 1 else []
        groups += [(2,), (3,)] if regions > 1 and categories > 1 else []
        volume = present * torch.exp(inputs.level - inputs.level.amax((1, 2), keepdim=True))[..., None]
        for axes in groups:
            own = [a - 1 for a in axes]
            density = self._group_density(residual, spread, volume, axes)
            total = total - (density * mask.amax(own)).sum() / among.amax(own).sum().clamp(min=1)
        return total

    def _group_density(self, residual: Tensor, spread: Noise, weight: Tensor, axes: tuple[int, ...]) -> Tensor:
        """Log density of the weighted mean residual over ``axes`` (2 regions, 3 categories) of [L, B, R, C, P]."""
        share = weight / weight.sum([a - 1 for a in axes], keepdim=True).clamp(min=1e-6)
        mean = (share[None] * residual).sum(axes)
        regions, categories = 2 in axes, 3 in axes
        own = [a - 1 for a in axes]
        variance = (share**2 * spread.scale**2).sum(own) + (share * spread.day).sum(own) ** 2
        by_category = (share * spread.category).sum(1, keepdim=True) if regions else share * spread.category
        by_region = (share * spread.region).sum(2, keepdim=True) if categories else share * spread.region
        variance = variance + (by_category**2).sum(own) + (by_region**2).sum(own)
        return self._log_density(mean, torch.sqrt(variance + 1e-5))

    def _log_density(self, residual: Tensor, scale: Tensor) -> Tensor:
        """Log-mean-exp over the draws of psi (dim 0) of the Student-t or Gaussian log density."""
        z = residual / scale
        if self.config.student_t:
            nu = self.freedom
            norm = torch.lgamma((nu + 1) / 2) - torch.lgamma(nu / 2) - 0.5 * torch.log(nu * math.pi)
            density = norm - torch.log(scale) - (nu + 1) / 2 * torch.log1p(z**2 / nu)
        else:
            density = -0.5 * z**2 - torch.log(scale) - 0.5 * math.log(2 * math.pi)
        return log_mean_exp(density)

    def sample(self, query: Query, region: Gaussian, date_type: Gaussian, calibration: Calibration, noise: Draws) -> Tensor:
        """Joint draws of the relative log volume, [S, R, C, P] for one episode; S is L x NOISE_PER_PSI.

        A draw of psi_region is shared by all days of a region, a draw of psi_datetype by all regions of a day, the day's,
        the category's and the region's noise by their cells; only the last term is a cell's own.
        """
        location, _ = self.generator.location(query, region.draw(noise.region), date_type.draw(noise.date_type))
        spread = self.generator.noise(query, region.mean, date_type.mean)
        shared, location = calibration.shared, draws_innermost(location, 1)
        drawn = torch.addcmul(location, calibration.cell * spread.scale, noise.cell)  # [K, L, 1, R, C, P], K = NOISE_PER_PSI
        drawn.addcmul_(shared * spread.day, noise.day).addcmul_(shared * spread.category, noise.category)
        drawn.addcmul_(shared * spread.region, noise.area)
        return drawn.reshape(-1, *drawn.shape[3:])

    def draw_noise(
        self, sizes: tuple[int, int, int], types: int, draws: int, calibration: Calibration, generator: torch.Generator
    ) -> Draws:
        """Standard noise of ``sample`` for R, C and P = ``sizes``, in an order that keeps it the same for scenarios of one market, cutoff
        and seed."""
        regions, categories, days = sizes
        device, latent = generator.device, self.config.latent

        def normal(*shape: int) -> Tensor:
            return torch.randn(shape, generator=generator, device=device)

        # In place: of many regions this is the largest tensor of all. Student-t by the polar method (Bailey 1994, Mathematics of
        # Computation 62).
        radius, cell = (torch.rand(NOISE_PER_PSI, draws, 1, *sizes, generator=generator, device=device) for _ in range(2))
        radius.clamp_(min=1e-7).log_()
        if self.config.student_t:
            nu = float(self.freedom)
            radius.mul_(-2 / nu).expm1_().mul_(nu).sqrt_()
        else:
            radius.mul_(-2).sqrt_()
        cell.mul_(2 * math.pi).cos_().mul_(radius).clamp_(-MAX_NOISE, MAX_NOISE)
        del radius
        shape = (NOISE_PER_PSI, draws, 1)
        shared = [normal(*shape, 1, 1, days), normal(*shape, 1, categories, days), normal(*shape, regions, 1, days)]
        shared = [persistent(part, calibration.persistence) for part in shared]
        day, category, area = (draws_innermost(part, 2) for part in shared)
        region, date_type = normal(draws, 1, regions, categories, latent), normal(draws, 1, types, categories, latent)
        return Draws(region, date_type, draws_innermost(cell, 2), day, category, area)

    def sample_logs(self, support: SupportInputs, inputs: QueryInputs, draws: int, calibration: Calibration) -> tuple[Tensor, Tensor]:
        """Draws [S, R, C, P] of the relative log volume and the level [1, R, C] of one episode, from its inputs alone."""
        region, date_type = self.amortization(support)
        query = self.query(inputs)
        generator = torch.Generator(inputs.level.device).manual_seed(0)
        sizes = (*inputs.level.shape[1:], inputs.mix.shape[1])
        noise = self.draw_noise(sizes, date_type.mean.shape[1], draws, calibration, generator)
        return self.sample(query, region, date_type, calibration, noise), inputs.level


class Draws(NamedTuple):
    """Standard normal (cell: Student-t) noise. K draws per psi, L draws of psi: region [L, 1, R, C, Z], date_type
    [L, 1, Y, C, Z], cell [K, L, 1, R, C, P]; day, category and area with length 1 on the axes that share them."""

    region: Tensor
    date_type: Tensor
    cell: Tensor
    day: Tensor
    category: Tensor
    area: Tensor

    def of(self, types: list[int], categories: slice) -> Draws:
        """The noise of some date types, in their order, and of some categories."""
        return Draws(
            self.region[..., categories, :],
            self.date_type[:, :, types][..., categories, :],
            self.cell[..., categories, :],
            self.day,
            self.category[..., categories, :],
            self.area,
        )


def persistent(noise: Tensor, correlation: float) -> Tensor:
    """Unit normal noise whose correlation between days (last axis) falls off geometrically."""
    days = torch.arange(noise.shape[-1], device=noise.device)
    covariance = torch.as_tensor(correlation, device=noise.device) ** (days[:, None] - days).abs()
    root: Tensor = torch.linalg.cholesky(covariance)
    return noise @ root.T


def log_mean_exp(values: Tensor) -> Tensor:
    """log of the mean of exp over dim 0."""
    return torch.logsumexp(values, dim=0) - math.log(values.shape[0])


def masked_mean(values: Tensor, mask: Tensor, dim: int) -> Tensor:
    """Mean over an axis, kept with length 1, of the values whose mask is 1; 0 where there is none."""
    return (values * mask).sum(dim, keepdim=True) / mask.sum(dim, keepdim=True).clamp(min=1)
