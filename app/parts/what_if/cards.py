"""The widgets of one change: they begin with what it says, and say what it has become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import streamlit as st

from app.formats import plain, short_day, volume
from app.inputs.scenario import by_kind
from app.language import fact, label, stream, t
from app.parts.what_if.desk import Change
from app.parts.what_if.ideas import Setting
from app.parts.what_if.words import blend
from stmp.errors import ScenarioError
from stmp.market import DateType, Occurrence
from stmp.scenario import Add, Days, Drop, Fact, Lengthen, Move, Recent

LONGEST_PEAK, LONGEST_PAST, LARGEST_FACTOR = 31, 366, 100.0  # as a scenario allows
MOST_TYPES = 3  # of a blend
MOVE, HOLD, LENGTHEN, DROP = "move", "add", "lengthen", "drop"


def card(setting: Setting, number: str, change: Change) -> Change:
    """Ask for one change; ``number`` is its key. Raises ScenarioError when it cannot be had here, as it is."""
    match change:
        case Days():
            return _days(setting, number, change)
        case Recent():
            return _recent(setting, number, change)
        case Fact():
            return _fact(setting, number, change)
        case _:
            return _festival(setting, number, change)


def _festival(setting: Setting, number: str, change: Move | Lengthen | Add | Drop) -> Change:
    coming = {o.festival for o in setting.upcoming}
    if not isinstance(change, Add) and (change.peak < setting.first or change.festival not in coming):
        raise ScenarioError(
            t(
                "{festival} is not still to come. Remedy: take this change away, or forecast as of an earlier day.",
                festival=label(change.festival),
            )
        )
    actions = {HOLD: t("Hold again")}
    if setting.upcoming:
        actions = {MOVE: t("Move"), **actions, LENGTHEN: t("Lengthen"), DROP: t("Drop")}
    action = f"change-action-{number}"
    _begin(action, change.action, list(actions))
    chosen = st.segmented_control(t("What happens"), list(actions), required=True, format_func=actions.get, key=action, width="stretch")
    if chosen == HOLD:
        return _hold(setting, number, change)
    left, right = st.columns([3, 2])
    with left:
        held = _ask_held(setting, number, change)
    festival, peak = held.festival, held.peak.date()
    if chosen == DROP:
        return Drop(festival=festival, peak=peak)
    with right:
        if chosen == LENGTHEN:
            begun = change.days if isinstance(change, Lengthen) else held.days + 1
            days = _number(t("Peak days"), f"change-days-{number}", begun, 1, LONGEST_PEAK)
            return Lengthen(festival=festival, peak=peak, days=days)
        to = change.to if isinstance(change, Move) else setting.move(held).to
        return Move(festival=festival, peak=peak, to=_day(setting, t("Peak moves to"), f"change-to-{number}", to))


def _hold(setting: Setting, number: str, change: Move | Lengthen | Add | Drop) -> Add:
    begun = change if isinstance(change, Add) else setting.hold()
    left, middle, right = st.columns([2, 2, 1])
    with left:
        festival = _choice(t("Festival"), f"change-festival-{number}", begun.festival, setting.view.calendar.festivals, label)
    with middle:
        peak = _day(setting, t("Peak begins on"), f"change-peak-{number}", begun.peak)
    with right:
        days = _number(t("Days"), f"change-peak-days-{number}", begun.days, 1, LONGEST_PEAK)
    return Add(festival=festival, peak=peak, days=days)


def _ask_held(setting: Setting, number: str, change: Move | Lengthen | Add | Drop) -> Occurrence:
    """The occurrence that is changed: the one named; another of its festival, where an earlier change moved that one away."""
    offered = {f"{o.festival} {o.peak:%Y-%m-%d}": o for o in setting.upcoming}
    others = sorted(offered, key=lambda key: offered[key].festival != change.festival)
    begun = f"{change.festival} {change.peak}"
    key = _choice(
        t("Festival"),
        f"change-held-{number}",
        begun if begun in offered else others[0],
        list(offered),
        lambda key: t("{festival}, {day}", festival=label(offered[key].festival), day=short_day(offered[key].peak)),
    )
    return offered[key]


def _days(setting: Setting, number: str, change: Days) -> Days:
    offered = [kind.label for kind in sorted({*setting.view.calendar.types, *map(DateType.parse, change.types)}, key=by_kind)]
    left, right = st.columns(2)
    with left:
        first = _day(setting, t("From"), f"change-first-{number}", change.first)
    with right:
        last = max(first, _day(setting, t("To"), f"change-last-{number}", change.last))
    kinds = f"change-types-{number}"
    _begin(kinds, list(change.types))
    chosen = st.multiselect(
        t("Treat them as"),
        offered,
        format_func=label,
        key=kinds,
        max_selections=MOST_TYPES,
        help=t("One date type, or up to three that are blended."),
        select_all=False,
    )
    edited = Days(first=first, last=last, types=_weights(number, change, chosen or list(change.types)))
    if len(edited.types) > 1:
        told = t(
            "{blend}: what the model learned of these date types is mixed in these shares, their representations and not their volumes.",
            blend=blend(edited),
        )
        st.caption(plain(told))
    return edited


def _weights(number: str, change: Days, kinds: Sequence[str]) -> dict[str, float]:
    """Weights that sum to 1, from a slider for each type of a blend."""
    if len(kinds) == 1:
        return {kinds[0]: 1.0}
    begun = {kind: round(100 * change.types.get(kind, 1 / len(kinds))) or 1 for kind in kinds}
    for kind, share in begun.items():
        _begin(f"change-share-{number}-{kind}", share)
    parts = {kind: st.slider(label(kind), 1, 100, key=f"change-share-{number}-{kind}") for kind in kinds}
    if parts == begun and list(change.types) == list(kinds):
        return change.types  # untouched: a weight that was read keeps its digits
    return {kind: part / sum(parts.values()) for kind, part in parts.items()}


def _recent(setting: Setting, number: str, change: Recent) -> Recent:
    left, middle, right = st.columns([2, 1, 1])
    with left:
        name = _choice(t("What"), f"change-stream-{number}", change.stream, setting.streams, stream)
    factor = f"change-factor-{number}"
    _begin(factor, change.factor)
    times = middle.number_input(t("Times"), 0.0, LARGEST_FACTOR, step=0.1, key=factor, help=t("1 leaves them as they are, 2 doubles them."))
    with right:
        past = _number(t("Last days"), f"change-past-{number}", change.days, 1, LONGEST_PAST)
    left, right = st.columns(2)
    with left:
        everything, offered = t("All categories"), setting.view.categories
        categories = _several(t("Categories"), f"change-categories-{number}", change.categories, offered, label, everything)
    with right:
        everywhere, names = t("All districts"), setting.names.to_dict()
        regions = _several(t("Districts"), f"change-regions-{number}", change.regions, setting.view.regions, names.__getitem__, everywhere)
    return Recent(stream=name, factor=times, days=past, regions=regions, categories=categories)


def _fact(setting: Setting, number: str, change: Fact) -> Fact:
    left, right = st.columns(2)
    with left:
        region = _choice(t("District"), f"change-region-{number}", change.region, setting.view.regions, setting.names.to_dict().__getitem__)
    with right:
        name = _choice(t("Fact"), f"change-fact-{number}", change.name, list(map(str, setting.view.facts.columns)), fact)
    known = float(setting.view.facts.loc[region, name])
    same = (region, name) == (change.region, change.name)
    key = f"change-value-{number}-{region}-{name}"
    _begin(key, change.value if same else known)
    value = st.number_input(t("Value"), min_value=0.0, key=key, help=t("It is {value} in the market's data.", value=volume(known)))
    return Fact(region=region, name=name, value=value)


def _begin(key: str, value: object, options: Sequence[object] | None = None) -> None:
    """Give a widget its first value; again, where it holds one that is not offered any more."""
    held = st.session_state.get(key)
    if key not in st.session_state or (options is not None and held not in options):
        st.session_state[key] = value if options is None or value in options else options[0]


def _choice(title: str, key: str, value: str, options: Sequence[str], show: Callable[[str], str]) -> str:
    _begin(key, value, options)
    return str(st.selectbox(title, options, format_func=show, key=key))


def _several(title: str, key: str, value: Sequence[str], options: Sequence[str], show: Callable[[str], str], none: str) -> tuple[str, ...]:
    _begin(key, [option for option in value if option in options])
    return tuple(st.multiselect(title, options, format_func=show, key=key, placeholder=none, select_all=False))


def _number(title: str, key: str, value: int, lowest: int, highest: int) -> int:
    _begin(key, value)
    return int(st.number_input(title, lowest, highest, step=1, key=key))


def _day(setting: Setting, title: str, key: str, value: date) -> date:
    _begin(key, value)
    return st.date_input(title, min_value=min(setting.first, value), max_value=max(setting.last, value), key=key, format="YYYY-MM-DD")
