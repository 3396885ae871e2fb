"""Coordinates of one datum as those of another: WGS84, and the two that maps of China are drawn in.

GCJ-02 is WGS84 moved by a smooth, secret offset of 100 to 700 m; BD-09 moves GCJ-02 once more. The formulas are the ones that were
published as "eviltransform" (github.com/googollee/eviltransform, MIT) and "coordtransform" (github.com/wandergis/coordtransform, MIT).
They have no closed inverse; ours is iterated until it moves by less than a millimetre. Outside China the three datums agree.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

AXIS, FLATNESS = 6378245.0, 0.00669342162296594323  # the Krasovsky ellipsoid's, which the offset was made with
BD = np.pi * 3000 / 180
CHINA = (72.004, 137.8347, 0.8293, 55.8271)  # west, east, south, north
ENOUGH, MOST = 1e-8, 30  # degrees, about a millimetre; steps


class Datum(StrEnum):
    """What longitudes and latitudes refer to. BD-09 is Baidu's; Amap, Tencent and most Chinese exports have GCJ-02."""

    WGS84 = "WGS84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


def convert(lon: Floats, lat: Floats, source: Datum, target: Datum) -> tuple[Floats, Floats]:
    """[N] degrees of one datum -> [N] degrees of another."""
    if source == target:
        return lon, lat
    if source is Datum.BD09:
        return convert(*_undone(_to_bd, lon, lat), Datum.GCJ02, target)
    if target is Datum.BD09:
        return _to_bd(*convert(lon, lat, source, Datum.GCJ02))
    return _to_gcj(lon, lat) if target is Datum.GCJ02 else _undone(_to_gcj, lon, lat)


def _in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    west, east, south, north = CHINA
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _to_gcj(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105, lat - 35
    waves = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + waves
    north = north + (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north = north + (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + waves
    east = east + (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east = east + (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    angle = np.radians(lat)
    bend = 1 - FLATNESS * np.sin(angle) ** 2
    north = north * 180 / (AXIS * (1 - FLATNESS) / (bend * np.sqrt(bend)) * np.pi)
    east = east * 180 / (AXIS / np.sqrt(bend) * np.cos(angle) * np.pi)
    inside = _in_china(lon, lat)
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def _to_bd(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BD)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BD)
    inside = _in_china(lon, lat)
    return np.where(inside, radius * np.cos(angle) + 0.0065, lon), np.where(inside, radius * np.sin(angle) + 0.006, lat)


def _undone(move: Callable[[Floats, Floats], tuple[Floats, Floats]], lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The points that ``move`` takes to these."""
    x, y = lon, lat
    for _ in range(MOST):
        moved = move(x, y)
        step = lon - moved[0], lat - moved[1]
        x, y = x + step[0], y + step[1]
        if not np.nanmax(np.abs(step), initial=0.0) > ENOUGH:
            break
    inside = _in_china(lon, lat)
    return np.where(inside, x, lon), np.where(inside, y, lat)
