"""Saving what is on the desk, as a new plan or as one more version."""

from __future__ import annotations

import streamlit as st

from app.formats import plain
from app.language import t
from app.parts.plans.bar import told
from app.parts.plans.desk import Desk, write
from app.parts.plans.words import moment
from app.reading import Reading
from stmp.plans import Content, Override, Person, Plan, Store, may_change, may_save


def save(store: Store, desk: Desk, plan: Plan | None, reading: Reading, overrides: tuple[Override, ...] | None, person: Person) -> None:
    """Name, note and the button. overrides: None while one is at fault, so that nothing can be saved."""
    told(desk)
    if plan is not None and plan.archived_at is not None:
        st.info(t("This plan is archived. Take it back to save a new version, or choose a new plan."), icon=":material/archive:")
        return
    if not may_save(person):
        st.info(t("You have the role of a viewer: you may try overrides here, but not save them."), icon=":material/visibility:")
        return
    if plan is not None and not may_change(person, plan.owner):
        _of_another(desk, plan)
        return
    if plan is not None and plan.latest.number > desk.based_on:
        _overtaken(desk, plan)
    key = f"{desk.market}-{desk.edition}"
    left, right = st.columns([2, 5])
    name = plan.name if plan is not None else left.text_input(t("Name of the plan"), key=f"plan-name-{key}", max_chars=200)
    if plan is not None:
        left.markdown(t("Version {number} of **{plan}**", number=plan.latest.number + 1, plan=plain(plan.name)))
    note = right.text_area(t("Note"), key=f"plan-note-{key}", height=68, placeholder=t("What was assumed, what was agreed"))
    pressed = left.button(
        t("Save as a new plan") if plan is None else t("Save as version {number}", number=plan.latest.number + 1),
        type="primary",
        icon=":material/save:",
        key="plan-save",
        disabled=overrides is None,
    )
    if pressed and overrides is not None:
        content = _content(reading, overrides, note)
        if plan is None:
            write(desk, person, lambda: store.create(name, content, person), t("Saved as a new plan, {plan}.", plan=name))
        else:
            done = t("Saved as version {number} of {plan}.", number=desk.based_on + 1, plan=name)
            write(desk, person, lambda: store.save(plan.id, content, person, desk.based_on), done)


def _content(reading: Reading, overrides: tuple[Override, ...], note: str) -> Content:
    market, offer = reading.market, reading.choice.question.offer
    return Content.of(
        reading.forecast,
        overrides,
        market=market.about.name,
        data_digest=market.digest,
        checkpoint=offer.card.weights_sha256,
        checkpoint_name=offer.name,
        note=note.strip(),
    )


def _of_another(desk: Desk, plan: Plan) -> None:
    """What a planner may do with a plan that is not hers."""
    told = t("{plan} was made by {author}. A planner changes only plans of her own.", plan=plan.name, author=plan.versions[0].author)
    st.info(plain(told), icon=":material/lock:")
    again = t("With this scenario and these overrides, each with its author.")
    if st.button(t("Begin a new plan from it"), icon=":material/content_copy:", key="plan-copy", help=again):
        desk.close()
        st.rerun()


def _overtaken(desk: Desk, plan: Plan) -> None:
    """Somebody saved in the meantime: what to do about it."""
    latest = plan.latest
    st.warning(
        plain(
            t(
                "{author} saved version {number} on {moment}, after version {based_on}, from which you work. Nothing is lost: compare "
                "them below, then go on from it with your overrides as they are.",
                author=latest.author,
                number=latest.number,
                moment=moment(latest.made_at),
                based_on=desk.based_on,
            )
        ),
        title=t("Somebody was quicker"),
        icon=":material/group:",
    )

    def go_on() -> None:
        desk.based_on = latest.number

    st.button(t("Go on from version {number}", number=latest.number), icon=":material/merge:", key="plan-go-on", on_click=go_on)
