"""A market built in the background: the thread counts, waits for the user's word on what it found, and writes or forgets."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from stmp.errors import StmpError
from stmp.ingest import Plan, Report, build

PATIENCE = 1800  # seconds that an answer is waited for


@dataclass
class _State:
    """What the thread tells. report: once every line is accounted for.  fault: what bad input has caused.  built: the market is there."""

    now: str = ""
    report: Report | None = None
    fault: str = ""
    built: bool = False


class Work:
    """The build of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.state = plan, _State()
        self._keep, self._decided = False, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def waiting(self) -> bool:
        """Whether it is for the user to decide."""
        return self.running and self.state.report is not None and not self._decided.is_set()

    def decide(self, keep: bool) -> None:
        """Write the market, or leave nothing behind."""
        self._keep = keep
        self._decided.set()
        self._thread.join()

    def _accept(self, report: Report) -> bool:
        self.state.report = report
        return self._decided.wait(PATIENCE) and self._keep

    def _run(self) -> None:
        try:
            self.state.built = build(self.plan, accept=self._accept, progress=self._tell) is not None
        except (StmpError, OSError) as error:
            self.state.fault = str(error)

    def _tell(self, step: str) -> None:
        self.state.now = step
