"""Signing in: what the administrator's file must say, and whom the claims of an identity token name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from stmp.config import Config
from stmp.errors import PlanError
from stmp.plans.people import Person, Role
from stmp.plans.texts import LONGEST

HOURS = 12  # that a sign-in holds: a role that was taken away ends with the day, though the browser's cookie stays for a month
CALLBACK = "/oauth2callback"
Text = Annotated[str, Field(min_length=1)]


class Auth(BaseModel):
    """How the identity provider is reached; further keys are handed on to it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    redirect_uri: str
    cookie_secret: Annotated[str, Field(min_length=32)]
    client_id: Text
    client_secret: Text
    server_metadata_url: Text

    @field_validator("redirect_uri")
    @classmethod
    def _comes_back(cls, address: str) -> str:
        if not (urlsplit(address).scheme in ("http", "https") and urlsplit(address).hostname and address.endswith(CALLBACK)):
            raise ValueError(f"must be the dashboard's own address with {CALLBACK} behind it, as https://plans.example.com{CALLBACK}")
        return address

    @property
    def host(self) -> str:
        """Name of the machine as people's browsers have it."""
        return str(urlsplit(self.redirect_uri).hostname)


class Roles(Config):
    """claim: of the identity token, a text or a list of texts; dots lead into nested ones.  The others: its values that give a role."""

    claim: Text
    viewer: tuple[Text, ...] = ()
    planner: tuple[Text, ...] = ()
    admin: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _name_somebody(self) -> Roles:
        if not (self.viewer or self.planner or self.admin):
            raise ValueError("give at least one of viewer, planner and admin a value of the claim")
        return self

    def of(self, claims: Mapping[str, Any]) -> Role | None:
        """The highest role that the claims give; None where they give none. An address that was not verified gives none."""
        if self.claim == "email" and claims.get("email_verified") is False:
            return None
        found = _found(claims, self.claim)
        values = {found} if isinstance(found, str) else {one for one in found if isinstance(one, str)} if isinstance(found, list) else set()
        return next((role for role in reversed(Role) if values & set(getattr(self, role))), None)


class SignIn(Config):
    """The file: how people sign in, and which of them may do what."""

    auth: Auth
    roles: Roles

    @classmethod
    def read(cls, path: Path) -> SignIn:
        """Raises PlanError that names the file and the key, and never shows a secret."""
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise PlanError(f"{path}: there is no such file. Remedy: check the path; docs/team.md shows what it holds.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise PlanError(f"{path}: not valid TOML: {error}. Remedy: mend the line.") from error
        try:
            return cls.model_validate({name: told[name] for name in ("auth", "roles") if name in told})
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise PlanError(f"{path}: {faults}. Remedy: mend the keys named; docs/team.md shows what the file holds.") from error


def expired(claims: Mapping[str, Any], now: float) -> bool:
    """Whether the sign-in is too long ago, or does not say when it was. now: seconds since the epoch."""
    issued = claims.get("iat")
    return not isinstance(issued, int | float) or now - issued > HOURS * 3600


def person_of(claims: Mapping[str, Any], roles: Roles) -> Person | None:
    """Whom the claims name; None where they give no role or do not tell one person from another."""
    role, subject = roles.of(claims), claims.get("sub")
    if role is None or not subject:
        return None
    return Person(name_of(claims), role, f"{claims.get('iss', '')} {subject}")


def name_of(claims: Mapping[str, Any]) -> str:
    """Name with the address behind it, for two may have one name; in one line."""
    email = claims.get("email")
    name = next(filter(None, (claims.get(key) for key in ("name", "preferred_username", "email", "sub"))), "")
    told = f"{name} <{email}>" if email and email != name else str(name)
    return " ".join(told.split())[:LONGEST]


def _found(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its whole name, which may hold dots, else step by step."""
    if name in claims:
        return claims[name]
    step, _, rest = name.partition(".")
    inner = claims.get(step)
    return _found(inner, rest) if rest and isinstance(inner, Mapping) else None
