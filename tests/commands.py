"""What tests of the command line share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What a command ended with and printed."""

    code: int
    out: str
    error: str

    def assert_refused(self, *parts: str) -> None:
        """Exit code 1 and one message with all the parts and a remedy, without a traceback."""
        assert self.code == 1
        assert self.error.startswith("Error: ")
        assert "Remedy: " in self.error
        assert "Traceback" not in self.error
        for part in parts:
            assert part in self.error

    def assert_wrong_usage(self, *parts: str) -> None:
        """Exit code 2 and a message with all the parts."""
        assert self.code == 2
        for part in parts:
            assert part in self.error


Run = Callable[..., Outcome]
