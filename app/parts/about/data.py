"""What the data are, how far they reach, and what is missing in them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.formats import day, in_days, plain
from app.inputs.sidebar import Choice
from app.language import label, named, stream, t
from app.parts.downloads import downloads
from app.parts.tables import NUMBER, show_table
from stmp.market.report import Absence, Description, Stretch
from stmp.market.schema import Manifest

FEW = 8  # days that are written out


def overview(described: Description, manifest: Manifest) -> None:
    """Simulated or real, and what that means; span, unit, sources and files."""
    about = described.about
    if about.simulated:
        told = t(
            "No purchase in this market ever happened: a simulation made them. How well the model does here says how the method works, "
            "not how well it would forecast real purchases. {source}",
            source=plain(label(about.source)),
        )
        st.warning(told, title=t("Simulated data"), icon=":material/science:")
    else:
        told = t(
            "These are records of real purchases. Gaps were not filled: what is missing is left out. {source}",
            source=plain(label(about.source)),
        )
        st.info(told, title=t("Real data"), icon=":material/verified:")
    with st.container(border=True, height="stretch"):
        st.subheader(t("Data"), anchor=False)
        step = t("day") if about.frequency == "D" else t("hour")
        derived = t("derived for {country}", country=manifest.calendar.country)
        st.table(
            {
                t("What is counted"): t("{unit} per {step}, district and category", unit=plain(label(about.unit)), step=step),
                t("Span"): t(
                    "{first} to {last}, {steps} steps", first=day(described.first), last=day(described.last), steps=f"{described.steps:,}"
                ),
                t("Districts"): str(len(described.regions)),
                t("Categories"): t(", ").join(plain(label(category)) for category in described.categories),
                t("Rows that are not there"): t("count as 0") if manifest.panel.absent == "zero" else t("are missing"),
                t("Time zone"): plain(about.time_zone),
                t("Licence"): plain(label(about.licence)),
                t("Files"): t(", ").join(plain(name) for name in (manifest.panel.file, manifest.calendar.file or derived)),
            },
            border="horizontal",
            alt=t("What the data are"),
        )


def streams(described: Description, choice: Choice) -> None:
    """What is recorded, how much of it is missing or 0, and when districts begin."""
    names = named(choice.question.market.region_table)
    table = pd.DataFrame(
        [
            {
                t("Stream"): stream(recorded.name),
                t("Total"): recorded.total,
                t("Missing, %"): _share(recorded.missing),
                t("Longest gap"): _stretch(recorded.missing.longest, names),
                t("At 0, %"): _share(recorded.zero),
                t("Longest run of 0"): _stretch(recorded.zero.longest, names),
            }
            for recorded in described.streams
        ]
    )
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(t("Streams and gaps"), anchor=False, width="content")
            downloads("about-streams", t("Streams and gaps"), table, choice)
        percents = st.column_config.NumberColumn(format="%.2f")
        columns = {t("Total"): st.column_config.NumberColumn(format=NUMBER), t("Missing, %"): percents, t("At 0, %"): percents}
        show_table(table, t("Streams and gaps"), column_config=columns)
        for line in _told(described, names):
            st.caption(line)


def _told(described: Description, names: pd.Series) -> list[str]:
    """Days without any data, and districts that begin late, each in a sentence."""
    if described.dark:
        days = _listed([day(date) for date in described.dark])
        lines = [t("On {count} the whole market has no data or sold nothing: {days}.", count=in_days(len(described.dark)), days=days)]
    else:
        lines = [t("The whole market has data, and sold something, on every day.")]
    if described.late:
        late = [t("{district} from {day}", district=plain(names[region]), day=day(first)) for region, first in described.late]
        lines.append(t("{count} districts begin after the first day: {districts}.", count=len(late), districts=_listed(late)))
    else:
        lines.append(t("Every district begins on the first day."))
    return lines


def _listed(entries: list[str]) -> str:
    written = t(", ").join(entries[:FEW])
    return t("{names} and {count} more", names=written, count=len(entries) - FEW) if len(entries) > FEW else written


def _share(absence: Absence) -> float:
    return 100 * absence.count / absence.cells if absence.cells else 0.0


def _stretch(run: Stretch | None, names: pd.Series) -> str:
    if run is None:
        return t("none")
    district, category = names[run.region], label(run.category)
    return t(
        "{first} to {last}, {district}, {category}",
        first=f"{run.first:%Y-%m-%d}",
        last=f"{run.last:%Y-%m-%d}",
        district=district,
        category=category,
    )
