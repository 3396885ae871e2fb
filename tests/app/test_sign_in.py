"""Signing in: who comes in, who sees and may do what; in this process, and in a browser against a provider of identities."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import Browser, Page, expect
from streamlit.testing.v1 import AppTest

from benchmarks.browser import Server, served, visitor
from stmp.plans import Person, Role, Store, anybody
from tests.app.browser import main, sidebar
from tests.app.test_plans_page import UP, assert_sound, content, row, texts, write

Start = Callable[..., AppTest]
SECRETS = """\
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "only-for-tests-0123456789abcdef0123456789"
client_id = "stmp"
client_secret = "only-for-tests"
server_metadata_url = "http://localhost:{port}/.well-known/openid-configuration"
[roles]
claim = "groups"
viewer = ["staff"]
planner = ["planning"]
admin = ["leads"]
"""
ROLES = {"claim": "groups", "viewer": ["staff"], "planner": ["planning"], "admin": ["leads"]}
GROUPS = {"vi": ["staff"], "pat": ["planning", "staff"], "ada": ["leads"], "sam": ["sales"]}
PAT = Person("Pat <pat@example.com>", Role.PLANNER, "idp pat")


def claims(who: str, **given: object) -> dict[str, object]:
    told = {"is_logged_in": True, "iss": "idp", "sub": who, "name": who.title(), "email": f"{who}@example.com", "groups": GROUPS[who]}
    return {**told, "iat": time.time(), **given}


@pytest.fixture
def seen_by(dashboard: Start, database: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """``seen_by(claims, plan=3)``: the page of plans as the person sees it, or the first page; None: who has not signed in."""

    def start(told: dict[str, object] | None, page: str = "plans", **link: object) -> AppTest:
        first = dashboard()  # where nobody signs in; it tells which pages there are
        monkeypatch.setenv("STMP_SIGN_IN", "a file")
        (number,) = [n for n, info in first._registered_pages.items() if info.get("url_pathname") == page]
        opened = AppTest.from_file(first._script_path, default_timeout=60)
        opened._registered_pages, opened._page_hash = first._registered_pages, number
        opened.secrets["roles"] = ROLES
        opened.user = told or {"is_logged_in": False}
        opened.query_params.update({name: str(value) for name, value in link.items()})
        return opened.run()

    return start


def titles(page: AppTest) -> set[str]:
    """Of the pages on offer."""
    return {info["page_name"] for info in page._registered_pages.values() if "url_pathname" in info}


@pytest.mark.parametrize(
    "told", [None, claims("ada", iat=time.time() - 13 * 3600), claims("ada", iat=None)], ids=["nobody", "late", "undated"]
)
def test_who_has_not_signed_in_sees_no_page(seen_by: Callable[..., AppTest], told: dict | None) -> None:
    page = seen_by(told)
    assert not page.exception
    assert [button.label for button in page.button] == ["Sign in"]
    assert "Four squares" not in texts(page)
    assert not page.metric
    assert not page.selectbox


def test_who_has_no_role_is_told_so_and_sees_no_page(seen_by: Callable[..., AppTest]) -> None:
    page = seen_by(claims("sam"))
    assert "Sam <sam@example.com> has signed in, but has no role here" in texts(page)
    assert "A role comes from 'groups' of the identity token" in texts(page)
    assert [button.label for button in page.button] == ["Sign out"]
    assert not page.metric


def test_where_the_file_is_lost_nobody_comes_in(dashboard: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STMP_SIGN_IN", "a file that streamlit does not find")
    page = dashboard()
    assert [button.label for button in page.button] == ["Sign in"]
    page.user = claims("ada")
    page.run()
    assert "does not say who may do what" in texts(page)
    assert not page.metric


def test_a_viewer_looks_and_tries_and_saves_nothing(seen_by: Callable[..., AppTest], here: Path, database: str) -> None:
    saved = Store(database).create("a", content(here, UP), PAT)
    page = seen_by(claims("vi"), plan=saved.id)
    assert_sound(page)
    assert "Vi <vi@example.com>, viewer" in texts(page)
    assert "You have the role of a viewer" in texts(page)
    assert "Bring your data" not in titles(page)
    keys = {button.key: button for button in page.button}
    assert "plan-save" not in keys
    assert all(keys[key].disabled for key in ("plan-restore", "plan-promote", "plan-archive"))
    assert not keys["plan-open"].disabled


def test_a_planner_saves_in_her_own_name_and_leaves_others_plans_alone(seen_by: Callable[..., AppTest], here: Path, database: str) -> None:
    store = Store(database)
    saved = store.create("theirs", content(here, UP), anybody("Li"))
    page = seen_by(claims("pat"), plan=saved.id)
    assert_sound(page)
    assert "theirs was made by Li. A planner changes only plans of her own." in texts(page)
    keys = {button.key: button for button in page.button}
    assert "plan-save" not in keys
    assert all(keys[key].disabled for key in ("plan-restore", "plan-promote", "plan-archive"))
    page.button(key="plan-copy").click().run()
    assert_sound(page)
    assert "person" not in {box.key for box in page.text_input}  # a name cannot be typed
    page = write(page, row(region="r0", reason="a fair"))
    (name,) = [box for box in page.text_input if str(box.key).startswith("plan-name")]
    name.set_value("mine").run()
    page.button(key="plan-save").click().run()
    assert_sound(page)
    (mine,) = [plan for plan in store.plans("squares") if plan.name == "mine"]
    assert (mine.owner, mine.latest.author) == (PAT.id, PAT.name)
    assert [(o.author, o.reason) for o in mine.latest.content.overrides] == [("Li", "a rival closes"), (PAT.name, "a fair")]
    page.button(key="plan-archive").click().run()
    assert_sound(page)
    assert [plan.name for plan in store.plans("squares")] == ["theirs"]


def test_an_administrator_changes_every_plan(seen_by: Callable[..., AppTest], here: Path, database: str) -> None:
    store = Store(database)
    saved = store.create("a", content(here, UP), PAT)
    page = seen_by(claims("ada"), plan=saved.id)
    page.button(key="plan-save").click().run()
    assert_sound(page)
    assert [(version.author, store.plan(saved.id).owner) for version in store.plan(saved.id).versions] == [
        (PAT.name, PAT.id),
        ("Ada <ada@example.com>", PAT.id),
    ]


def test_a_sign_in_that_ends_while_the_page_is_open_ends_what_it_shows(seen_by: Callable[..., AppTest]) -> None:
    page = seen_by(claims("pat", iat=time.time() - 12 * 3600 + 3600))
    assert page.metric
    page.user = claims("pat", iat=time.time() - 13 * 3600)
    page.run()
    assert not page.metric
    assert [button.label for button in page.button] == ["Sign in"]


@dataclass
class Team:
    """A dashboard that is signed in to, and the plans behind it. asked: (host of the page, address) of every request."""

    server: Server
    store: Store
    asked: list[tuple[str | None, str]]


@pytest.fixture
def team(workplace: Path, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    users = [User(sub=who, claims={"name": who.title(), "email": f"{who}@example.com", "groups": groups}) for who, groups in GROUPS.items()]
    url = f"sqlite:///{tmp_path}/plans.sqlite"
    with run_server_in_thread(user_claims=users) as provider:
        (tmp_path / "secrets.toml").write_text(SECRETS.format(port=provider.server_port), encoding="utf-8")
        monkeypatch.setenv("STMP_SIGN_IN", str(tmp_path / "secrets.toml"))
        monkeypatch.setenv("STMP_PLANS", url)
        with served(Path("squares"), folder=workplace) as server:
            yield Team(server, Store(url), [])


def come(page: Page, link: str, who: str) -> None:
    """Open a link as somebody who is not signed in, who sees nothing yet, and sign in."""
    page.goto(link)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(0)
    assert "Four squares" not in page.content()
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=who, exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def leave(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").wait_for()  # the provider's


def test_three_roles_sign_in_with_a_provider_and_do_what_they_may(team: Team, browser: Browser) -> None:
    page, link = visitor(browser), team.server.link("plans", {"market": "squares"})
    page.route("https://**", lambda route: route.abort())  # the provider's own pages would fetch their style
    page.on("request", lambda request: team.asked.append((urlsplit(request.frame.url).hostname, request.url)))
    come(page, link, "pat")
    expect(page.get_by_text("You plan as Pat <pat@example.com>.")).to_be_visible()  # on the page that the link asked for
    expect(sidebar(page)).to_contain_text("Pat <pat@example.com>, planner")
    page.get_by_role("textbox", name="Name of the plan").fill("hers")
    page.get_by_role("button", name="Save as a new plan").click()
    expect(main(page)).to_contain_text("Saved as a new plan, hers.")
    (plan,) = team.store.plans("squares")
    assert plan.latest.author == "Pat <pat@example.com>"
    assert plan.owner is not None
    assert plan.owner.endswith(" pat")
    leave(page)

    come(page, team.server.link(), "vi")  # the one before is not known any more, or the page would not ask
    expect(sidebar(page)).to_contain_text("Vi <vi@example.com>, viewer")
    expect(page.get_by_role("button", name="Deck")).to_be_visible()
    expect(page.get_by_role("button", name="Save as a plan")).to_have_count(0)
    expect(sidebar(page).get_by_role("link", name="Bring your data")).to_have_count(0)
    leave(page)

    come(page, f"{link}&plan={plan.id}", "ada")
    page.get_by_role("button", name="Archive the plan").click()
    expect(main(page)).to_contain_text("hers is archived.")
    assert team.store.plan(plan.id).archived_by == "Ada <ada@example.com>"
    page.context.close()

    foreign = [url for host, url in team.asked if host == "127.0.0.1" and urlsplit(url).hostname not in ("127.0.0.1", "localhost", None)]
    assert team.asked
    assert foreign == []
