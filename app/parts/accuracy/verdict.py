"""What was tested, where it is worse than a baseline, and the scores of every model by kind of day."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import pandas as pd
import streamlit as st

from app.formats import day, in_days, plain
from app.language import t
from app.parts.accuracy.tested import Tested
from app.parts.accuracy.words import in_windows, kind_in_text, kind_name, measure_in_text, measures, model_name, models_explained
from app.parts.tables import show_table
from app.pictures.palette import FORECAST, faded
from stmp.evaluation import study

BEST = f"font-weight: bold; background-color: {faded(FORECAST, 0.22)}"


def verdict(tested: Tested) -> None:
    """The source, the sentence a planner must not miss, and the table."""
    table = study.by_kind(tested.cells)
    _source(tested)
    losses = study.losses(table)
    if losses:
        lines = "\n".join(f"- {_told(list(of_kind))}" for _, of_kind in groupby(losses, key=lambda loss: loss.kind))
        st.warning(lines, title=t("Where it is worse than a baseline"), icon=":material/trending_down:")
    elif len(tested.models) > 1:
        told = t("On every kind of day it has the smallest WAPE, relative MSE and CRPS of the {count} models.", count=len(tested.models))
        st.success(told, title=t("No baseline is better"), icon=":material/check_circle:")
    _scores(tested, table)


def _source(tested: Tested) -> None:
    source, offer = tested.backtest.provenance, tested.choice.question.offer
    card = offer.card
    dates = tested.backtest.cells["date"]
    tested_on = t(
        "Tested on {days} it had not seen, {first} to {last}: {windows} of {horizon}.",
        days=in_days(dates.nunique()),
        first=day(dates.min()),
        last=day(dates.max()),
        windows=in_windows(len(source.cutoffs)),
        horizon=in_days(source.horizon),
    )
    if card.general:
        learned = t("Trained on simulated markets of every kind.")
    else:
        span = day(pd.Timestamp(card.trained_from)), day(pd.Timestamp(card.trained_until))
        learned = t(
            "Trained on {market} from {begin} until {until}.", market=plain(offer.learned_from(tested.market)), begin=span[0], until=span[1]
        )
    st.caption(f"{tested_on} {learned}")


def _told(losses: Sequence[study.Loss]) -> str:
    """The losses on one kind of day."""
    offered = measures()
    against = [
        t(
            "{measure} {ours} against {theirs} of {baseline}",
            measure=measure_in_text(loss.measure),
            ours=offered[loss.measure].show(loss.ours),
            theirs=offered[loss.measure].show(loss.theirs),
            baseline=plain(model_name(loss.baseline)),
        )
        for loss in losses
    ]
    return t("On {kind} ({days}): {errors}", kind=kind_in_text(losses[0].kind), days=in_days(losses[0].days), errors=t(", ").join(against))


def _scores(tested: Tested, table: pd.DataFrame) -> None:
    """Sorted by WAPE within each kind of day; the smallest error of a kind is marked."""
    ranked = pd.concat([table[table["kind"] == kind].sort_values("wape") for kind in tested.kinds], ignore_index=True)
    shown = pd.DataFrame(
        {t("Days"): ranked["kind"].map(kind_name), t("Model"): ranked["model"].map(model_name), t("Number of days"): ranked["days"]}
    )
    columns: dict[str, object] = {}
    for measure in measures().values():
        shown[measure.title] = measure.factor * ranked[measure.column]
        columns[measure.title] = st.column_config.NumberColumn(format="%.1f" if measure.factor == 100 else "%.3f", help=measure.explained)
    marks = pd.DataFrame("", index=shown.index, columns=shown.columns)
    for name, smallest in study.best(ranked).items():
        marks[measures()[str(name)].title] = smallest.map({True: BEST, False: ""})
    marks[t("Model")] = (ranked["model"] == study.OURS).map({True: "font-weight: bold", False: ""})
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(t("Scores by kind of day"), anchor=False, width="content")
            tested.downloads("accuracy-scores", t("Scores by kind of day"), shown)
        show_table(shown.style.apply(lambda _: marks, axis=None), t("Scores of every model by kind of day"), column_config=columns)
        st.caption(t("Each cell is a district, a category and a day. The smallest error of each kind of day is bold on a tinted ground."))
        with st.popover(t("What the models are"), type="tertiary", icon=":material/help:"):
            st.markdown(models_explained(tested.models))
