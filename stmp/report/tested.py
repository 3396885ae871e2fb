"""How past festivals were forecast."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stmp.evaluation import Backtest, study
from stmp.report.model import Column, Figure, Lines, Slide, Table
from stmp.report.source import Source
from stmp.report.words import Words

HELD = ["peak", "festival", "cutoff"]  # what tells a festival that was held, and was forecast as of a day
MEASURED = ("wape", "in80")


def accuracy_slide(source: Source, t: Words) -> Slide:
    """The festivals of the checkpoint's backtest; without one, that the accuracy is not known."""
    title = t("How well past festivals were forecast")
    if source.backtest is None:
        return _unknown(title, t("No test of this checkpoint on this market is stored, so its accuracy here is not known."), t)
    days = study.of_kind(study.districts(source.backtest.cells), "festival")
    if days.empty:
        return _unknown(title, t("The stored test holds no festival days, so the accuracy at festivals is not known."), t)
    return _tested(source, source.backtest, days, title, t)


def _tested(source: Source, backtest: Backtest, days: pd.DataFrame, title: str, t: Words) -> Slide:
    unit = t.label(source.market.about.unit)
    overall = study.scores(days, measures=MEASURED).set_index("model")
    ours, others = overall.loc[study.OURS], overall.drop(index=study.OURS)["wape"]
    table = study.festivals(study.districts(backtest.cells))
    figures = [
        Figure(t("WAPE on festival days"), float(ours["wape"]), "percent"),
        Figure(t("Days inside the 80 % band"), float(ours["in80"]), "percent"),
    ]
    lead = t("WAPE {ours} on {days} festival days it had not seen.", ours=t.show(float(ours["wape"]), "percent"), days=int(ours["days"]))
    if len(others):
        figures.insert(
            1, Figure(t("WAPE of the best baseline, {name}", name=_model(str(others.idxmin()), t)), float(others.min()), "percent")
        )
    return Slide(
        "accuracy",
        title,
        lead,
        tuple(figures),
        (_festivals(backtest, table, unit, t),),
        t(
            "The peak day is the sum of all districts. WAPE: absolute errors of the medians, by district, category and day, over what was "
            "bought."
        ),
    )


def _festivals(backtest: Backtest, table: pd.DataFrame, unit: str, t: Words) -> Table:
    """A row per festival and cutoff, the latest first."""
    wape = table.pivot_table(index=HELD, columns="model", values="wape", observed=True).sort_index(ascending=False)
    peaks = study.peaks(study.network(backtest.cells))
    peak = peaks[peaks["model"] == study.OURS].set_index(HELD)[["actual", "q10", "q50", "q90"]].astype(float).reindex(wape.index)
    others = wape.drop(columns=study.OURS).min(axis=1) if len(wape.columns) > 1 else pd.Series(np.nan, index=wape.index)
    error = peak["q50"] / peak["actual"].where(peak["actual"] > 0) - 1
    held = tuple(t("{festival} {year}", festival=t.label(str(festival)), year=f"{first:%Y}") for first, festival, _ in wape.index)
    return Table(
        t("Past festivals"),
        (
            Column(t("Festival"), "text", held),
            Column(t("Days ahead"), "units", tuple(float((first - cutoff).days) for first, _, cutoff in wape.index)),
            Column(t("Peak day, {unit}", unit=unit), "volume", tuple(peak["actual"].tolist())),
            Column(t("Forecast"), "volume", tuple(peak["q50"].tolist())),
            Column(t("80 % from"), "volume", tuple(peak["q10"].tolist())),
            Column(t("80 % to"), "volume", tuple(peak["q90"].tolist())),
            Column(t("Error"), "signed percent", tuple(error.tolist())),
            Column("WAPE", "percent", tuple(wape[study.OURS].tolist())),
            Column(t("Best baseline's WAPE"), "percent", tuple(others.tolist())),
        ),
    )


def _unknown(title: str, why: str, t: Words) -> Slide:
    how = t("'stmp evaluate' with --cells tests a checkpoint on past festivals and stores the result beside it.")
    return Slide("accuracy", title, why, blocks=(Lines("", (how,)),))


def _model(name: str, t: Words) -> str:
    """What a baseline is called."""
    return {
        "seasonal_naive": t("Seasonal naive"),
        "last_festival": t("Last festival"),
        "shrunk_uplift": t("Shrunk uplift"),
        "auto_ets": "AutoETS",
        "lightgbm": "LightGBM",
    }.get(name, name)
