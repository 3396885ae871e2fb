"""Representations in the plane, to look at: nothing is measured there.

PCA is linear, so that the posterior's covariance can be projected too. UMAP keeps who is near whom and gives up distances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from stmp.forecast import Psi
from stmp.summary import Floats

NEIGHBOURS = 5  # labels of a neighbourhood, the label itself included
CURVE = 1.576943, 0.895061  # a, b of 1 / (1 + a d^2b): what umap-learn fits for its default min_dist of 0.1
HOLD = 0.01
STEPS = 300
TINY = 1e-4


@dataclass(frozen=True)
class Plane:
    """points: [N, 2] means.  spread: [N, 2, 2] covariances of the posteriors.  share: [2] of all variance of the means, by axis."""

    points: Floats
    spread: Floats
    share: Floats


def pca(psi: Psi) -> Plane:
    """The two directions along which the means [N, C x Z] differ most; each axis points to where its longest point lies."""
    count = len(psi.labels)
    mean, std = (np.asarray(part, dtype=float).reshape(count, -1) for part in (psi.mean, psi.std))
    centred = mean - mean.mean(axis=0)
    _, length, axes = np.linalg.svd(centred, full_matrices=False)
    axes = np.pad(axes[:2], ((0, max(0, 2 - len(axes))), (0, 0)))
    points = centred @ axes.T
    turned = np.where(points[np.abs(points).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    axes, points = axes * turned[:, None], points * turned
    spread = np.einsum("id,nd,jd->nij", axes, std**2, axes)
    share = np.pad(length**2, (0, 2))[:2] / max(float((length**2).sum()), np.finfo(float).tiny)
    return Plane(points, spread, share)


def ellipse(centre: Floats, covariance: Floats, share: float, corners: int = 48) -> Floats:
    """[corners + 1, 2] the closed outline that holds ``share`` of the Gaussian: its squared radius is chi-square with 2 degrees."""
    radius = np.sqrt(-2 * np.log1p(-share))
    values, vectors = np.linalg.eigh(covariance)
    angle = np.linspace(0, 2 * np.pi, corners + 1)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    return np.asarray(centre + radius * (vectors @ (np.sqrt(np.maximum(values, 0))[:, None] * circle)).T)


def umap(distance: Floats, start: Floats) -> Floats:
    """[N, 2] from distances [N, N], N at least 3, beginning at the points ``start`` [N, 2].

    UMAP (McInnes, Healy, Melville 2018, arXiv 1802.03426) for so few labels that its cross entropy is minimised over all pairs
    instead of a sample of them: no chance is in it, and no compiler is needed, for which umap-learn holds 220 MB. A weak pull to the
    centre keeps groups in the picture that no neighbourhood connects.
    """
    first, second = np.triu_indices(len(distance), 1)
    near = fuzzy_graph(distance)[first, second]  # [N (N - 1) / 2] pairs
    a, b = CURVE

    def loss(flat: Floats) -> tuple[float, Floats]:
        apart = flat.reshape(-1, 2)[first] - flat.reshape(-1, 2)[second]
        squared = (apart**2).sum(axis=1) + TINY
        bend = np.log(a) + b * np.log(squared)  # the pair is near with probability expit(-bend)
        value = (near * np.logaddexp(0, bend) + (1 - near) * np.logaddexp(0, -bend)).sum() + HOLD * (flat**2).sum()
        pull = ((near - expit(-bend)) * 2 * b / squared)[:, None] * apart
        slope = 2 * HOLD * flat.reshape(-1, 2)
        np.add.at(slope, first, pull)
        np.add.at(slope, second, -pull)
        return float(value), slope.ravel()

    begin = start / max(float(np.abs(start).max()), np.finfo(float).tiny)
    found = minimize(loss, begin.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x.reshape(-1, 2)
    return np.asarray(found - found.mean(axis=0))


def fuzzy_graph(distance: Floats, neighbours: int = NEIGHBOURS) -> Floats:
    """[N, N] UMAP's fuzzy union of the neighbourhoods: how far each pair belongs together, 0 to 1, and 0 on the diagonal.

    In each, the nearest other label has degree 1, and the degrees of the further ones fall off so that all sum to log2 of its size.
    """
    count = len(distance)
    size = min(neighbours, count)
    others = np.where(np.eye(count, dtype=bool), np.inf, distance)
    nearest = np.argsort(others, axis=1, kind="stable")[:, : size - 1]
    gaps = np.take_along_axis(others, nearest, axis=1)
    gaps = gaps - gaps[:, :1]  # [N, size - 1]
    low, high = np.zeros((count, 1)), np.full((count, 1), 1e6)
    for _ in range(64):  # bisection of the width at which the degrees sum up
        width = (low + high) / 2
        over = np.exp(-gaps / width).sum(axis=1, keepdims=True) > np.log2(size)
        low, high = np.where(over, low, width), np.where(over, width, high)
    degree = np.zeros((count, count))
    np.put_along_axis(degree, nearest, np.exp(-gaps / high), axis=1)
    return np.asarray(degree + degree.T - degree * degree.T)
