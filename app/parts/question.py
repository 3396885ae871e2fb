"""What every page begins with: the market's heading and the sidebar's question, or what is missing for one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.inputs import address
from app.inputs.sidebar import Choice, ask_checkpoint, ask_market, ask_question
from app.parts import messages


def question(folders: Sequence[Path]) -> Choice | None:
    """The market's heading, and all that the sidebar asks; None where something is missing, which the page then says how to get."""
    if not folders:
        messages.no_market()
        return None
    loaded = ask_market(folders)
    messages.heading(loaded.market)
    offer = ask_checkpoint(loaded.market)
    if offer is None:
        messages.no_checkpoint(loaded)
        return None
    choice = ask_question(loaded, offer)
    address.write()
    return choice
