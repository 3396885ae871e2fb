"""The address bar: what it asks for when a link is opened, and what it holds for the next one who opens it.

Streamlit can bind a widget to the address by itself, but then the address holds the words shown, which change with the language,
leaves out what is the default, which changes with the data, and passes over what it does not know without a word. So it is kept here.
Other widgets must not be bound either: streamlit writes the whole address, and what one hand writes the other takes back.
"""

from __future__ import annotations

import base64
import tomllib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from stmp.errors import ScenarioError
from stmp.scenario import Scenario

LINK = "link"  # in the session's state
LONGEST = 20_000  # bytes of a scenario's TOML; a link may come from anybody

T = TypeVar("T")


@dataclass
class _Link:
    """What an address asked for, and what it holds by now.

    texts: name -> what it asks for.  answered: names that were looked up.  refused: name -> (text, key of a widget, its value then).
    settled: name -> what this run holds.  written: names that earlier runs held.
    """

    texts: dict[str, list[str]]
    answered: set[str] = field(default_factory=set)
    refused: dict[str, tuple[str, str, object]] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)


def follow() -> None:
    """At the start of a run: note what the address asks for, when it was opened or the browser went back or forward."""
    context = get_script_run_ctx()
    moved = context is not None and context.is_history_navigation and len(st.query_params) > 0  # a change of page leaves a bare one behind
    if LINK not in st.session_state or moved:
        st.session_state[LINK] = _Link({name: st.query_params.get_all(name) for name in st.query_params})
    st.session_state[LINK].settled.clear()


def asked(name: str) -> list[str] | None:
    """What the address that was opened says of ``name``, [] where it says nothing; None once that was answered: the session goes on."""
    link: _Link = st.session_state[LINK]
    if name in link.answered:
        return None
    link.answered.add(name)
    return link.texts.get(name, [])


def settle_option(name: str, offered: Mapping[str, T], default: T) -> None:
    """Settle a widget that offers the values of ``offered``; the keys are what the address calls them."""
    texts = {option: text for text, option in offered.items()}
    _settle(name, offered.get, texts.__getitem__, texts.__contains__, default)


def settle_text_option(name: str, offered: Iterable[str], default: str) -> None:
    """Settle a widget whose values the address calls by themselves."""
    settle_option(name, {option: option for option in offered}, default)


def settle_number(name: str, lowest: int, highest: int, default: int) -> None:
    """Settle a widget of whole numbers."""
    _settle(name, int, str, lambda number: lowest <= number <= highest, default)


def settle_day(name: str, first: date, last: date, default: date) -> None:
    """Settle a widget of days."""
    _settle(name, date.fromisoformat, date.isoformat, lambda day: first <= day <= last, default)


def settle_days(name: str, first: date, last: date, default: tuple[date, date]) -> None:
    """Settle a widget of a span of days."""

    def read(text: str) -> tuple[date, date]:
        begin, end = text.split("/")
        return date.fromisoformat(begin), date.fromisoformat(end)

    _settle(name, read, lambda span: f"{span[0]}/{span[1]}", lambda span: first <= span[0] <= span[1] <= last, default)


def _settle(name: str, read: Callable[[str], T | None], write: Callable[[T], str], fits: Callable[[T], bool], default: T) -> None:
    """Give the widget of key ``name`` its value, before it is made: what the address asks for, else what was set, else the default.

    What does not fit any more, because the market or the cutoff is another one, is passed over; where a link asked for it,
    ``refused`` tells. ``read`` gives None or raises ValueError where a text means nothing.
    """
    texts = asked(name)
    value: T | None = st.session_state.get(name) if texts is None else None
    if texts:
        try:
            value = read(texts[-1])
        except ValueError:
            value = None
    found = value is not None and fits(value)
    st.session_state[name] = settled = value if value is not None and found else default
    st.session_state[LINK].settled[name] = write(settled)
    if texts and not found:
        refuse(name, texts[-1], name)


def settle_text(name: str, text: str) -> None:
    """Hold what no widget sets."""
    st.session_state[LINK].settled[name] = text


def refuse(name: str, text: str, key: str) -> None:
    """Remember that the link's ``text`` for ``name`` is not to be had; it matters as long as the widget of ``key`` is left alone."""
    st.session_state[LINK].refused[name] = (text, key, st.session_state[key])


def refused() -> dict[str, str]:
    """name -> text, of what a link asked for in vain, as long as nobody has chosen something else since."""
    link: _Link = st.session_state[LINK]
    return {name: text for name, (text, key, value) in link.refused.items() if st.session_state.get(key) == value}


def write() -> None:
    """Hold what was settled in this run, and no more what only an earlier one did."""
    link: _Link = st.session_state[LINK]
    keep(**link.settled, **dict.fromkeys(link.written - link.settled.keys()))
    link.written = set(link.settled)


def keep(**texts: str | Sequence[str] | None) -> None:
    """Hold these in the address, beside what it holds already; None or nothing takes a name out."""
    holds = {name: st.query_params.get_all(name) for name in st.query_params}
    wanted = holds | {name: [text] if isinstance(text, str) else list(text or ()) for name, text in texts.items()}
    wanted = {name: values for name, values in wanted.items() if any(values)}
    if wanted != holds:  # written at once, so that the browser goes back by one view and not by one name
        st.query_params.from_dict(wanted)


def scenario_text(scenario: Scenario) -> str:
    """A scenario as text for an address; ``scenario_of`` takes it back."""
    return base64.urlsafe_b64encode(zlib.compress(scenario.to_toml().encode(), 9)).decode().rstrip("=")


def scenario_of(text: str) -> Scenario:
    """The scenario of an address. Raises ScenarioError when the text holds none."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unpacking = zlib.decompressobj()
        toml = unpacking.decompress(packed, LONGEST)
        if not unpacking.eof:
            raise ValueError("cut off, or too long")
        return Scenario.model_validate(tomllib.loads(toml.decode()))
    except (ValueError, zlib.error) as error:
        raise ScenarioError("the address holds no scenario that can be read. Remedy: ask for a new link, or set it by hand.") from error
