"""Points to regions: which polygon holds each, in chunks as an engine hands them over."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from stmp.ingest.datum import Datum, convert


class Locator:
    """Finds the region of points; polygons in WGS84. On a border the first of two wins: no point counts twice."""

    def __init__(self, ids: Sequence[str], polygons: Sequence[shapely.Geometry], datum: Datum) -> None:
        self.ids = np.array([*ids, ""], dtype=object)  # the last one is for points outside; DuckDB takes no NULL from a function
        self.datum = datum
        self._polygons = list(polygons)
        self._tree = shapely.STRtree(self._polygons)

    def find(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
        """[N] position of the region of each point, len(ids) - 1 outside every polygon."""
        there = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
        x, y = convert(np.where(there, lon, np.nan), np.where(there, lat, np.nan), self.datum, Datum.WGS84)
        found = np.full(len(lon), len(self.ids) - 1, dtype=np.int64)
        known = np.flatnonzero(there)
        points = shapely.points(x[known], y[known])
        point, polygon = self._tree.query(points, predicate="intersects")
        np.minimum.at(found, known[point], polygon)
        return found

    def expression(self, lon: ir.FloatingValue, lat: ir.FloatingValue, spark: bool) -> ir.StringValue:
        """The region of each point, empty outside. Each engine hands whole batches to one kind of function, and rows to the other."""
        locator, signature = self, (("float64", "float64"), "string")

        if spark:

            @ibis.udf.scalar.pandas(signature=signature)  # type: ignore[untyped-decorator]
            def region_at(lon: pd.Series, lat: pd.Series) -> pd.Series:
                return pd.Series(locator.ids[locator.find(lon.to_numpy(float), lat.to_numpy(float))])

        else:

            @ibis.udf.scalar.pyarrow(signature=signature)  # type: ignore[untyped-decorator]
            def region_at(lon: pa.ChunkedArray, lat: pa.ChunkedArray) -> pa.Array:
                return pa.array(locator.ids[locator.find(lon.to_numpy(), lat.to_numpy())], pa.string())

        return region_at(lon.fill_null(float("nan")), lat.fill_null(float("nan")))
