"""Forecasters to be measured against; each gets the same view, the same calendar and the same care as our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from stmp.errors import StmpError
from stmp.forecast import Forecaster


def _late(module: str, name: str) -> Callable[[], Forecaster]:
    """A maker that imports its module only when called: LightGBM and statsforecast take seconds to load."""

    def make() -> Forecaster:
        forecaster: Forecaster = getattr(import_module(f"stmp.baselines.{module}"), name)()
        return forecaster

    return make


BASELINES: Mapping[str, Callable[[], Forecaster]] = {
    "seasonal_naive": _late("seasonal_naive", "SeasonalNaive"),
    "last_festival": _late("last_festival", "LastFestival"),
    "shrunk_uplift": _late("shrunk_uplift", "ShrunkUplift"),
    "auto_ets": _late("auto_ets", "AutoETS"),
    "lightgbm": _late("lightgbm", "LightGBM"),
}


def make_baselines(names: Sequence[str]) -> list[Forecaster]:
    """The baselines named, in that order. Raises StmpError on an unknown name."""
    for name in names:
        if name not in BASELINES:
            raise StmpError(f"unknown baseline '{name}'. Remedy: use one of {', '.join(BASELINES)}.")
    return [BASELINES[name]() for name in names]
