"""Whether the bands hold what they promise."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.formats import percent
from app.language import t
from app.parts.accuracy.tested import Tested
from app.parts.accuracy.words import kind_name, measures, model_name
from app.parts.downloads import CHART
from app.parts.ranking import HEADER, ROW
from app.pictures.calibration import coverage_lines
from stmp.evaluation import study
from stmp.evaluation.cells import LEVELS

TALLEST, TWO_ABREAST = 380, 400  # pixels


def trust(tested: Tested) -> None:
    """Measured coverage beside the nominal one: of single categories, of districts and of all districts together, in days."""
    with st.container(border=True):
        head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
        head.subheader(t("Do the bands hold what they promise?"), anchor=False, width="content")
        kind = st.segmented_control(
            t("Days"),
            tested.kinds,
            default=study.ALL,
            required=True,
            format_func=kind_name,
            key="accuracy-bands",
            persist_state="session",
            width="content",
        )
        cells = study.of_kind(tested.backtest.cells, str(kind))
        levels = {
            t("District and category"): study.districts(cells),
            t("District, all categories"): study.totals(cells),
            t("All districts together"): study.network(cells),
        }
        grid = st.grid(2, min_column_width=TWO_ABREAST)
        with grid.container():
            ours = {name: study.coverage(rows[rows["model"] == study.OURS]) for name, rows in levels.items()}
            alt = t("Measured coverage of the bands against the nominal one")
            st.plotly_chart(coverage_lines(ours), key="accuracy-coverage", config=CHART, alt=alt)
        with grid.container():
            shown = _table(levels)
            height = min(HEADER + ROW * len(shown), TALLEST)
            st.dataframe(
                shown.drop(columns=t("Number of days")).rename(columns=_short()),
                hide_index=True,
                row_height=ROW,
                height=height,
                alt=t("Measured coverage of the bands"),
            )
        with head:
            told = t("Measured coverage of the bands ({days})", days=kind_name(str(kind)))
            tested.downloads("accuracy-coverage", told, shown, chart="accuracy-coverage")
        st.caption(
            t(
                "A line below the diagonal: the bands are too narrow and the forecast is surer than it should be; above it, too wide. "
                "Districts of one day go up and down together, so what counts is the number of days, not of districts: {days} here. "
                "Bands of sums come from the joint samples.",
                days=cells["date"].nunique(),
            )
        )


def _table(levels: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A row per sum and model: days, and the measured coverage of each nominal one in percent."""
    parts = []
    for name, rows in levels.items():
        table = study.scores(rows, measures=list(LEVELS))
        table = table.sort_values("model", key=lambda models: models != study.OURS, kind="stable")
        part = pd.DataFrame({t("Bands of"): name, t("Model"): table["model"].map(model_name), t("Number of days"): table["days"]})
        for column in LEVELS:
            part[measures()[column].title] = (100 * table[column]).round(1)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _short() -> dict[str, str]:
    """The titles of the coverage columns, as short as the width beside the picture asks for."""
    return {measures()[column].title: percent(nominal) for column, nominal in LEVELS.items()}
