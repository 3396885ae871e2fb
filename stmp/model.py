"""STMP, top to bottom as in the paper's figure (AAAI 2021, doi 10.1609/aaai.v35i5.16556).

    window of each stream -> skip-LSTM -> one shared fc -> an LSTM per stream \
    recent volumes -> AR (passes the recurrent layers by)                       > top fc -> h
    facts -> fc, festival interval -> fc; both -> joint fc                     /
    support instances -> h_1..h_k -> instance pooling -> mu, sigma -> psi       (amortization network)
    query instance -> h~;  fc([psi, h~]) -> y                                   (generative model)

Ours, each a switch of ModelConfig: labels in the support, an aligned AR branch and the support's common uplift under the
output, with the product of psi of the region and of the date type for how the one departs from it, a Student-t likelihood,
and a part of the error that all regions of a day share.

Axes: B episodes, M instances, N support days, P target days, Y date types, L draws of psi, R regions, C categories,
T steps, F step features, E encoded window, H feature width, Z latent size.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from stmp.config import Calibration, ModelConfig, Schema
from stmp.tasks import ALIGNED, INTERVAL, KINDS, ORDINARY_KINDS, RELATIONS, STEP_FEATURES, QueryInputs, SupportInputs

NOISE_PER_PSI = 4  # draws of the noise for each draw of psi
MAX_NOISE = 8.0  # a heavier tail in log space would give the mean of the volumes no finite value


class SkipLSTM(nn.Module):
    """LSTM whose recurrence links steps one period apart (LSTNet, arXiv 1703.07015); it keeps the time axis."""

    def __init__(self, inputs: int, hidden: int, period: int) -> None:
        super().__init__()
        self.period = period
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """[M, T, F] -> [M, T, hidden]; T must be a multiple of the period."""
        count, steps, width = x.shape
        folded = x.reshape(count, steps // self.period, self.period, width).transpose(1, 2)  # [M, period, T / period, F]
        out: Tensor = self.lstm(folded.reshape(count * self.period, steps // self.period, width))[0]
        return out.reshape(count, self.period, steps // self.period, -1).transpose(1, 2).reshape(count, steps, -1)


class Extractor(nn.Module):
    """Spatio-temporal feature extraction, x -> h."""

    def __init__(self, config: ModelConfig, schema: Schema) -> None:
        super().__init__()
        count = 2 + len(schema.streams)
        self.skip = nn.ModuleList(SkipLSTM(STEP_FEATURES, config.skip_hidden, config.period) for _ in range(count))
        self.shared = nn.Linear(config.skip_hidden + STEP_FEATURES, config.skip_hidden)
        self.recurrent = nn.ModuleList(nn.LSTM(config.skip_hidden, config.hidden, batch_first=True) for _ in range(count))
        self.facts = nn.Linear(max(1, 2 * len(schema.facts)), config.hidden)
        self.interval = nn.Linear(INTERVAL + 2 * len(schema.known), config.hidden)
        self.joint = nn.Linear(config.hidden, config.hidden)
        # The top fc on the concatenation of its inputs, written as a sum so that each part keeps only its own axes.
        self.top_streams = nn.ModuleList(nn.Linear(config.hidden, config.features, bias=False) for _ in range(count))
        self.top_ar = nn.Linear(ALIGNED, config.features)
        self.top_joint = nn.Linear(config.hidden, config.features, bias=False)
        self.out = nn.Linear(config.features, config.features)

    def encode(self, windows: tuple[Tensor, ...]) -> Tensor:
        """Windows of each stream [B, M, R, C or 1, T, F] -> their sum in the top fc, [B, M, R, C, H]."""
        parts = []
        for window, skip, recurrent, top in zip(windows, self.skip, self.recurrent, self.top_streams, strict=True):
            flat = window.reshape(-1, *window.shape[-2:])
            linked = functional.relu(self.shared(torch.cat([skip(flat), flat], dim=-1)))
            _, (state, _) = recurrent(linked)
            parts.append(top(state[0]).reshape(*window.shape[:-2], -1))
        total: Tensor = sum(parts[1:], start=parts[0])
        return total

    def forward(self, encoded: Tensor, aligned: Tensor, interval: Tensor, facts: Tensor) -> Tensor:
        """encoded [B, M, R, C, H], aligned [B, M, R, C, P, A], interval [B, M, R or 1, 1, P, I] -> h [B, M, R, C, P, H]."""
        known = facts if facts.shape[-1] else facts.new_zeros(*facts.shape[:-1], 1)
        joint = functional.relu(self.joint(functional.relu(self.facts(known) + self.interval(interval))))
        return functional.relu(self.out(functional.relu(encoded[..., None, :] + self.top_ar(aligned) + self.top_joint(joint))))


class Gaussian(NamedTuple):
    """psi ~ N(mean, diag std^2)."""

    mean: Tensor
    std: Tensor

    def draw(self, noise: Tensor) -> Tensor:
        return self.mean + self.std * noise


class AmortizationNetwork(nn.Module):
    """q_phi(psi | D): support instances -> instance pooling -> psi of each region and of each date type."""

    LABELS = 3  # own label, its distance from the regions' mean, presence
    PRIOR_DAYS = 1.0  # days without a departure that a region's own are averaged with

    def __init__(self, config: ModelConfig, schema: Schema) -> None:
        super().__init__()
        self.labels_in_support = config.labels_in_support
        self.extractor = Extractor(config, schema)
        self.instance = nn.Linear(config.features + self.LABELS, config.features)
        self.relation = nn.Parameter(torch.tensor([0.0, 0.1, 0.3, 1.0]))  # weight of a support day by its relation to the type
        self.region_heads = nn.Linear(config.features + 1, 2 * config.latent)
        self.type_heads = nn.Linear(config.features + 1, 2 * config.latent)
        with torch.no_grad():
            self.region_heads.weight.mul_(0.1)
            self.type_heads.weight.mul_(0.1)

    def forward(self, support: SupportInputs) -> tuple[Gaussian, Gaussian]:
        """psi of the regions [B, R, C, Z] and of the date types [B, Y, C, Z]."""
        encoded = self.extractor.encode(support.windows)
        h = self.extractor(encoded, support.aligned, support.interval, support.facts)[..., 0, :]  # [B, N, R, C, H]
        labels = h.new_zeros(*h.shape[:-1], self.LABELS)
        if self.labels_in_support:
            mean = masked_mean(support.labels, support.present, dim=2)
            labels = torch.stack([support.labels, (support.labels - mean) * support.present, support.present], dim=-1)
        h = functional.relu(self.instance(torch.cat([h, labels], dim=-1)))
        row = support.row.float()[:, :, None, None] * support.present
        regions = self._pool(h, row, "bnrch,bnrc->brch", "bnrc->brc")
        weight = functional.relu(self.relation)[support.members]
        columns = weight[..., None, None] * support.present[:, None]  # [B, Y, N, R, C]
        types = self._pool(h, columns, "bnrch,bynrc->bych", "bynrc->byc")
        region = self._heads(self.region_heads, regions)
        # How a region departs from the others on each kind of day: the part of psi that no other path carries to the forecast.
        departures = torch.einsum("bnrc,bnrc,bnk->brck", labels[..., 1], row, support.kinds)
        departures = departures / (torch.einsum("bnrc,bnk->brck", row, support.kinds) + self.PRIOR_DAYS)
        departures = functional.pad(departures, (0, region.mean.shape[-1] - departures.shape[-1]))
        return Gaussian(region.mean + departures, region.std), self._heads(self.type_heads, types)

    @staticmethod
    def _pool(h: Tensor, weight: Tensor, product: str, mass: str) -> Tensor:
        """Weighted mean over the instances, with the log of their number beside it: more shots may mean less doubt."""
        total = torch.einsum(mass, weight)[..., None]
        mean = torch.einsum(product, h, weight) / total.clamp(min=1e-6)
        return torch.cat([mean, torch.log1p(total) / 4], dim=-1)

    @staticmethod
    def _heads(head: nn.Linear, pooled: Tensor) -> Gaussian:
        mean, raw = head(pooled).chunk(2, dim=-1)
        return Gaussian(mean, functional.softplus(raw - 3.0) + 1e-3)


class SupportUplift(nn.Module):
    """The label path: the regions' mean relative volume on the support days, weighted by how they relate to the target day."""

    def __init__(self) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(RELATIONS, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self, inputs: QueryInputs) -> Tensor:
        """The uplift that all regions have in common [B, 1, C, P]; 0 where no support day has a value."""
        score = self.score(inputs.relations)[..., 0]  # [B, P, Y, N]
        score = score.masked_fill((inputs.members == 0)[:, None], -1e4)
        weight = torch.einsum("bpy,bpyn->bpn", inputs.mix, torch.softmax(score, dim=-1) * (inputs.members > 0)[:, None])
        mass = weight[..., None, None] * inputs.matched_present  # [B, P, N, R, C]
        common = (mass * inputs.matched).sum((2, 3)) / mass.sum((2, 3)).clamp(min=1e-6)  # [B, P, C]
        return common.transpose(1, 2)[:, None]


class Distribution(NamedTuple):
    """Of the relative log volume z. Each [L, B, R, C, P]: location, scale of a cell's own noise, and loadings of the
    noise shared by all cells of a day, by a category's cells of a day, and by a region's cells of a day."""

    location: Tensor
    scale: Tensor
    day: Tensor
    category: Tensor
    region: Tensor


class Query(NamedTuple):
    """What a query keeps between draws of psi: the first layer of the head without psi, and the paths around it."""

    hidden: Tensor  # [B, R, C, P, G]
    ar: Tensor  # [B, R, C, P]
    common: Tensor  # [B, 1, C, P]
    level: Tensor  # [B, R, C]
    mix: Tensor  # [B, P, Y]
    kinds: Tensor  # [B, Y, K]


class Generator(nn.Module):
    """p_theta(y | x, psi): query instance -> h~; fc([psi, h~]) -> the distribution of y."""

    OUTPUTS = 6  # correction, gate of the base, cell scale, day, category and region loadings
    LARGEST = 1.0  # correction of the base, in log space: beyond it lies one past year's surprise learned by heart

    def __init__(self, config: ModelConfig, schema: Schema) -> None:
        super().__init__()
        self.config = config
        self.extractor = Extractor(config, schema)
        self.ar = nn.Linear(ALIGNED, 1)
        self.uplift = SupportUplift()
        self.first = nn.Linear(config.features, config.features)
        self.first_region = nn.Linear(config.latent, config.features, bias=False)
        self.first_type = nn.Linear(config.latent, config.features, bias=False)
        self.response = nn.Linear(config.latent, config.latent, bias=False)
        self.raw_share = nn.Parameter(torch.zeros(KINDS))
        self.head = nn.Linear(config.features, self.OUTPUTS)
        with torch.no_grad():  # start at the mean of the last four same weekdays, half of what is a region's own, modest noise
            self.ar.weight.copy_(torch.tensor([[0.25, 0.25, 0.25, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0]]))
            self.ar.bias.zero_()
            self.head.weight.mul_(0.1)
            self.response.weight.mul_(0.1)
            self.head.bias.copy_(torch.tensor([0.0, 0.0, -1.5, -3.0, -3.0, -3.0]))

    def query(self, inputs: QueryInputs) -> Query:
        """Everything that does not depend on psi, once per query."""
        encoded = self.extractor.encode(inputs.windows)
        h = self.extractor(encoded, inputs.aligned, inputs.interval, inputs.facts)[:, 0]  # [B, R, C, P, H]
        aligned = self.ar(inputs.aligned[:, 0])[..., 0]
        return Query(self.first(h), aligned, self.uplift(inputs), inputs.level, inputs.mix, inputs.kinds)

    def forward(self, query: Query, region: Tensor, date_type: Tensor) -> Distribution:
        """psi of regions [L, B, R, C, Z] and of date types [L, B, Y, C, Z] -> the distribution, [L, B, R, C, P]."""
        of_type = torch.einsum("bpy,lbycg->lbcpg", query.mix, self.first_type(date_type))
        hidden = query.hidden[None] + self.first_region(region)[..., None, :] + of_type[:, :, None]
        correction, gate, scale, day, category, area = self.head(functional.relu(hidden)).unbind(-1)
        location = correction
        if self.config.support_base:
            # The cell of the (region, date type) grid: how this region departs from the common uplift on a day of this type.
            share = torch.sigmoid(self.raw_share) * query.kinds
            share = functional.pad(share, (0, date_type.shape[-1] - KINDS))[None, :, :, None]
            response = torch.einsum("bpy,lbycz->lbcpz", query.mix, self.response(date_type) + share)
            uplift = query.common[None] + torch.einsum("lbrcz,lbcpz->lbrcp", region, response)
            # The AR branch reads ordinary days alone, so it has a say on ordinary days alone.
            ordinary = torch.einsum("bpy,by->bp", query.mix, query.kinds[..., :ORDINARY_KINDS].sum(-1))[None, :, None, None]
            gate = torch.sigmoid(gate) * ordinary
            base = torch.lerp(uplift, query.ar[None], gate) if self.config.aligned_ar else uplift
            location = base + self.LARGEST * torch.tanh(correction)
        elif self.config.aligned_ar:
            location = location + query.ar[None]
        scale = functional.softplus(scale)
        # What a Poisson count adds to the noise of log1p(y), by the delta method: mu / (1 + mu)^2.
        mu = torch.exp((query.level[None, ..., None] + location.detach()).clamp(-3.0, 15.0))
        scale = torch.sqrt(scale**2 + mu / (1 + mu) ** 2 + 1e-4)
        if not self.config.shared_days:
            none = torch.zeros_like(scale)
            return Distribution(location, scale, none, none, none)
        return Distribution(location, scale, functional.softplus(day), functional.softplus(category), functional.softplus(area))


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

    def loss(self, support: SupportInputs, inputs: QueryInputs, target: Tensor, present: Tensor, counted: Tensor, draws: int) -> Tensor:
        """Minus the ML-PIP objective (arXiv 1805.09921), log (1/L) sum_l p(y | x, psi_l), without a KL term.

        target: log1p volumes [B, R, C, P], present: their mask, counted: [B, P] the weight of each target day. Besides
        each cell, the volume-weighted mean residual of each category, each region and the whole day is scored, so that
        totals are fitted as well as districts.
        """
        region, date_type = self.amortization(support)
        noise = [torch.randn(draws, *psi.mean.shape, device=target.device) for psi in (region, date_type)]
        dist = self.generator(self.generator.query(inputs), region.draw(noise[0]), date_type.draw(noise[1]))
        residual = (target - inputs.level[..., None])[None] - dist.location
        density = self._log_density(residual, self._spread(dist))
        total: Tensor = masked_mean(density, present * counted[:, None, None]).neg()
        if not self.config.shared_days:
            return total
        regions, categories = target.shape[1:3]
        groups: list[tuple[int, ...]] = [(2, 3)] if regions * categories > 1 else []
        groups += [(2,), (3,)] if regions > 1 and categories > 1 else []
        volume = present * torch.exp(inputs.level - inputs.level.amax((1, 2), keepdim=True))[..., None]
        for axes in groups:
            density, there = self._group_density(residual, dist, volume, axes)
            total = total - masked_mean(density, there * counted.reshape(len(counted), *[1] * (density.dim() - 2), -1))
        return total

    def _group_density(self, residual: Tensor, dist: Distribution, weight: Tensor, axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        """Log density of the weighted mean residual over ``axes`` (2 regions, 3 categories) of [L, B, R, C, P]."""
        mass = weight[None].sum(axes, keepdim=True)
        share = weight[None] / mass.clamp(min=1e-6)
        mean = (share * residual).sum(axes)
        variance = (share**2 * dist.scale**2).sum(axes) + (share * dist.day).sum(axes) ** 2
        by_category = (share * dist.category).sum(2, keepdim=True) if 2 in axes else share * dist.category
        by_region = (share * dist.region).sum(3, keepdim=True) if 3 in axes else share * dist.region
        variance = variance + (by_category**2).sum(axes) + (by_region**2).sum(axes)
        return self._log_density(mean, torch.sqrt(variance + 1e-5)), (mass.reshape(mean.shape[1:]) > 0).float()

    @staticmethod
    def _spread(dist: Distribution) -> Tensor:
        return torch.sqrt(dist.scale**2 + dist.day**2 + dist.category**2 + dist.region**2)

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

    def sample(self, query: Query, region: Gaussian, date_type: Gaussian, calibration: Calibration, noise: Noise) -> Tensor:
        """Joint draws of the relative log volume, [S, R, C, P] for one episode; S is L x NOISE_PER_PSI.

        A draw of psi_region is shared by all days of a region, a draw of psi_datetype by all regions of a day, the day's,
        the category's and the region's noise by their cells; only the last term is a cell's own.
        """
        dist = self.generator(query, region.draw(noise.region), date_type.draw(noise.date_type))
        shared = calibration.shared
        own = calibration.cell * dist.scale * noise.cell  # [K, L, 1, R, C, P], K = NOISE_PER_PSI
        common = dist.day * noise.day + dist.category * noise.category + dist.region * noise.area
        drawn: Tensor = dist.location + own + shared * common
        return drawn.reshape(-1, *own.shape[3:])

    def draw_noise(self, query: Query, types: int, draws: int, calibration: Calibration, generator: torch.Generator) -> Noise:
        """Standard noise of ``sample``, in an order that keeps it the same for scenarios of one market, cutoff and seed."""
        _, regions, categories, days, _ = query.hidden.shape
        device, latent = query.hidden.device, self.config.latent

        def normal(*shape: int) -> Tensor:
            return torch.randn(shape, generator=generator, device=device)

        u, angle = (torch.rand(NOISE_PER_PSI, draws, 1, regions, categories, days, generator=generator, device=device) for _ in range(2))
        if self.config.student_t:  # Bailey (1994), Mathematics of Computation 62: Student-t by the polar method
            nu = float(self.freedom)
            radius = torch.sqrt(nu * torch.expm1(-2 / nu * torch.log(u.clamp(min=1e-7))))
        else:
            radius = torch.sqrt(-2 * torch.log(u.clamp(min=1e-7)))
        cell = (radius * torch.cos(2 * math.pi * angle)).clamp(-MAX_NOISE, MAX_NOISE)
        shape = (NOISE_PER_PSI, draws, 1)
        shared = [normal(*shape, 1, 1, days), normal(*shape, 1, categories, days), normal(*shape, regions, 1, days)]
        day, category, area = (persistent(part, calibration.persistence) for part in shared)
        return Noise(normal(draws, 1, regions, categories, latent), normal(draws, 1, types, categories, latent), cell, day, category, area)

    def sample_logs(self, support: SupportInputs, inputs: QueryInputs, draws: int, calibration: Calibration) -> tuple[Tensor, Tensor]:
        """Draws [S, R, C, P] of the relative log volume and the level [1, R, C] of one episode, from its inputs alone."""
        region, date_type = self.amortization(support)
        query = self.generator.query(inputs)
        generator = torch.Generator(inputs.level.device).manual_seed(0)
        noise = self.draw_noise(query, date_type.mean.shape[1], draws, calibration, generator)
        return self.sample(query, region, date_type, calibration, noise), inputs.level


class Noise(NamedTuple):
    """Standard normal (cell: Student-t) noise. K draws per psi, L draws of psi: region [L, 1, R, C, Z], date_type
    [L, 1, Y, C, Z], cell [K, L, 1, R, C, P]; day, category and area with length 1 on the axes that share them."""

    region: Tensor
    date_type: Tensor
    cell: Tensor
    day: Tensor
    category: Tensor
    area: Tensor


def persistent(noise: Tensor, correlation: float) -> Tensor:
    """Unit normal noise whose correlation between days (last axis) falls off geometrically."""
    days = torch.arange(noise.shape[-1], device=noise.device)
    covariance = torch.as_tensor(correlation, device=noise.device) ** (days[:, None] - days).abs()
    root: Tensor = torch.linalg.cholesky(covariance)
    return noise @ root.T


def log_mean_exp(values: Tensor) -> Tensor:
    """log of the mean of exp over dim 0."""
    return torch.logsumexp(values, dim=0) - math.log(values.shape[0])


def masked_mean(values: Tensor, mask: Tensor, dim: int | None = None) -> Tensor:
    """Mean of the values whose mask is 1; 0 where there is none. With ``dim``, the axis is kept with length 1."""
    if dim is None:
        return (values * mask).sum() / mask.sum().clamp(min=1)
    return (values * mask).sum(dim, keepdim=True) / mask.sum(dim, keepdim=True).clamp(min=1)
