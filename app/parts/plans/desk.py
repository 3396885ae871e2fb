"""What a planner works on: the overrides in the making, and the plan and version that they build on. Kept for the session."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from app import offers
from app.faults import in_detail
from app.inputs.sidebar import Choice
from app.language import t
from app.parts.what_if import desk as what_if
from stmp.errors import PlanError
from stmp.market import Market
from stmp.plans import Outdated, Override, Person, Plan, Store, Version
from stmp.scenario import Scenario

SIDEBAR, OPENED = "sidebar", "opened"  # where the scenario comes from, beside the drafts of the what-if page
COLUMNS = ("region", "category", "first", "last", "kind", "amount", "reason", "author")


@dataclass
class Desk:
    """plan: id of the one worked on, None for a new one.  based_on: number of its last version that the planner has seen.

    opened: the version whose content was taken.  source: where the scenario comes from.
    rows: the editor's table as it was handed to it; edited: as it is now; edition: another number for another table.
    faults, done: told once.
    """

    market: str
    plan: int | None = None
    based_on: int = 0
    opened: Version | None = None
    title: str = ""
    source: str = SIDEBAR
    rows: pd.DataFrame = field(default_factory=lambda: table_of(()))
    edited: pd.DataFrame = field(default_factory=lambda: table_of(()))
    edition: int = 0
    faults: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def open(self, plan: Plan, version: Version) -> None:
        """Take up a version of a plan."""
        self.plan, self.based_on, self.opened, self.title, self.source = plan.id, plan.latest.number, version, plan.name, OPENED
        self.rows = self.edited = table_of(version.content.overrides)
        self.edition += 1

    def close(self) -> None:
        """Begin a new plan, with the scenario and the overrides as they are."""
        self.plan, self.based_on = None, 0


def open_desk(market: str) -> Desk:
    """The session's desk for a market."""
    desk: Desk = st.session_state.setdefault(f"plans-{market}", Desk(market))
    return desk


def begin(choice: Choice) -> None:
    """Begin a plan of a question: of its scenario, and without overrides unless a new plan is in the making already."""
    desk = open_desk(choice.question.market.about.name)
    if desk.plan is not None:
        desk.close()
        desk.opened, desk.rows, desk.edited, desk.edition = None, table_of(()), table_of(()), desk.edition + 1
    drafts = {} if choice.question.scenario == Scenario() else what_if.open_desk(desk.market).drafts
    desk.source = next((key for key, draft in drafts.items() if draft.scenario == choice.question.scenario), SIDEBAR)


def table_of(overrides: tuple[Override, ...]) -> pd.DataFrame:
    """A row per override, as the editor shows them."""
    table = pd.DataFrame([[getattr(override, name) for name in COLUMNS] for override in overrides], columns=list(COLUMNS), dtype=object)
    return table.assign(amount=table["amount"].astype(float))


def store() -> Store:
    """The database of plans, opened once for all sessions. Raises PlanError."""
    return _store(os.environ.get("STMP_PLANS"))


@st.cache_resource(max_entries=1, show_spinner=False)
def _store(url: str | None) -> Store:
    return Store(url)


def write(desk: Desk, person: Person, action: Callable[[], object], done: str) -> None:
    """Do what writes, in the name of ``person``, and run the page again, which tells what came of it; ``done`` where it succeeded.

    A plan with a new version is opened. Where somebody was quicker nothing is noted: the page sees the later version by itself.
    """
    try:
        if person.name:
            after = action()
            if isinstance(after, Plan):
                desk.open(after, after.latest)
            desk.done.append(done)
        else:
            desk.faults.append(t("Your name is missing. Remedy: write it at the top of the page."))
    except Outdated:
        pass
    except PlanError as error:
        desk.faults.append(in_detail(str(error)))
    st.rerun()


def ask_as(version: Version, market: Market) -> None:
    """Set the sidebar to what a version asks; to be called before the sidebar is made. What is not to be had stays as it is."""
    content = version.content
    st.session_state.update(cutoff=content.cutoff, horizon=content.horizon, seed=content.seed)
    for offer in offers.checkpoints(market)[0]:
        if offer.card.weights_sha256 == content.checkpoint:
            st.session_state["checkpoint"] = offer.folder
