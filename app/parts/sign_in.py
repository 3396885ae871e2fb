"""The door: who has to sign in does so here, and sees in the sidebar who he is taken for."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.formats import plain
from app.inputs.person import claims, must_sign_in, roles, signed_in, stranger
from app.language import t
from app.parts import messages
from stmp.errors import PlanError
from stmp.plans import Role, name_of
from stmp.plans.sign_in import HOURS

HERE = Path(__file__).parent


def admitted() -> bool:
    """Whether the page may be shown: nobody has to sign in, or somebody with a role has. Else it says what to do instead."""
    if not must_sign_in():
        return True
    try:
        if stranger():
            return _ask()
        _way_back(inside=True)
        return True
    except PlanError as error:
        messages.fault(error)
        return False


def _ask() -> bool:
    """False, and what to do."""
    told = claims()
    st.title("STMP Studio", anchor=False)
    if told is None:
        st.markdown(t("Forecasts and plans are shown to those who sign in. A sign-in holds for {hours} hours.", hours=HOURS))
        _way_back(inside=False)
        st.button(t("Sign in"), type="primary", icon=":material/login:", key="sign-in", on_click=st.login)
    else:
        refused = t("{name} has signed in, but has no role here. Ask an administrator for one, then sign in again.", name=name_of(told))
        explained = t("A role comes from '{claim}' of the identity token.", claim=roles().claim)
        st.error(plain(f"{refused}\n{explained}"), title=t("You have no role here"), icon=":material/lock:")
        st.button(t("Sign out"), icon=":material/logout:", key="sign-out", on_click=st.logout)
    return False


def who() -> None:
    """At the foot of the sidebar: name, role, and the way out; nothing where nobody signs in."""
    person = signed_in()
    if person is not None:
        with st.sidebar.container(key="who"):
            st.caption(plain(t("{name}, {role}", name=person.name, role=role_name(person.role))))
            st.button(t("Sign out"), icon=":material/logout:", key="sign-out", on_click=st.logout, width="stretch")


def _way_back(inside: bool) -> None:
    """What the address asked for is kept while somebody signs in, and opened afterwards."""
    keeper = st.components.v2.component("way-back", html="", js=(HERE / "way_back.js").read_text(encoding="utf-8"))
    with st.container(key="door"):
        keeper(data={"inside": inside}, key="way-back")


def role_name(role: Role) -> str:
    return {Role.VIEWER: t("viewer"), Role.PLANNER: t("planner"), Role.ADMIN: t("administrator")}[role]
