"""How each past festival was forecast."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.formats import UNKNOWN, rounded, short_day, volume_range
from app.language import label, t
from app.parts.accuracy.tested import Tested
from app.parts.accuracy.words import measures, model_name
from app.parts.downloads import CHART
from app.parts.tables import NUMBER, show_table
from app.pictures.errors import error_dots
from stmp.evaluation import study

HELD = ["peak", "festival", "cutoff"]  # what tells a festival that was held, and was forecast as of a day


def festivals(tested: Tested) -> None:
    """A row per festival and cutoff: the peak day of all districts together, and the error over all its days against the baselines."""
    table = study.festivals(tested.cells)
    with st.container(border=True):
        if table.empty:
            st.subheader(t("Past festivals"), anchor=False)
            st.info(t("No festival was held on the days tested. More windows reach further back."), icon=":material/event_busy:")
            return
        shown = _table(tested, table)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(t("Past festivals"), anchor=False, width="content")
            tested.downloads("accuracy-festivals", t("WAPE of past festivals"), shown, chart="accuracy-festivals")
        formats = _formats(label(tested.market.about.unit))
        show_table(shown, t("Past festivals, forecast and actual"), column_config=formats, placeholder=UNKNOWN)
        _picture(tested, table)
        st.caption(
            t(
                "The peak day is the sum of all districts, with its 80 % band. WAPE is over districts, categories and all days of the "
                "festival that the window holds."
            )
        )


def _table(tested: Tested, table: pd.DataFrame) -> pd.DataFrame:
    """A row per festival and cutoff; where the window ends before the peak, its numbers are missing."""
    unit = label(tested.market.about.unit)
    wape = 100 * table.pivot_table(index=HELD, columns="model", values="wape", observed=True)
    others = wape.drop(columns=study.OURS)
    peaks = study.peaks(study.network(tested.backtest.cells))
    peak = peaks[peaks["model"] == study.OURS].set_index(HELD)[["actual", "q10", "q50", "q90"]].astype(float).reindex(wape.index)
    known = peak["actual"].notna()
    columns = {
        t("Festival"): [_held(festival, first) for first, festival, _ in wape.index],
        t("As of"): [f"{cutoff:%Y-%m-%d}" for *_, cutoff in wape.index],
        t("Days ahead"): [(first - cutoff).days for first, _, cutoff in wape.index],
        t("WAPE, %"): wape[study.OURS].to_numpy(),
        t("Best baseline"): [model_name(str(row.idxmin())) for _, row in others.iterrows()] if len(others.columns) else None,
        t("Its WAPE, %"): others.min(axis=1).to_numpy(),
        t("Peak day, {unit}", unit=unit): peak["actual"].to_numpy(),
        t("Forecast, {unit}", unit=unit): peak["q50"].map(rounded).to_numpy(),
        t("80 % band"): [
            volume_range(low, high) if there else None for there, low, high in zip(known, peak["q10"], peak["q90"], strict=True)
        ],
        t("Error, %"): (100 * (peak["q50"] / peak["actual"].where(peak["actual"] > 0) - 1)).to_numpy(),
    }
    return pd.DataFrame(columns).dropna(axis=1, how="all")


def _formats(unit: str) -> dict[str, object]:
    volumes, shares = st.column_config.NumberColumn(format=NUMBER), st.column_config.NumberColumn(format="%.1f")
    signed = st.column_config.NumberColumn(format="%+.1f")
    peak = {t("Peak day, {unit}", unit=unit): volumes, t("Forecast, {unit}", unit=unit): volumes, t("Error, %"): signed}
    return {t("WAPE, %"): shares, t("Its WAPE, %"): shares, **peak}


def _held(festival: str, first: pd.Timestamp) -> str:
    return t("{festival} {year}", festival=label(festival), year=f"{first:%Y}")


def _picture(tested: Tested, table: pd.DataFrame) -> None:
    """The error of each model at each festival, one row per festival and cutoff."""
    measure = measures()["wape"]
    keys = list(table[HELD].itertuples(index=False, name=None))
    groups = {
        str(held): t("{festival}, as of {day}", festival=_held(held[1], held[0]), day=short_day(held[2])) for held in dict.fromkeys(keys)
    }
    dots = table.assign(group=list(map(str, keys)), value=measure.factor * table["wape"])
    figure = error_dots(dots, groups, {model: model_name(model) for model in tested.models}, measure.title, measure.show)
    st.plotly_chart(figure, key="accuracy-festivals", config=CHART, alt=t("WAPE of each model at each past festival"))
