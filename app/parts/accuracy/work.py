"""A backtest made in the background, window by window, that can be watched and stopped."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from app import loading
from app.loading import SAMPLES, Question
from stmp.baselines import make_baselines
from stmp.errors import StmpError
from stmp.evaluation import Backtest, Provenance, Window, cells_of
from stmp.forecast import Forecaster

QUICK = ("seasonal_naive", "last_festival", "shrunk_uplift")  # the others take up to a minute for each window


@dataclass
class _State:
    """What the thread tells: forecasts done of all, the one at work, and the cells and cutoffs of the windows that all models have done.

    fault: what bad input has caused.
    """

    total: int
    done: int = 0
    now: tuple[str, pd.Timestamp] | None = None
    frames: list[pd.DataFrame] = field(default_factory=list)
    cutoffs: list[pd.Timestamp] = field(default_factory=list)
    fault: str = ""


class Work:
    """The checkpoint of a question and the quick baselines on windows of the question's length, after each of the cutoffs.

    It ends early when it is stopped, and when the session that holds it has gone.
    """

    def __init__(self, question: Question, cutoffs: Sequence[pd.Timestamp]) -> None:
        """Raises CheckpointError where the checkpoint cannot be loaded."""
        self.question, self.cutoffs = question, tuple(cutoffs)
        # A forecaster of its own: it remembers a few cutoffs, and those that pages ask for should stay remembered.
        forecasters = [Forecaster.load(question.offer.folder, question.device), *make_baselines(QUICK)]
        self.state = _State(total=len(cutoffs) * len(forecasters))
        self._stop = threading.Event()
        weakref.finalize(self, self._stop.set)
        self._thread = threading.Thread(target=_compute, args=(question, self.cutoffs, forecasters, self.state, self._stop), daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        """End after the forecast at work; the windows done are kept."""
        self._stop.set()

    @cached_property
    def backtest(self) -> Backtest | None:
        """Of the windows done, once it has ended; None without any."""
        if not self.state.cutoffs:
            return None
        asked = self.question
        provenance = Provenance.of(asked.offer.card, asked.market, sorted(self.state.cutoffs), asked.horizon, SAMPLES, asked.seed)
        return Backtest.of(provenance, self.state.frames)


def _compute(
    question: Question, cutoffs: Sequence[pd.Timestamp], forecasters: Sequence[Forecaster], state: _State, stop: threading.Event
) -> None:
    try:
        for cutoff in cutoffs:
            window = Window(question.market, cutoff, question.horizon)
            frames = []
            for forecaster in forecasters:
                if stop.is_set():
                    return
                state.now = (forecaster.name, cutoff)
                frames.append(cells_of(window, loading.in_turn(forecaster, window, question.seed)))
                state.done += 1
            state.frames += frames
            state.cutoffs.append(cutoff)
    except StmpError as error:
        state.fault = str(error)
