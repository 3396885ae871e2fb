"""A process that dies in the middle of its work."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable


def die(*arguments: object, **named: object) -> None:
    """What a power cut does: nothing is tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


def assert_killed(work: Callable[[], object]) -> None:
    """Do the work in a copy of this process, which is to die of it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL
