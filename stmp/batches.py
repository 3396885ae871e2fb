"""Gathering episodes from a panel: support sets and query instances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stmp.config import ModelConfig
from stmp.market import DateType
from stmp.newcomers import LEAST_DAYS, SPECIAL_WEIGHT
from stmp.recurrence import YEAR
from stmp.tasks import (
    ALIGNED,
    PRIOR_DAYS,
    RELATION_WEIGHT,
    RELATIONS,
    WEEKS,
    Panel,
    Pooled,
    QueryInputs,
    Support,
    SupportInputs,
    rise,
)

FURTHER = 2  # the streams behind the orders and the regions' totals
YOUNG = 14  # days that a region with a masked history keeps before the origin
DEFAULT_OFFSET = {"run-up": -1, "after": 1}


@dataclass(frozen=True)
class Episode:
    """One support and query set: regions x categories of one origin, and target days after it.

    regions, categories: indices.  origin: position in the panel.  leads: days from the origin to each target.
    types: positions in ``panel.types``.  mix: [P, Y] weights of the types in each target.
    counted: [P] weight of each target in the training loss; 0 for padding.
    hide_name: the festivals' own past is kept out of the support.  masked_regions: [R] regions whose past is masked.
    stretch, shift: for training, uplifts of festivals and holidays are multiplied by ``stretch`` and moved by ``shift`` [D],
    in log space, support and targets alike: other strengths and other years' surprises than the few that happened.
    """

    regions: NDArray[np.int64]
    categories: NDArray[np.int64]
    origin: int
    leads: NDArray[np.int64]
    types: tuple[int, ...]
    mix: NDArray[np.float32]
    counted: NDArray[np.float32]
    hide_name: bool = False
    masked_regions: NDArray[np.bool_] | None = None
    stretch: float = 1.0
    shift: NDArray[np.float32] | None = None


class Gatherer:
    """Turns episodes of equal shape into the model's inputs: the only reader of the panel's tensors."""

    def __init__(self, panel: Panel, config: ModelConfig) -> None:
        self.panel, self.config = panel, config

    def support(self, episodes: list[Episode]) -> Support:
        """The support days of each episode, padded to one length."""
        config, panel = self.config, self.panel
        sets = []
        for episode in episodes:
            lists = panel.support(episode.origin, list(episode.types), config.shots, config.support_lead, hide_name=episode.hide_name)
            row = panel.row_support(episode.origin, config.shots, config.support_lead)
            days = np.unique(np.concatenate([*lists, row])).astype(np.int64)
            members = np.zeros((len(lists), len(days)), dtype=np.int64)
            for index, (date_type, chosen) in enumerate(zip(episode.types, lists, strict=True)):
                members[index, np.searchsorted(days, chosen)] = panel.relation[date_type, panel.type_of[chosen]]
            sets.append((days, members, np.isin(days, row)))
        width = max(1, *(len(days) for days, _, _ in sets))

        def pad(values: NDArray[np.int64] | NDArray[np.bool_], fill: int) -> NDArray[np.int64]:
            extra = [(0, 0)] * (values.ndim - 1) + [(0, width - values.shape[-1])]
            return np.pad(values.astype(np.int64), extra, constant_values=fill)

        return Support(
            np.stack([pad(days, -1) for days, _, _ in sets]),
            np.stack([pad(members, 0) for _, members, _ in sets]),
            np.stack([pad(row, 0) for _, _, row in sets]).astype(bool),
        )

    def support_inputs(self, episodes: list[Episode], support: Support) -> SupportInputs:
        """The amortization network's side. Episodes must agree in the numbers of regions, categories and types."""
        lead = self.config.support_lead
        streams = self._streams(episodes)
        days, _ = self._days(support)
        labels, present = self._labels(streams[0], support)
        return SupportInputs(
            windows=lambda chosen: tuple(s.windows(days[:, chosen] - lead) for s in streams),
            aligned=self._aligned(episodes, streams, days - lead, days)[..., None, :],
            interval=self._interval(episodes, days, torch.full_like(days, lead)).movedim(3, 1)[..., None, :],
            facts=self._facts(episodes),
            labels=labels,
            present=present,
            members=torch.as_tensor(support.members, device=self.panel.device),
            row=torch.as_tensor(support.row, device=self.panel.device),
            kinds=self._kinds(episodes),
            pooled=self._pooled(labels, present, support),
        )

    def query_inputs(self, episodes: list[Episode], support: Support) -> QueryInputs:
        """The generator's side. Episodes must agree in the numbers of regions, categories, types and targets."""
        streams = self._streams(episodes)
        origin = torch.tensor([[e.origin] for e in episodes], device=self.panel.device)  # [B, 1]
        leads = torch.as_tensor(np.stack([e.leads for e in episodes]), device=self.panel.device)  # [B, P]
        targets = origin + leads
        days, real = self._days(support)
        values, there = streams[0].at(days)  # [B, N, R, C]
        matched_origin = days[:, None, :] - leads[:, :, None]  # [B, P, N]
        return QueryInputs(
            windows=tuple(s.windows(origin) for s in streams),
            aligned=self._aligned(episodes, streams, origin.expand_as(targets), targets).permute(0, 2, 3, 1, 4)[:, None],
            interval=self._interval(episodes, targets, leads)[:, None],
            facts=self._facts(episodes),
            leads=leads.float(),
            matched=values[:, None] - streams[0].level_at(matched_origin),
            matched_present=(there * real[..., None, None])[:, None] * streams[0].founded_at(matched_origin),
            weekday=self._weekdays(streams[0], days - self.config.support_lead, days).mean(2),
            surplus=self._surplus(streams, origin, matched_origin),
            relations=torch.as_tensor(self._relations(episodes, support), device=self.panel.device),
            members=torch.as_tensor(support.members, device=self.panel.device),
            mix=torch.as_tensor(np.stack([e.mix for e in episodes]), device=self.panel.device),
            level=streams[0].level_at(origin)[:, 0],
            kinds=self._kinds(episodes),
            day_kinds=self._day_kinds(days),
            pooled=self._pooled(*self._labels(streams[0], support), support),
        )

    def _labels(self, orders: _Stream, support: Support) -> tuple[Tensor, Tensor]:
        """[B, N, R, C] volumes of the support days relative to the level ``support_lead`` days before, and their mask."""
        days, real = self._days(support)
        values, there = orders.at(days)
        origins = days - self.config.support_lead
        present = there * real[..., None, None] * orders.founded_at(origins)
        return (values - orders.level_at(origins)) * present, present

    def _pooled(self, labels: Tensor, present: Tensor, support: Support) -> Pooled:
        days, _ = self._days(support)
        count = present.sum(2, keepdim=True)
        common = labels.sum(2, keepdim=True) / count.clamp(min=1)  # [B, N, 1, C]
        weight = torch.tensor(RELATION_WEIGHT, device=self.panel.device)[torch.as_tensor(support.members, device=self.panel.device)]
        known = (count > 0).float()[:, :, 0]  # [B, N, C]
        uplift = torch.einsum("byn,bnc->byc", weight, common[:, :, 0] * known)
        uplift = uplift / (torch.einsum("byn,bnc->byc", weight, known) + PRIOR_DAYS)
        row = torch.as_tensor(support.row, device=self.panel.device).float()[:, :, None, None] * present
        kinds = self._day_kinds(days)
        departures = torch.einsum("bnrc,bnk->brck", (labels - common) * row, kinds)
        departures = departures / (torch.einsum("bnrc,bnk->brck", row, kinds) + PRIOR_DAYS)
        heard = float(self.config.labels_in_support)  # else psi holds none of it, and the label path all
        return Pooled(heard * uplift, heard * departures)

    def _kinds(self, episodes: list[Episode]) -> Tensor:
        return self.panel.type_kinds[torch.tensor([e.types for e in episodes], device=self.panel.device)]

    def _day_kinds(self, days: Tensor) -> Tensor:
        return self.panel.type_kinds[torch.as_tensor(self.panel.type_of, device=self.panel.device)[days]]

    def _streams(self, episodes: list[Episode]) -> list[_Stream]:
        return [_Stream(self.panel, index, episodes) for index in range(len(self.panel.streams))]

    def _days(self, support: Support) -> tuple[Tensor, Tensor]:
        """[B, N] positions of the support days, padding moved to a day that exists, and which of them are real."""
        days = torch.as_tensor(support.days, device=self.panel.device)
        return days.clamp(min=self.config.support_lead), (days >= 0).float()

    def _facts(self, episodes: list[Episode]) -> Tensor:
        rows = [self.panel.facts[torch.as_tensor(e.regions, device=self.panel.device)] for e in episodes]
        return torch.stack(rows)[:, None, :, None, None]

    def targets(self, episodes: list[Episode]) -> tuple[Tensor, Tensor]:
        """[B, R, C, P] log1p volumes of the target days and their mask; for training, on days the panel holds."""
        orders = _Stream(self.panel, 0, episodes, masked=False)
        origins = torch.tensor([[e.origin] for e in episodes], device=self.panel.device)
        values, there = orders.at(origins + torch.as_tensor(np.stack([e.leads for e in episodes]), device=self.panel.device))
        there = there * orders.founded_at(origins)
        counted = torch.as_tensor(np.stack([e.counted for e in episodes]), device=self.panel.device)
        return values.movedim(1, 3), there.movedim(1, 3) * (counted > 0)[:, None, None]

    def _interval(self, episodes: list[Episode], days: Tensor, leads: Tensor) -> Tensor:
        """[B, R or 1, 1, M, I] known-ahead features of the days [B, M]."""
        panel = self.panel
        fixed = torch.cat([panel.calendar_features[days], torch.log1p(leads.float())[..., None] / 3], dim=-1)
        if panel.known.shape[-1] == 0:
            return fixed[:, None, None]
        rows = [torch.zeros(1, dtype=torch.long) if len(panel.known) == 1 else torch.as_tensor(e.regions) for e in episodes]
        known = torch.stack([panel.known[r.to(panel.device)][:, d] for r, d in zip(rows, days, strict=True)])  # [B, R or 1, M, 2K']
        return torch.cat([fixed[:, None].expand(-1, known.shape[1], -1, -1), known], dim=-1)[:, :, None]

    def _surplus(self, streams: list[_Stream], origin: Tensor, matched_origin: Tensor) -> Tensor:
        """[B, P, N, R, C, S'] at the origin [B, 1], over what was at the matched origins [B, P, N]."""
        now, then = self._risen(streams, origin), self._risen(streams, matched_origin)
        return (now[:, :, None] - then).nan_to_num_()

    @staticmethod
    def _risen(streams: list[_Stream], days: Tensor) -> Tensor:
        """[B, ..., R, C, S'] how far each further stream has risen at the days, NaN where it is unknown."""
        shape = (*days.shape, *streams[0].logs.shape[1:3])
        parts = [s.rise_at(days).expand(shape) for s in streams[FURTHER:]]  # one that the market lacks has a single category
        return torch.stack(parts, dim=-1) if parts else streams[0].logs.new_zeros(*shape, 0)

    def _aligned(self, episodes: list[Episode], streams: list[_Stream], origins: Tensor, targets: Tensor) -> Tensor:
        """[B, M, R, C, A]: the last four same weekdays, means of the last 7 and 3 days, the last day, the year before, what recurs in
        the market as a whole, and how far each further stream has risen of late."""
        panel, orders = self.panel, streams[0]
        recent = torch.arange(7, device=panel.device)
        last, last_there = orders.at(origins[..., None] - recent, ordinary=True)  # [B, M, 7, R, C]
        last = (last - orders.level_at(origins)[:, :, None]) * last_there
        parts = [self._weekdays(orders, origins, targets).movedim(2, -1)]
        for span in (7, 3, 1):
            mean = last[:, :, :span].sum(2) / last_there[:, :, :span].sum(2).clamp(min=1)
            parts.append(mean[..., None])
        year, year_there = orders.at(targets - YEAR)
        types = torch.as_tensor(panel.type_of, device=panel.device)
        alike = (types[targets] == types[(targets - YEAR).clamp(min=0)]).float()
        year_there = year_there * orders.founded_at(origins - YEAR) * alike[..., None, None]
        year = (year - orders.level_at(origins - YEAR)) * year_there
        recurring = self._recurring(episodes, origins, targets)
        risen = self._risen(streams, origins).nan_to_num_()
        result = torch.cat([*parts, year[..., None], year_there[..., None], recurring.expand(*year.shape, -1), risen], dim=-1)
        assert result.shape[-1] == ALIGNED + len(streams) - FURTHER
        return result

    def _recurring(self, episodes: list[Episode], origins: Tensor, targets: Tensor) -> Tensor:
        """[B, M, 1, C, RECURRING] as Recurrence.at has it."""
        found = self.panel.recurrence.at(origins, targets, self.panel.months[targets])
        chosen = [found[number][:, torch.as_tensor(e.categories, device=found.device)] for number, e in enumerate(episodes)]
        return torch.stack(chosen)[:, :, None]

    def _weekdays(self, orders: _Stream, origins: Tensor, targets: Tensor) -> Tensor:
        """[B, M, 4, R, C] relative volumes of the targets' weekday in the last four weeks before the origins, 0 unless ordinary."""
        back = 7 * torch.div(targets - origins + 6, 7, rounding_mode="floor")
        weeks = torch.arange(WEEKS, device=self.panel.device) * 7
        same, there = orders.at((targets - back)[..., None] - weeks, ordinary=True)
        return (same - orders.level_at(origins)[:, :, None]) * there

    def _relations(self, episodes: list[Episode], support: Support) -> NDArray[np.float32]:
        """[B, P, Y, N, Q] how each support day relates to each (target day, date type)."""
        panel = self.panel
        rows = []
        for number, episode in enumerate(episodes):
            days = np.maximum(support.days[number], 0)  # [N]
            targets = episode.origin + episode.leads  # [P]
            kinds = support.members[number]  # [Y, N]
            offsets = np.stack([self._offsets(targets, panel.types[t], t) for t in episode.types], axis=1)  # [P, Y]
            shape = (len(targets), len(episode.types), len(days))
            gap = np.abs(offsets[:, :, None] - panel.offsets[days])
            age = (targets[:, None] - days)[:, None]
            weekday = panel.weekday[targets]
            saturday = (weekday >= 5)[:, None] == (panel.weekday[days] >= 5)
            features = [*((kinds == level)[None] for level in (1, 2, 3)), (weekday[:, None] == panel.weekday[days])[:, None]]
            features += [
                np.minimum(gap, 10) / 10,
                gap == 0,
                np.log1p(age / 30) / 3,
                saturday[:, None],
                np.abs((age + 182) % 365 - 182) <= 10,
            ]
            rows.append(np.stack([np.broadcast_to(f, shape) for f in features], axis=-1).astype(np.float32))
        result = np.stack(rows)
        assert result.shape[-1] == RELATIONS
        return result

    def _offsets(self, targets: NDArray[np.int64], date_type: DateType, index: int) -> NDArray[np.int64]:
        own = self.panel.type_of[targets] == index
        return np.where(own, self.panel.offsets[targets], DEFAULT_OFFSET.get(date_type.phase, 0))


class _Stream:
    """One stream of the regions and categories of the episodes, read by day."""

    def __init__(self, panel: Panel, index: int, episodes: list[Episode], *, masked: bool = True) -> None:
        self.panel = panel
        self.number = torch.arange(len(episodes), device=panel.device)
        series = panel.streams[index]
        self.logs, self.levels = self._chosen(series.logs, episodes), self._chosen(series.levels, episodes)  # [B, R, C or 1, D]
        self.founded, self.present = self._chosen(series.founded, episodes), self._chosen(series.present, episodes)
        varied, young = episodes[0].shift is not None, masked and episodes[0].masked_regions is not None
        if varied:
            self._vary(episodes, shifted=index < FURTHER)
        if young:
            self._mask_histories(episodes)
        if index >= FURTHER:
            own = varied or young
            self.rise = rise(self.logs, self.present, self.levels, self.founded) if own else self._chosen(series.rise, episodes)

    def _chosen(self, values: Tensor, episodes: list[Episode]) -> Tensor:
        """[B, R, C or 1, D] the regions and categories of each episode; no copy where one episode has them all, as a forecast does."""
        one = episodes[0]
        everything = zip((one.regions, one.categories), self.panel.view.orders.shape[:2], strict=True)
        if len(episodes) == 1 and all(np.array_equal(chosen, np.arange(size)) for chosen, size in everything):
            return values[None]
        parts = []
        for episode in episodes:
            rows = torch.as_tensor(episode.regions, device=values.device)
            columns = torch.as_tensor(episode.categories if values.shape[1] > 1 else [0], device=values.device)
            parts.append(values[rows[:, None], columns])
        return torch.stack(parts)

    def _mask_histories(self, episodes: list[Episode]) -> None:
        """Masked regions keep two weeks before the origin, as a district that has just opened would, and a level of these alone."""
        day = torch.arange(self.present.shape[-1], device=self.panel.device)
        young = torch.stack([day > e.origin - YOUNG for e in episodes]).float()[:, None, None]
        new = torch.as_tensor(np.stack([e.masked_regions for e in episodes if e.masked_regions is not None]), device=self.panel.device)
        new = new[:, :, None, None]
        self.present = torch.where(new, self.present * young, self.present)
        weight = self.present * torch.where(self.panel.ordinary_days > 0, 1.0, SPECIAL_WEIGHT)
        level = (weight * self.logs).cumsum(-1) / weight.cumsum(-1).clamp(min=1e-6)
        self.levels = torch.where(new, level, self.levels)
        self.founded = torch.where(new, (self.present.cumsum(-1) >= LEAST_DAYS).float(), self.founded)

    def _vary(self, episodes: list[Episode], *, shifted: bool) -> None:
        """What the orders of a day are surprised by, ``shifted``, the carts of that day do not show: they foretell later ones."""
        stretch = torch.tensor([e.stretch for e in episodes], device=self.panel.device)[:, None, None, None]
        shift = torch.as_tensor(np.stack([e.shift for e in episodes if e.shift is not None]), device=self.panel.device)[:, None, None]
        varied = self.levels + stretch * (self.logs - self.levels) + shift * shifted
        self.logs = torch.where(self.panel.ordinary_days > 0, self.logs, varied.clamp(min=0))

    def _pick(self, values: Tensor, days: Tensor) -> Tensor:
        """[B, ..., R, C] from [B, R, C, D] at days [B, ...]; days before the panel read its first."""
        number = self.number.reshape(-1, *[1] * (days.dim() - 1))
        picked: Tensor = values[number, :, :, days.clamp(0, values.shape[-1] - 1)]
        return picked

    def at(self, days: Tensor, *, ordinary: bool = False) -> tuple[Tensor, Tensor]:
        """Log volumes [B, ..., R, C] and their mask; with ``ordinary``, festivals and holidays are masked too."""
        inside = (days >= 0).float()
        if ordinary:
            inside = inside * self.panel.ordinary_days[days.clamp(min=0)]
        return self._pick(self.logs, days), self._pick(self.present, days) * inside[..., None, None]

    def level_at(self, days: Tensor) -> Tensor:
        return self._pick(self.levels, days)

    def rise_at(self, days: Tensor) -> Tensor:
        """[B, ..., R, C or 1] of a further stream, NaN where it is unknown."""
        return self._pick(self.rise, days)

    def founded_at(self, days: Tensor) -> Tensor:
        """Whether there is a level to be relative to, as a mask."""
        return self._pick(self.founded, days) * (days >= 0).float()[..., None, None]

    def windows(self, origins: Tensor) -> Tensor:
        """[B, M, R, C or 1, T, F] the window that ends at each origin [B, M], relative to the level there."""
        steps = torch.arange(1 - self.panel.window, 1, device=self.panel.device)
        days = origins[..., None] + steps  # [B, M, T]
        values, there = self.at(days)
        values = (values - self.level_at(origins)[:, :, None]) * there
        flags = self.panel.step_flags[days.clamp(min=0)][:, :, :, None, None].expand(*values.shape, -1)
        return torch.cat([values[..., None], there[..., None], flags], dim=-1).movedim(2, 4)
