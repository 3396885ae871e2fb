"""Who looks at the page: what the identity token of the session says, where people sign in."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import ValidationError

from stmp.errors import PlanError
from stmp.plans import Person, Roles, expired, may_save, person_of

SWITCH = "STMP_SIGN_IN"  # in the environment, set by 'stmp app --sign-in'


def must_sign_in() -> bool:
    """Whether people sign in here: the command says so, or streamlit was told how. Where its file is lost, nobody comes in."""
    return SWITCH in os.environ or "is_logged_in" in st.user


def claims() -> Mapping[str, Any] | None:
    """What the token says; None without one, or where it is too old."""
    told = st.user.to_dict()
    return told if told.get("is_logged_in") and not expired(told, time.time()) else None


def stranger() -> bool:
    """Whether who looks must sign in first, or has no role; all are where the roles cannot be read."""
    try:
        return must_sign_in() and _known() is None
    except PlanError:
        return True


def signed_in() -> Person | None:
    """Who has signed in; None where nobody has to. Where the sign-in has just ended the page is run again, which then asks for one."""
    if not must_sign_in():
        return None
    person = _known()
    if person is None:
        st.rerun()
    return person


def may_write() -> bool:
    """Whether who looks may leave something behind for others; all may where nobody signs in."""
    person = signed_in()
    return person is None or may_save(person)


def _known() -> Person | None:
    told = claims()
    return None if told is None else person_of(told, roles())


def roles() -> Roles:
    """Who may do what. Raises PlanError where the file does not say it."""
    try:
        return Roles.model_validate(st.secrets["roles"].to_dict())
    except (KeyError, FileNotFoundError, AttributeError, ValidationError) as error:
        raise PlanError(
            "the file of the sign-in does not say who may do what. Remedy: start with 'stmp app --sign-in FILE', which checks the file."
        ) from error
