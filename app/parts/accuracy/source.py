"""Which backtest is looked at: the one stored beside the checkpoint, or one made here, in the background."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from app import loading
from app.faults import in_detail
from app.formats import day, in_days, plain
from app.inputs.sidebar import Choice
from app.language import named, t
from app.loading import Question
from app.offers import cutoffs as possible_cutoffs
from app.parts import messages
from app.parts.accuracy.tested import Tested
from app.parts.accuracy.words import in_windows, model_name
from app.parts.accuracy.work import Work
from app.reading import distinct
from stmp.errors import StmpError
from stmp.evaluation import Backtest, recent_cutoffs
from stmp.evaluation.cells import FILE, read_provenance
from stmp.scenario import Scenario

WORK = "backtest"  # in the session's state
STORED, HERE = "stored", "here"
WINDOWS = 12  # offered first


@dataclass(frozen=True)
class Source:
    """What there is to look at. missing: why no stored backtest can be used.  work: the one made in this session."""

    stored: Backtest | None
    missing: str
    work: Work | None

    @property
    def made(self) -> Backtest | None:
        return None if self.work is None or self.work.running else self.work.backtest

    @property
    def urgent(self) -> bool:
        """Whether making one is what the page is about now: one is at work, or there is none."""
        return (self.stored is None and self.made is None) or (self.work is not None and self.work.running)


def source(question: Question) -> Source:
    """The stored backtest, and the one made here, of the question's market and checkpoint."""
    work: Work | None = st.session_state.get(WORK)
    same = work is not None and (work.question.market.digest, work.question.offer.card.weights_sha256) == (
        question.market.digest,
        question.offer.card.weights_sha256,
    )
    return Source(*_stored(question), work if same else None)


def tested(choice: Choice, found: Source) -> Tested | None:
    """The backtest to look at, below what came of the work on it; None where there is none yet."""
    if found.work is not None and not found.work.running:
        _ended(found.work)
    chosen = found.made or found.stored
    if found.stored is not None and found.made is not None:
        names = {HERE: t("Made here"), STORED: t("Stored")}
        picked = st.segmented_control(t("Backtest"), list(names), default=HERE, required=True, format_func=names.get, key="backtest-shown")
        chosen = found.made if picked == HERE else found.stored
    if chosen is None:
        return None
    return Tested(_as_tested(choice, chosen), chosen, distinct(named(choice.question.market.region_table)))


def make(choice: Choice, found: Source) -> None:
    """Where a backtest is made: open where it is what the page is about."""
    with st.expander(t("Make a backtest here"), expanded=found.urgent, icon=":material/play_circle:"):
        if found.missing:
            st.caption(found.missing)
        _make(choice, found.work)


def _stored(question: Question) -> tuple[Backtest | None, str]:
    """The backtest in the checkpoint's folder, or why there is none that can be used."""
    file, card = question.offer.folder / FILE, question.offer.card
    if not file.is_file():
        return None, t("No backtest is stored beside this checkpoint.")
    try:
        provenance = read_provenance(file)
        if provenance.weights_sha256 != card.weights_sha256:
            return None, t("The stored backtest is of other weights than this checkpoint's: it was trained anew since.")
        if provenance.data_digest != question.market.digest:
            return None, t("The stored backtest is of other data than this market's.")
        return loading.backtest(file), ""
    except StmpError as error:
        return None, plain(in_detail(str(error)))


def _as_tested(choice: Choice, backtest: Backtest) -> Choice:
    """The choice whose files and pictures say what was tested: as of the last cutoff, over the windows' length, by the calendar."""
    source = backtest.provenance
    question = replace(
        choice.question, cutoff=pd.Timestamp(source.cutoffs[-1]), horizon=source.horizon, scenario=Scenario(), seed=source.seed
    )
    return replace(choice, question=question)


def _make(choice: Choice, work: Work | None) -> None:
    """What a backtest here would be, and the button that begins it; while one is at work, how far it is."""
    question = choice.question
    if work is not None and work.running:
        _progress(work)
        return
    card = question.offer.card
    until = possible_cutoffs(question.market, card)[0] if card.general else pd.Timestamp(card.trained_until)
    cutoffs = recent_cutoffs(question.market, question.horizon, until)
    if not cutoffs:
        st.warning(
            t(
                "The checkpoint learned from days until {until}, and the data end on {last}: no {days} are left that it has not seen. "
                "Remedy: fewer days to forecast, or train with an earlier --until.",
                until=day(until),
                last=day(question.market.dates[-1]),
                days=in_days(question.horizon),
            )
        )
        return
    count = len(cutoffs)
    if count > 1:
        key = f"windows-{len(cutoffs)}"
        count = st.slider(t("Windows"), 1, len(cutoffs), min(WINDOWS, len(cutoffs)), key=key, persist_state="session", width=360)
    st.caption(
        t(
            "Each window is forecast as of the day before it: {windows} of {days}, end to end until {last}. This checkpoint and "
            "three quick baselines are compared; the windows' length is the one in the sidebar.",
            windows=in_windows(count),
            days=in_days(question.horizon),
            last=day(question.market.dates[-1]),
        )
    )
    if st.button(t("Make the backtest"), icon=":material/play_arrow:", key="backtest-start"):
        st.session_state[WORK] = Work(question, cutoffs[: -count - 1 : -1])
        st.rerun()
    _command(choice, cutoffs[-count:])


def _command(choice: Choice, cutoffs: list[pd.Timestamp]) -> None:
    st.caption(t("This command, given in a terminal, compares all baselines and stores the backtest for everybody; it takes longer:"))
    folder = choice.question.offer.folder
    days = ",".join(f"{cutoff:%Y-%m-%d}" for cutoff in cutoffs)
    parts = [".venv/bin/stmp", "evaluate", str(folder), "--market", str(choice.loaded.folder), "--cutoffs", days]
    parts += ["--horizon", str(choice.question.horizon), "--out", "runs/scores.json", "--cells", str(folder / FILE)]
    st.code(shlex.join(parts), language="sh", wrap_lines=True)


@st.fragment(run_every=1.0)
def _progress(work: Work) -> None:
    """How far the work is, and the button that stops it; once it has ended, the page runs again."""
    with messages.faults_told():
        if not work.running:
            st.rerun()
        state = work.state
        told = t("Reading the checkpoint …")
        if work.stopping:
            told = t("Stopping after this forecast …")
        elif state.now is not None:
            told = t(
                "{done} of {total} forecasts · {model}, as of {day}",
                done=state.done,
                total=state.total,
                model=model_name(state.now[0]),
                day=day(state.now[1]),
            )
        st.progress(state.done / state.total, told)
        st.button(t("Stop"), icon=":material/stop:", on_click=work.stop, disabled=work.stopping, key="backtest-stop")


def _ended(work: Work) -> None:
    """What came of the work, where it did not come to its end."""
    done, asked = len(work.state.cutoffs), len(work.cutoffs)
    if work.state.fault:
        st.error(plain(in_detail(work.state.fault)), title=t("The backtest could not go on"), icon=":material/error:")
    elif done < asked and work.stopping:
        st.info(t("Stopped after {done} of {asked} windows; these are kept.", done=done, asked=asked), icon=":material/stop_circle:")
    elif done < asked:
        st.error(t("The backtest ended early, after {done} of {asked} windows. Remedy: start it again.", done=done, asked=asked))
