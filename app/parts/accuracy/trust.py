"""Whether the bands hold what they promise."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app.formats import plain
from app.language import t
from app.parts.accuracy.tested import Tested
from app.parts.accuracy.words import kind_name, measures, model_name
from app.parts.downloads import CHART
from app.parts.tables import show_table
from app.pictures.calibration import coverage_lines, pit_bars
from stmp.evaluation import study
from stmp.evaluation.cells import LEVELS

ROWS, TWO_ABREAST = 12, 400  # of the table before it scrolls; pixels


def trust(tested: Tested) -> None:
    """Coverage and PIT histogram of the checkpoint, and coverage of every model: single categories, districts, all districts."""
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
        ours = {name: rows[rows["model"] == study.OURS] for name, rows in levels.items()}
        days = kind_name(str(kind))
        grid = st.grid(2, min_column_width=TWO_ABREAST)
        with grid.container():
            _coverage(tested, ours, days)
        with grid.container():
            _pit(tested, ours, days)
        shown = _table(levels)
        shares = {measures()[column].title: st.column_config.NumberColumn(format="%.1f") for column in LEVELS}
        show_table(shown, t("Measured coverage of the bands"), ROWS, column_config=shares)
        with head:
            tested.downloads("accuracy-bands", t("Measured coverage of the bands ({days})", days=days), shown)
        st.caption(
            t(
                "A line below the diagonal: the bands are too narrow and the forecast is surer than it should be; above it, too wide. "
                "Bars that rise to both sides say too narrow, too; a heap in the middle, too wide; a rise to the right, that too little "
                "was forecast. Districts of one day go up and down together, so what counts is the number of days, not of districts: "
                "{days} here. Bands of sums come from the joint samples.",
                days=cells["date"].nunique(),
            )
        )


def _coverage(tested: Tested, ours: Mapping[str, pd.DataFrame], days: str) -> None:
    tables = {name: study.coverage(rows) for name, rows in ours.items()}
    numbers = _titled(tables, {"nominal": t("Nominal, %"), "measured": t("Measured, %")})
    _head(tested, "accuracy-coverage", t("Measured and nominal coverage"), days, numbers)
    alt = t("Measured coverage of the bands against the nominal one")
    st.plotly_chart(coverage_lines(tables), key="accuracy-coverage", config=CHART, alt=alt)


def _pit(tested: Tested, ours: Mapping[str, pd.DataFrame], days: str) -> None:
    """A histogram of probability integral transforms, in the words of a planner."""
    tables = {name: study.pit(rows) for name, rows in ours.items()}
    columns = {"low": t("From percentile"), "high": t("To percentile"), "expected": t("Expected, %"), "measured": t("Measured, %")}
    _head(tested, "accuracy-pit", t("Where in the forecast the actuals fell"), days, _titled(tables, columns))
    alt = t("How many times as many actuals fell between two percentiles of the forecast as should")
    st.plotly_chart(pit_bars(tables), key="accuracy-pit", config=CHART, alt=alt)


def _titled(tables: Mapping[str, pd.DataFrame], columns: Mapping[str, str]) -> pd.DataFrame:
    """Of each sum, the days and these columns of shares, in percent and with their titles."""
    parts = []
    for name, table in tables.items():
        shares = (100 * table[list(columns)]).round(1).rename(columns=columns)
        parts.append(pd.concat([pd.DataFrame({t("Bands of"): name, t("Number of days"): table["days"]}), shares], axis=1))
    return pd.concat(parts, ignore_index=True)


def _head(tested: Tested, key: str, title: str, days: str, numbers: pd.DataFrame) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{plain(title)}**", width="content")
        tested.downloads(key, t("{title} ({days})", title=title, days=days), numbers, chart=key)


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
