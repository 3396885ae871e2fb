"""Districts, or date types, compared: what is most like one of them, on the city map, in the plane, and all with all."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.formats import plain
from app.inputs import address
from app.inputs.chosen import KEY as CHOSEN
from app.inputs.scenario import by_kind
from app.inputs.sidebar import Choice
from app.language import label, named, t
from app.parts.downloads import CHART, downloads
from app.parts.similar.city import city
from app.parts.similar.plane import plane
from app.parts.tables import show_table
from app.pictures.alike import similarity_map
from app.pictures.many import largest
from app.reading import distinct
from stmp.forecast import Psi, Representations
from stmp.market import DateType
from stmp.similarity import FEWEST, Neighbour, neighbours

REGIONS, DATE_TYPES = "regions", "date-types"
ROWS = 16  # of the list before it scrolls
ABREAST = 400  # pixels that a list, a map or a chart needs at least


def compared(choice: Choice, found: Representations) -> None:
    """Ask what is compared, and with which one; nothing here is inferred anew."""
    market = choice.question.market
    kinds = {REGIONS: t("Districts"), DATE_TYPES: t("Date types")}
    kind = _settled("compare", list(kinds), REGIONS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(t("Compare"), list(kinds), required=True, format_func=kinds.get, key="compare", persist_state="session")
        if kind == REGIONS:
            psi, names = found.regions, distinct(named(market.region_table))
            wanted = [region for region in st.session_state.get(CHOSEN, []) if region in names.index]
        else:
            psi = found.date_types
            labels = sorted(psi.labels, key=lambda text: by_kind(DateType.parse(text)))
            names = pd.Series([label(text) for text in labels], index=labels)
            wanted = [text for text in labels if text in _planned(choice) and text.endswith("peak")]
        key = f"like-{kind}"
        chosen = _settled(key, list(names.index), (wanted or list(names.index))[0])
        st.selectbox(t("Most like"), list(names.index), format_func=names.to_dict().get, key=key, persist_state="session", width=360)
    if len(names) < FEWEST:
        few = t("Fewer than {fewest} districts cannot be compared: of two, one always lies opposite the other.", fewest=FEWEST)
        if kind == DATE_TYPES:
            few = t("Fewer than {fewest} date types cannot be compared: of two, one always lies opposite the other.", fewest=FEWEST)
        st.info(few, icon=":material/info:")
        return
    _shown(choice, kind, psi, names, chosen)


def _planned(choice: Choice) -> set[str]:
    """Date types of the target days."""
    question = choice.question
    view = question.market.until(question.cutoff)
    calendar = question.scenario.apply(view).calendar
    return {text for day in calendar.dates.get_indexer(view.horizon_dates(question.horizon)) for text in calendar.blend(int(day))}


def _settled(key: str, options: Sequence[str], default: str) -> str:
    """The value of the widget of ``key`` before it is made, which the address holds from now on."""
    address.settle_text_option(key, options, default)
    address.keep(**{key: st.session_state[key]})
    return str(st.session_state[key])


def _shown(choice: Choice, kind: str, psi: Psi, names: pd.Series, chosen: str) -> None:
    cosine = pd.DataFrame(psi.similarity(), index=list(psi.labels), columns=list(psi.labels))

    def choose(text: str) -> None:
        st.session_state[f"like-{kind}"] = text

    grid = st.grid(2, min_column_width=ABREAST)
    cells = [grid.container(border=True, height="stretch") for _ in range(3 if kind == REGIONS else 2)]
    last = (grid if kind == REGIONS else grid.cell(column_span="all")).container(border=True, height="stretch")
    with cells[0]:
        _nearest(choice, kind, psi, names, chosen)
    if kind == REGIONS:
        with cells[1]:
            city(choice, names, cosine[chosen], chosen, choose)
    with cells[-1]:
        plane(choice, kind, psi, names, cosine, chosen, choose)
    with last:
        _all(choice, kind, names, cosine, chosen)
    st.caption(
        t(
            "Cosine: of the means of the representations at the cutoff, less the mean of all that are shown, in the whole space of {size} "
            "dimensions; 1 is alike, 0 unrelated, −1 opposite. Overlap: how far the model's doubt leaves two the same (Bhattacharyya "
            "coefficient, the geometric mean over the dimensions); at 1 it cannot tell them apart.",
            size=psi.mean[0].size,
        )
    )


def _nearest(choice: Choice, kind: str, psi: Psi, names: pd.Series, chosen: str) -> None:
    title = t("Districts like {name}", name=names[chosen]) if kind == REGIONS else t("Date types like {name}", name=names[chosen])
    table = _table(psi, names, neighbours(psi, psi.labels.index(chosen)))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(plain(title), anchor=False, width="content")
        numbers = table.rename(columns={t("Cosine"): t("Cosine with {name}", name=names[chosen])})
        downloads(f"like-{kind}", title, numbers, choice)
    columns = {title: st.column_config.NumberColumn(format="%.2f", width="small") for title in table.columns[1:]}
    show_table(table, title, ROWS, column_config=columns)


def _table(psi: Psi, names: pd.Series, found: list[Neighbour]) -> pd.DataFrame:
    """A row per other label, the nearest first."""
    rows = [(names[psi.labels[one.position]], one.cosine, one.overlap) for one in found]
    return pd.DataFrame(rows, columns=[t("Nearest first"), t("Cosine"), t("Overlap")])


def _all(choice: Choice, kind: str, names: pd.Series, cosine: pd.DataFrame, chosen: str) -> None:
    shown = largest(cosine[chosen])
    cosine, count = cosine.loc[shown, shown], len(cosine)
    title = t("All districts, the alike side by side") if kind == REGIONS else t("All date types, the alike side by side")
    key = f"similarity-{kind}"
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(title, anchor=False, width="content")
        numbers = cosine.set_axis(names[cosine.index], axis=0).set_axis(names[cosine.columns], axis=1)
        downloads(key, title, numbers.rename_axis(t("Cosine")).reset_index(), choice, chart=key)
    if count > len(shown):
        st.caption(
            t("Drawn are the {shown} most like {name}, of {count}.", shown=len(shown), name=plain(names[chosen]), count=f"{count:,}")
        )
    st.plotly_chart(similarity_map(list(names[cosine.index]), cosine.to_numpy()), key=key, config=CHART, alt=title)
