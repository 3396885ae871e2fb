"""Datums: points whose place in two of them is known, and back again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stmp.ingest.datum import Datum, convert

POINT = (116.404, 39.915)  # the example of github.com/wandergis/coordtransform, with the results it prints


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(np.hypot((a[0] - b[0]) * 111_320 * np.cos(np.radians(a[1])), (a[1] - b[1]) * 110_540))


def moved(point: tuple[float, float], source: Datum, target: Datum) -> tuple[float, float]:
    lon, lat = convert(np.array([point[0]]), np.array([point[1]]), source, target)
    return float(lon[0]), float(lat[0])


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (Datum.WGS84, Datum.GCJ02, (116.41024449916938, 39.91640428150164)),
        (Datum.GCJ02, Datum.WGS84, (116.39775550083061, 39.91359571849836)),
        (Datum.GCJ02, Datum.BD09, (116.41036949371029, 39.92133699351021)),
        (Datum.BD09, Datum.GCJ02, (116.39762729119315, 39.90865673957631)),
    ],
)
def test_the_published_example_within_a_decimetre(source: Datum, target: Datum, expected: tuple[float, float]) -> None:
    assert metres(moved(POINT, source, target), expected) < 0.1


def test_gcj_lies_half_a_kilometre_off() -> None:
    assert 400 < metres(moved(POINT, Datum.WGS84, Datum.GCJ02), POINT) < 700


@given(st.floats(74, 134), st.floats(4, 53), st.sampled_from(list(Datum)), st.sampled_from(list(Datum)))
def test_there_and_back_again(lon: float, lat: float, source: Datum, target: Datum) -> None:
    assert metres(moved(moved((lon, lat), source, target), target, source), (lon, lat)) < 0.1


def test_outside_china_the_datums_agree() -> None:
    for datum in Datum:
        assert moved((2.3522, 48.8566), datum, Datum.WGS84) == (2.3522, 48.8566)
