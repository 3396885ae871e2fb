"""A market built in the background, where it can be watched and stopped: the thread counts, waits for the user's word on what it found,
and writes or forgets."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from stmp.errors import StmpError
from stmp.ingest import Plan, Report, build

PATIENCE = 1800  # seconds that an answer is waited for


class _Stopped(Exception):
    """Raised within the build, which then leaves nothing behind."""


@dataclass
class _State:
    """What the thread tells. now: the step at work, in the library's words.  report: once every line is accounted for.
    fault: what bad input has caused.  built: the market is there.
    """

    now: str = ""
    report: Report | None = None
    fault: str = ""
    built: bool = False


class Work:
    """The build of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.state = plan, _State()
        self._keep, self._decided, self._stop = False, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        """End after the step at work."""
        self._stop.set()

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
        except _Stopped:
            pass

    def _tell(self, step: str) -> None:
        if self.stopping:
            raise _Stopped
        self.state.now = step
