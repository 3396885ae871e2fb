"""The error by lead time, date type, district and category, against the baselines."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import pandas as pd
import streamlit as st

from app.formats import plain
from app.inputs.scenario import by_kind
from app.language import label, t
from app.parts.accuracy.tested import Tested
from app.parts.accuracy.words import Measure, kind_name, measures, model_name
from app.parts.downloads import CHART
from app.pictures.errors import error_dots, error_lines
from app.pictures.many import MOST
from stmp.evaluation import study
from stmp.market import DateType

TWO_ABREAST = 400  # pixels
KIND = "accuracy-kind"  # key of the kind of days


def breakdown(tested: Tested) -> None:
    """A measure and the kind of days, and four pictures of them."""
    with st.container(border=True):
        st.subheader(t("Where the errors lie"), anchor=False)
        offered = measures()
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            column = st.selectbox(
                t("Measure"),
                list(offered),
                format_func=lambda name: offered[name].title,
                key="accuracy-measure",
                persist_state="session",
                width=200,
            )
            kind = st.segmented_control(
                t("Days"),
                tested.kinds,
                default=study.ALL,
                required=True,
                format_func=kind_name,
                key=KIND,
                persist_state="session",
                width="content",
            )
        measure = offered[column]
        st.caption(measure.explained)
        cells = study.of_kind(tested.cells, str(kind))
        grid = st.grid(2, min_column_width=TWO_ABREAST)
        with grid.container():
            _lead(tested, cells, measure)
            districts = _measured(cells, "region", measure)
            _dots(tested, "region", t("By district"), districts, _ranked(tested, districts, measure), measure)
        with grid.container():
            types = sorted(cells["label"].unique(), key=lambda text: by_kind(DateType.parse(text)))
            named = {text: label(text) for text in types}
            _dots(tested, "label", t("By date type"), _measured(cells, "label", measure), named, measure)
            names = {category: label(category) for category in tested.market.categories}
            _dots(tested, "category", t("By category"), _measured(cells, "category", measure), names, measure)


def _ranked(tested: Tested, table: pd.DataFrame, measure: Measure) -> dict[str, str]:
    """The districts' names by id, those this checkpoint forecasts worst first. table: of ``_measured``."""
    ours = table[table["model"] == study.OURS]
    distance = (ours["value"] - measure.aim).abs()
    return {str(region): str(tested.names[region]) for region in ours.loc[distance.sort_values(ascending=False).index, "group"]}


def _lead(tested: Tested, cells: pd.DataFrame, measure: Measure) -> None:
    title, key = t("By lead time"), "accuracy-lead"
    table = _measured(cells, "lead", measure)
    _head(tested, key, title, table, t("Days ahead"), measure)
    figure = error_lines(table, _models(tested), t("Days ahead"), measure.title, measure.show, _aim(measure))
    alt = t("{measure} of each model by days ahead", measure=measure.title)
    st.plotly_chart(figure, key=key, config=CHART, alt=alt)


def _dots(tested: Tested, by: str, title: str, table: pd.DataFrame, groups: Mapping[str, str], measure: Measure) -> None:
    key, drawn = f"accuracy-{by}", dict(islice(groups.items(), MOST))
    _head(tested, key, title, table.assign(group=table["group"].map(groups)), title, measure)
    if len(drawn) < len(groups):
        st.caption(t("Drawn are the first {shown} of {count}; the table holds them all.", shown=len(drawn), count=f"{len(groups):,}"))
    figure = error_dots(table, drawn, _models(tested), measure.title, measure.show, _aim(measure))
    st.plotly_chart(figure, key=key, config=CHART, alt=t("{measure} of each model, {by}", measure=measure.title, by=title))


def _measured(cells: pd.DataFrame, by: str, measure: Measure) -> pd.DataFrame:
    """group, model, days and value, as it is shown."""
    table = study.scores(cells, [by], [measure.column])
    return table.assign(group=table[by], value=measure.factor * table[measure.column])[["group", "model", "days", "value"]]


def _head(tested: Tested, key: str, title: str, table: pd.DataFrame, by: str, measure: Measure) -> None:
    shown = table.assign(model=table["model"].map(model_name))
    shown.columns = [by, t("Model"), t("Number of days"), measure.title]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{plain(title)}**", width="content")
        told = t("{measure}: {title} ({days})", measure=measure.title, title=title, days=kind_name(st.session_state[KIND]))
        tested.downloads(key, told, shown, chart=key)


def _models(tested: Tested) -> dict[str, str]:
    return {model: model_name(model) for model in tested.models}


def _aim(measure: Measure) -> float | None:
    """Marked where a value may lie on both sides of it."""
    return None if measure.column in study.ERRORS else measure.aim
