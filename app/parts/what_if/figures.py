"""Key figures of the scenarios side by side, and how far each lies from what the model learned."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.faults import in_detail
from app.formats import plain, signed_percent, signed_volume, volume, volume_range
from app.language import label, t
from app.parts.what_if.answers import Answer, Answers
from app.parts.what_if.words import measured
from app.pictures.palette import COMPARED, HISTORY
from stmp import comparison
from stmp.experience import OUTSIDE, UNUSUAL, Finding

CARD, FIGURE = 190, 150  # pixels that a card, and a figure in it, need at least
ICONS = {"inside": ":material/check:", "unusual": ":material/warning:", "outside": ":material/explore_off:"}
COLOURS = {"inside": "green", "unusual": "orange", "outside": "red"}


def cards(answers: Answers, districts: Sequence[str]) -> None:
    """One card for the baseline and one for each scenario, of the districts and the category chosen."""
    plan = answers.plan
    total, unit = plan.outlook(districts).total, label(plan.market.about.unit)
    with st.grid(1 + len(answers.answered), min_column_width=CARD):
        with st.container(border=True, height="stretch", gap="xsmall"):
            _named(t("Baseline"), HISTORY)
            _total(volume(total.middle), volume_range(total.low, total.high, total.middle), unit)
            st.caption(t("As the calendar has it"))
        for answer, (colour, _) in zip(answers.answered, COMPARED, strict=False):
            with st.container(border=True, height="stretch", gap="xsmall"):
                _named(answer.name, colour)
                _card(answers, answer, districts, unit)
    for name, told in answers.refused.items():
        st.error(plain(in_detail(told)), title=t("{scenario} cannot be forecast", scenario=plain(name)), icon=":material/error:")
    st.caption(
        t(
            "A what-if shows what the model learned from the past; it is no causal effect. Differences are taken sample by sample, of the "
            "same seed and the same draws, so that they hold the scenario and no chance."
        )
    )


def _card(answers: Answers, answer: Answer, districts: Sequence[str], unit: str) -> None:
    plan = answers.plan
    seen = comparison.effect(answer.forecast, plan.forecast, plan.rows(districts), plan.categories)
    span = t("80 %: {low} to {high}", low=signed_percent(seen.relative.low), high=signed_percent(seen.relative.high))
    explained = t(
        "{change} {unit}, 80 %: {low} to {high}. The interval holds the uncertainty of the difference alone.",
        change=signed_volume(seen.change.middle),
        unit=unit,
        low=signed_volume(seen.change.low),
        high=signed_volume(seen.change.high),
    )
    change = signed_percent(seen.relative.middle)
    with st.grid(2, min_column_width=FIGURE):
        _total(volume(seen.total.middle), volume_range(seen.total.low, seen.total.high, seen.total.middle), unit)
        st.metric(t("Against the baseline"), change, span, delta_color="off", delta_arrow="off", help=explained)
    grade = _grade(answer.findings)
    st.badge(_graded(grade), icon=ICONS[grade], color=COLOURS[grade])  # type: ignore[arg-type]


def _total(value: str, span: str, unit: str) -> None:
    st.metric(t("Total"), t("{volume} {unit}", volume=value, unit=unit), t("80 %: {span}", span=span), delta_color="off", delta_arrow="off")


def _named(name: str, colour: str) -> None:
    st.html(f'<div style="font-weight:600"><span style="color:{colour}" aria-hidden="true">■</span> {escape(name)}</div>')


def far_from_learned(answers: Answers) -> None:
    """What was measured of each scenario: what is flagged in the open, the rest on demand."""
    flagged = [(answer, finding) for answer in answers.answered for finding in answer.findings if finding.grade != "inside"]
    if flagged:
        lines = [
            _line(t("{scenario}: {grade}", scenario=answer.name, grade=_graded(finding.grade)), finding) for answer, finding in flagged
        ]
        st.warning("\n".join(lines), title=t("Outside what the model learned, or near its edge"), icon=":material/explore_off:")
    with st.expander(t("How far from what the model learned"), icon=":material/straighten:"):
        st.caption(
            t(
                "Each changed input is held against the market's past as far as the model learned from it. Larger than {unusual} % of what "
                "it has seen is called unusual, larger than {outside} % outside. Nothing about these bounds was tuned.",
                unusual=round(UNUSUAL),
                outside=round(OUTSIDE),
            )
        )
        for answer in answers.answered:
            lines = [_line(_graded(finding.grade), finding) for finding in answer.findings]
            nothing = t("Nothing is changed that could lie outside.")
            st.markdown(f"**{plain(answer.name)}**\n\n" + ("\n".join(lines) or nothing))


def _line(about: str, finding: Finding) -> str:
    return f"- **{plain(about)}**  \n  {plain(measured(finding))}"


def _grade(findings: Sequence[Finding]) -> str:
    """Of the furthest; findings come with it first."""
    return findings[0].grade if findings else "inside"


def _graded(grade: str) -> str:
    return {"inside": t("Within what it learned"), "unusual": t("Unusual"), "outside": t("Outside what it learned")}[grade]
