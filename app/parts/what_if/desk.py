"""The scenarios a planner works on: kept for the session and in the address bar."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import streamlit as st

from app.inputs import address
from app.language import t
from stmp.errors import ScenarioError
from stmp.scenario import Add, Days, Drop, Fact, Lengthen, Move, Recent, Scenario

MOST = 4  # scenarios side by side
WHAT, EDITED = "what", "edited"  # names in the address: the scenarios, and the position of the one that is edited
LONGEST_NAME = 40

FESTIVAL = (Move, Lengthen, Add, Drop)
Change = Move | Lengthen | Add | Drop | Days | Recent | Fact


@dataclass
class Draft:
    """A scenario in the making. changes: by a key that stays a change's own while others come and go. told: the changes that the
    name tells of, where it does; a name that the planner, a file or a link gave stays when the changes do not."""

    name: str
    changes: dict[str, Change]
    told: list[Change] | None = None

    @property
    def scenario(self) -> Scenario:
        """The draft as it stands."""
        return scenario_of(self.name, self.changes.values())


def scenario_of(name: str, changes: Iterable[Change]) -> Scenario:
    """The changes as one scenario, each kind in its order."""
    found = list(changes)
    return Scenario(
        name=name,
        festivals=tuple(c for c in found if isinstance(c, FESTIVAL)),
        days=tuple(c for c in found if isinstance(c, Days)),
        recent=tuple(c for c in found if isinstance(c, Recent)),
        facts=tuple(c for c in found if isinstance(c, Fact)),
    )


@dataclass
class Desk:
    """The drafts of a market by key, at most MOST; the key of the one that is edited; and ``faults``, which are told once."""

    market: str
    drafts: dict[str, Draft] = field(default_factory=dict)
    chosen: str = ""
    faults: list[str] = field(default_factory=list)
    given: int = 0  # keys given so far

    @property
    def full(self) -> bool:
        return len(self.drafts) >= MOST

    @property
    def draft(self) -> Draft:
        """The one that is edited."""
        return self.drafts[self.chosen]

    def add(self, scenario: Scenario, telling: bool = False) -> None:
        """Put a scenario on the desk, and edit it; nothing happens where the desk is full. telling: its name says what it changes."""
        if self.full:
            return
        changes = [*scenario.festivals, *scenario.days, *scenario.recent, *scenario.facts]
        draft = Draft(self.distinct(scenario.name), {self._key(): change for change in changes}, changes if telling else None)
        self.chosen = self._key()
        self.drafts[self.chosen] = draft

    def remove(self) -> None:
        """Take away the one that is edited."""
        del self.drafts[self.chosen]
        self.chosen = next(reversed(self.drafts), "")

    def rename(self, name: str) -> None:
        """Call the one that is edited otherwise; an empty name changes nothing."""
        if name.strip() and name.strip() != self.draft.name:
            self.draft.name, self.draft.told = self.distinct(name.strip()), None

    def retell(self, name: Callable[[list[Change]], str]) -> None:
        """Call the one that is edited after its changes, where the name it has tells of other ones."""
        draft = self.draft
        changes = list(draft.changes.values())
        if draft.told is not None and changes and changes != draft.told:
            draft.name = ""
            draft.name, draft.told = self.distinct(name(changes)[:LONGEST_NAME]), changes

    def change(self, change: Change) -> None:
        """One more change of the one that is edited."""
        self.draft.changes[self._key()] = change

    def distinct(self, name: str) -> str:
        """``name``, with a number where another draft is called so."""
        taken = {draft.name for draft in self.drafts.values()}
        plain = re.sub(r" \(\d\)$", "", name)[: LONGEST_NAME - 4]
        return next(found for found in (name, *(f"{plain} ({number})" for number in range(2, MOST + 2))) if found not in taken)

    def _key(self) -> str:
        """Of a draft or a change; no other desk of the session gives the same, for widgets are kept by it."""
        self.given += 1
        return f"{self.market}-{self.given}"


def open_desk(market: str) -> Desk:
    """The session's desk for a market; when a link was opened, the scenarios of the link."""
    desk: Desk = st.session_state.setdefault(f"desk-{market}", Desk(market))
    texts = address.asked(WHAT)
    if texts:
        desk.drafts.clear()
    for text in texts or ():
        try:
            desk.add(address.scenario_of(text))
        except ScenarioError as error:
            desk.faults.append(str(error))
    linked = dict(enumerate(desk.drafts))
    for text in address.asked(EDITED) or ():
        desk.chosen = linked.get(int(text) if text.isdecimal() else -1, desk.chosen)
    return desk


def keep(desk: Desk) -> None:
    """Hold the drafts in the address."""
    scenarios = [address.scenario_text(draft.scenario) for draft in desk.drafts.values()]
    address.keep(**{WHAT: scenarios, EDITED: str(list(desk.drafts).index(desk.chosen)) if desk.drafts else None})


def unnamed(desk: Desk) -> Scenario:
    """A scenario that changes nothing yet."""
    return Scenario(name=desk.distinct(t("Scenario {number}", number=len(desk.drafts) + 1)))
