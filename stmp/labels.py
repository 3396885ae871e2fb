"""The label path of the generator: what the support days' own volumes say of a target day, beside psi."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from stmp.tasks import RELATIONS, WEEKS, QueryInputs

EVIDENCE = 13  # what the label path tells the head of the support behind it, and one for each further stream


class Labels(NamedTuple):
    """What the label path adds to psi: the rest of the uplift by the wide view, the cell's own departure, and how much further the
    narrow view goes, each [B, R, C, P], and the evidence behind them [B, R, C, P, EVIDENCE + S']."""

    rest: Tensor
    own: Tensor
    narrower: Tensor
    evidence: Tensor


class LabelPath(nn.Module):
    """What the support days nearest to a target day add to psi, by attention over how they relate to it.

    The attention has an empty place beside the support days: what falls to it draws the uplift back to 0. Psi holds a
    date type's uplift as a whole and a region's departures by kind of day. What is added here is the rest: the target
    day's own place within its type (its offset, its weekday), and the cell's own departure that psi does not explain.
    It looks twice: widely, over the days of the type, and narrowly, at those of the very offset. How far the past repeats differs
    from market to market, so the head is told how alike the days looked at are, and how restless ordinary days are.

    Further streams foretell: where carts are fuller than they were as long before the support days, the day's uplift is larger. By how
    much is learned, for what all regions have in common and for a cell's own apart, and it fades with the lead time.
    """

    WIDE = (-2.0, 0.5, 2.5, 0.3, -6.0, 1.5, -1.0, 0.3, 0.3)  # score by relation, weekday, offset, age, weekend, season
    NARROW = (-2.0, 0.5, 2.5, 0.3, -20.0, 3.0, -1.0, 0.3, 0.3)

    def __init__(self, streams: int) -> None:
        super().__init__()
        self.score = nn.Linear(RELATIONS, 2)
        self.bend_in, self.bend_out = nn.Linear(RELATIONS, 16), nn.Linear(16, 2)
        self.raw_own = nn.Parameter(torch.tensor([-4.0, -2.0, -1.0, 0.0]))  # share of a cell's own departure that repeats, by relation
        self.raw_carried = nn.Parameter(torch.tensor(0.0))  # share of the weekday's ordinary pattern that any day repeats
        self.gain = nn.Parameter(torch.zeros(2, streams))  # of the uplift by what carts say in common, and by what a cell's own add
        self.raw_fading = nn.Parameter(torch.tensor(3.0))  # days over which it fades
        with torch.no_grad():
            self.score.weight.copy_(torch.tensor([self.WIDE, self.NARROW]))
            self.score.bias.zero_()
            self.bend_out.weight.mul_(0.1)

    def forward(self, inputs: QueryInputs, share: Tensor) -> Labels:
        """``share`` [K]: of a region's departures, the part that a day of the kind repeats, as in AmortizationNetwork."""
        weight = self._attention(inputs)  # [B, P, N, 2]
        carried = torch.sigmoid(self.raw_carried)
        matched = inputs.matched - carried * inputs.weekday[:, None]  # [B, P, N, R, C]
        count = inputs.matched_present.sum(3)
        mean = (matched * inputs.matched_present).sum(3) / count.clamp(min=1)  # [B, P, N, C]
        known = weight[..., None] * (count > 0)[..., None, :]  # [B, P, N, 2, C]
        wide, narrow = (known * mean[..., None, :]).sum(2).unbind(2)  # [B, P, C]
        spread = torch.sqrt((known * (mean[..., None, :] - (known * mean[..., None, :]).sum(2, keepdim=True)) ** 2).sum(2) + 1e-6)
        departure = (matched - mean[..., None, :]) * inputs.matched_present  # [B, P, N, R, C]
        own = self._own(inputs, share, departure, weight.mean(-1))
        whole = torch.einsum("bpy,byc->bpc", inputs.mix, inputs.pooled.uplift)
        weeks = inputs.aligned[:, 0, ..., :WEEKS]
        rest = (_over_regions(wide - whole) + carried * weeks.mean(-1)).expand_as(own)
        fuller = self._fuller(inputs, weight[..., 0])
        common = fuller.mean(1, keepdim=True)
        rest = rest + common @ self.gain[0] + (fuller - common) @ self.gain[1]
        exact = torch.einsum("bpy,bpyn->bpn", inputs.mix, inputs.relations[..., 2])
        seen = weight[..., 0]
        of_day = [seen, seen * inputs.relations[..., 5].amax(2), seen * exact, seen * inputs.relations[..., 6].amax(2)]
        evidence = [part.sum(-1)[:, None, None].expand_as(own) for part in of_day]
        alike = _likeness(departure, weight[..., 0])
        evidence += [_over_regions(part).expand_as(own) for part in (wide, narrow, whole, *spread.unbind(2), alike)]
        evidence += [_spread(weeks.mean(1, keepdim=True)).expand_as(own), _spread(weeks)]
        told = torch.cat([torch.stack([*evidence, own], dim=-1), fuller], dim=-1)
        return Labels(rest, own, _over_regions(narrow - wide).expand_as(own), told)

    def _attention(self, inputs: QueryInputs) -> Tensor:
        """[B, P, N, 2] weights of the support days, wide and narrow; what they lack to 1 fell to the empty place."""
        score = self.score(inputs.relations) + self.bend_out(torch.tanh(self.bend_in(inputs.relations)))  # [B, P, Y, N, 2]
        score = score.masked_fill((inputs.members == 0)[:, None, ..., None], -1e4)
        score = torch.cat([score, torch.zeros_like(score[..., :1, :])], dim=-2)
        return torch.einsum("bpy,bpyna->bpna", inputs.mix, torch.softmax(score, dim=-2)[..., :-1, :])

    def _fuller(self, inputs: QueryInputs, weight: Tensor) -> Tensor:
        """[B, R, C, P, S'] how much fuller the further streams are than before the days looked at [B, P, N]."""
        fading = torch.exp((1 - inputs.leads) / functional.softplus(self.raw_fading))
        return torch.einsum("bpn,bpnrcs->brcps", weight * fading[..., None], inputs.surplus)

    def _own(self, inputs: QueryInputs, share: Tensor, departure: Tensor, weight: Tensor) -> Tensor:
        """[B, R, C, P] the cell's own departure [B, P, N, R, C] on the days looked at, less what psi of the region holds of it."""
        repeats = torch.einsum("bpy,byn->bpn", inputs.mix, torch.sigmoid(self.raw_own)[inputs.members])
        explained = torch.einsum("brck,k,bnk->bnrc", inputs.pooled.departures, share, inputs.day_kinds)
        return torch.einsum("bpn,bpnrc->brcp", weight * repeats, departure - explained[:, None] * inputs.matched_present)


def _likeness(departure: Tensor, weight: Tensor) -> Tensor:
    """[B, P, C] from 0 to 1, how alike the cells' departures [B, P, N, R, C] are on the days looked at [B, P, N]: the part of their mean
    square that their mean over the days keeps."""
    weight = weight / weight.sum(-1, keepdim=True).clamp(min=1e-6)
    kept = torch.einsum("bpn,bpnrc->bprc", weight, departure).square().mean(2)
    return kept / (torch.einsum("bpn,bpnrc->bprc", weight, departure.square()).mean(2) + 1e-6)


def _spread(weeks: Tensor) -> Tensor:
    """[..., WEEKS] -> [...], how restless the weeks were; with a floor, for the root of 0 has no slope."""
    return torch.sqrt(weeks.var(-1, correction=0) + 1e-6)


def _over_regions(values: Tensor) -> Tensor:
    """[B, P, C] -> [B, 1, C, P]"""
    return values.transpose(1, 2)[:, None]
