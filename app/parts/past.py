"""Past and forecast of a district or of the whole market, day by day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.pictures.series import phases, series
from app.reading import Reading
from stmp.forecast import Forecast
from stmp.summary import Floats

HISTORY_DAYS = 60


def past_and_forecast(reading: Reading, district: str | None) -> None:
    """Series with bands, what came, festival phases, and the plan where a what-if differs from it."""
    dates, view = reading.forecast.dates, reading.view
    cells = np.ix_(reading.rows(district), reading.categories)

    def daily(values: Floats, days: pd.DatetimeIndex) -> pd.Series:
        """[R, C, D] -> sums of the cells by day, missing where all of them are."""
        return pd.DataFrame(values[cells].reshape(-1, len(days)).T, index=days).sum(axis=1, min_count=1)

    def samples(forecast: Forecast) -> Floats:
        """[H, S]"""
        return forecast.samples[cells].astype(float).sum(axis=(0, 1))

    history = daily(view.orders[..., -HISTORY_DAYS:].astype(float), view.dates[-HISTORY_DAYS:])
    plan = None if reading.plan is None else pd.Series(np.median(samples(reading.plan.forecast), axis=1), index=dates)
    figure = series(
        history,
        samples(reading.forecast),
        dates,
        daily(reading.actual, dates),
        plan,
        phases(reading.calendar, pd.date_range(history.index[0], dates[-1])),
        reading.market.about.unit,
    )
    alt = f"Past, forecast bands and actual {reading.market.about.unit} per day: {reading.name(district)}"
    st.plotly_chart(figure, key="series", config={"displayModeBar": False}, alt=alt)
