"""The administrator's file is checked before anybody can come in, and roles come from the claims of the token."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from stmp.errors import PlanError
from stmp.plans import Person, Role, Roles, SignIn, expired, name_of, person_of
from stmp.report import Brand

ROOT = Path(__file__).resolve().parents[2]
GOOD = """\
[auth]
redirect_uri = "https://plans.example.com/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "stmp"
client_secret = "a-secret"
server_metadata_url = "https://login.example.com/.well-known/openid-configuration"
client_kwargs = { prompt = "login" }
[roles]
claim = "groups"
viewer = ["staff"]
planner = ["planning"]
admin = ["planning-leads"]
"""
ROLES = Roles(claim="groups", viewer=("staff",), planner=("planning",), admin=("leads", "owners"))


def test_the_file_shown_to_the_administrator_is_one(tmp_path: Path) -> None:
    shown, look = re.findall(r"^```toml\n(.*?)^```", (ROOT / "docs" / "team.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "secrets.toml").write_text(shown, encoding="utf-8")
    assert SignIn.read(tmp_path / "secrets.toml").roles.admin == ("planning-leads",)
    assert Brand.model_validate(tomllib.loads(look)).company == "Example"


def test_a_file_that_says_all_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text(GOOD + '[connections]\nother = "is left alone"\n', encoding="utf-8")
    found = SignIn.read(file)
    assert found.auth.host == "plans.example.com"
    assert found.roles == Roles(claim="groups", viewer=("staff",), planner=("planning",), admin=("planning-leads",))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('client_secret = "a-secret"\n', "", "auth.client_secret: Field required"),
        ('client_id = "stmp"', 'client_id = ""', "auth.client_id"),
        ("0123456789abcdef0123456789abcdef", "short", "auth.cookie_secret: String should have at least 32"),
        ("/oauth2callback", "/", "auth.redirect_uri: .*must be the dashboard's own address"),
        ('"https://plans.example.com/oauth2callback"', '"/oauth2callback"', "auth.redirect_uri"),
        ("[roles]", "[rules]", "roles: Field required"),
        ('viewer = ["staff"]\nplanner = ["planning"]\nadmin = ["planning-leads"]', "", "at least one of viewer, planner and admin"),
        ("admin =", "owner =", "roles.owner"),
        ("[auth]", "[auth", "not valid TOML"),
    ],
)
def test_a_file_that_lacks_something_is_refused_without_showing_a_secret(before: str, after: str, told: str, tmp_path: Path) -> None:
    assert before in GOOD
    file = tmp_path / "secrets.toml"
    file.write_text(GOOD.replace(before, after), encoding="utf-8")
    with pytest.raises(PlanError, match=told) as refused:
        SignIn.read(file)
    assert str(file) in str(refused.value)
    assert "Remedy: " in str(refused.value)
    assert "a-secret" not in str(refused.value)
    assert "0123456789abcdef" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"secrets\.toml: there is no such file"):
        SignIn.read(tmp_path / "secrets.toml")


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["staff"]}, Role.VIEWER),
        ({"groups": "planning"}, Role.PLANNER),
        ({"groups": ["staff", "owners", "planning", 7]}, Role.ADMIN),
        ({"groups": ["Planning", "plan", ""]}, None),
        ({"groups": {"planning": True}}, None),
        ({"groups": None}, None),
        ({"role": "planning"}, None),
    ],
)
def test_the_highest_role_that_the_claim_gives(claims: dict, role: Role | None) -> None:
    assert ROLES.of(claims) is role


def test_a_claim_may_lie_deeper_or_have_dots_in_its_name() -> None:
    nested, dotted = Roles(claim="realm_access.roles", admin=("a",)), Roles(claim="https://example.com/roles", admin=("a",))
    assert nested.of({"realm_access": {"roles": ["a"]}}) is Role.ADMIN
    assert nested.of({"realm_access": "a"}) is None
    assert dotted.of({"https://example.com/roles": ["a"]}) is Role.ADMIN


def test_an_address_gives_a_role_unless_it_was_not_verified() -> None:
    roles = Roles(claim="email", planner=("ana@example.com",))
    assert roles.of({"email": "ana@example.com"}) is Role.PLANNER
    assert roles.of({"email": "ana@example.com", "email_verified": True}) is Role.PLANNER
    assert roles.of({"email": "ana@example.com", "email_verified": False}) is None


def test_a_person_is_known_by_issuer_and_subject_and_called_by_name_and_address() -> None:
    claims = {"iss": "https://login.example.com", "sub": "7", "name": "Ana  Li\n", "email": "ana@example.com", "groups": "planning"}
    assert person_of(claims, ROLES) == Person("Ana Li <ana@example.com>", Role.PLANNER, "https://login.example.com 7")
    assert person_of({**claims, "sub": ""}, ROLES) is None
    assert person_of({**claims, "groups": "other"}, ROLES) is None
    assert name_of({"email": "ana@example.com", "sub": "7"}) == "ana@example.com"
    assert name_of({"preferred_username": "ana", "sub": "7"}) == "ana"
    assert name_of({"sub": "7"}) == "7"
    assert len(name_of({"name": "a" * 500})) == 200


def test_a_sign_in_holds_for_half_a_day() -> None:
    assert not expired({"iat": 1_000_000}, 1_000_000 + 12 * 3600)
    assert expired({"iat": 1_000_000}, 1_000_001 + 12 * 3600)
    assert expired({}, 0)
    assert expired({"iat": "1000000"}, 1_000_000)
