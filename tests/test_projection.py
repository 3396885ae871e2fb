"""Planes held against other computations: eigenvectors, draws, and umap-learn's own graph."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from stmp.forecast import Psi
from stmp.projection import ellipse, fuzzy_graph, pca, umap


def psi_of(labels: int = 7, seed: int = 0) -> Psi:
    rng = np.random.default_rng(seed)
    mean = rng.normal(size=(labels, 2, 3)) * np.array([3, 1, 0.2])
    return Psi(tuple(map(str, range(labels))), mean.astype(np.float32), rng.uniform(0.1, 1, mean.shape).astype(np.float32))


def test_pca_finds_the_leading_eigenvectors_of_the_covariance() -> None:
    psi = psi_of()
    flat = psi.mean.reshape(7, 6).astype(float)
    centred = flat - flat.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    found = pca(psi)
    for axis in range(2):
        expected = centred @ vectors[:, -1 - axis]
        assert abs(found.points[:, axis] @ expected) == pytest.approx(expected @ expected)
        assert found.points[np.abs(found.points[:, axis]).argmax(), axis] > 0
    assert found.share == pytest.approx(values[::-1][:2] / values.sum())


def test_the_spread_is_that_of_draws_in_the_plane() -> None:
    psi = psi_of()
    flat = psi.mean.reshape(7, 6).astype(float)
    found = pca(psi)
    axes = np.linalg.lstsq(flat - flat.mean(axis=0), found.points, rcond=None)[0]
    draws = np.random.default_rng(0).normal(size=(200_000, 6)) * psi.std[3].ravel() @ axes
    np.testing.assert_allclose(found.spread[3], np.cov(draws.T), atol=0.01)


def test_two_labels_lie_on_one_axis() -> None:
    found = pca(psi_of(2))
    assert found.points[:, 1] == pytest.approx([0, 0], abs=1e-6)
    assert found.share == pytest.approx([1, 0])
    same = Psi(("a", "b"), np.ones((2, 1, 1), np.float32), np.ones((2, 1, 1), np.float32))
    assert np.isfinite(pca(same).points).all()


def test_an_ellipse_holds_its_share_of_the_draws() -> None:
    covariance = np.array([[2.0, 1.2], [1.2, 1.0]])
    outline = ellipse(np.array([5.0, -3.0]), covariance, 0.8)
    assert outline[0] == pytest.approx(outline[-1])
    inverse = np.linalg.inv(covariance)
    border = np.einsum("ni,ij,nj->n", outline - [5, -3], inverse, outline - [5, -3])
    draws = np.random.default_rng(0).multivariate_normal([0, 0], covariance, 100_000)
    inside = np.einsum("ni,ij,nj->n", draws, inverse, draws) < border[0]
    assert border == pytest.approx(np.full(len(border), border[0]))
    assert inside.mean() == pytest.approx(0.8, abs=0.01)


POINTS = [[1.3, -0.35, 0.85], [-0.49, 1.76, 0.2], [-0.38, 2.55, -0.32], [-1.22, 0.2, -0.04], [1.07, -0.92, 0.8], [0.85, -0.67, 0.16]]
GRAPH = [  # umap-learn 0.5, fuzzy_simplicial_set(POINTS, n_neighbors=3)
    [0, 0, 0, 0, 1, 0.82775],
    [0, 0, 1, 1, 0, 0],
    [0, 1, 0, 0.58497, 0, 0],
    [0, 1, 0.58497, 0, 0, 0.58496],
    [1, 0, 0, 0, 0, 1],
    [0.82775, 0, 0, 0.58496, 1, 0],
]


def test_the_graph_is_that_of_umap_learn() -> None:
    np.testing.assert_allclose(fuzzy_graph(cdist(POINTS, POINTS), 3), GRAPH, atol=2e-5)


def test_umap_keeps_groups_together_and_apart_and_knows_no_chance() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(range(3), 8)
    points = rng.normal(size=(24, 10)) + 6 * np.eye(10)[group]
    distance, start = cdist(points, points), points[:, :2]
    found = umap(distance, start)
    apart = cdist(found, found)
    same = group[:, None] == group
    assert apart[same].max() < apart[~same].min()
    np.testing.assert_array_equal(found, umap(distance, start))
    assert found.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)


def test_umap_stays_finite_where_labels_are_the_same() -> None:
    distance = np.ones((4, 4)) - np.eye(4)
    distance[:2, :2] = 0
    assert np.isfinite(umap(distance, np.zeros((4, 2)))).all()
