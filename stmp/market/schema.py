"""``market.toml``: what a market says of itself and where its data lies."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from stmp.errors import MarketError, Problem

MANIFEST = "market.toml"


class Section(BaseModel):
    """Base of every section: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_min_length=1)


class PanelSection(Section):
    """The panel. ``absent``: what a row that is not there means. ``columns``: our name = the file's."""

    file: str
    absent: Literal["zero", "missing"]
    first: date | None = None
    last: date | None = None
    past: tuple[str, ...] = ()
    columns: dict[str, str] = {}


class RegionsSection(Section):
    """Regions: a table of facts, polygons, both, or neither (then the regions are the panel's own)."""

    file: str | None = None
    facts: tuple[str, ...] = ()
    include: tuple[str, ...] | None = None
    polygons: str | None = None
    polygon_id: str = "region"
    columns: dict[str, str] = {}


class FestivalRule(Section):
    """How labels of the calendar's festival column make one festival."""

    name: str
    peak: str | None = None
    opening: str | None = None
    run_up: Annotated[int, Field(ge=0, le=30)] = 3
    after: Annotated[int, Field(ge=0, le=30)] = 3

    @property
    def peak_label(self) -> str:
        return self.peak or self.name

    @property
    def opening_label(self) -> str:
        return self.opening or f"{self.name} opening"


class CalendarSection(Section):
    """The calendar. What the file lacks is derived for ``country`` (ISO code) from the ``holidays`` library."""

    file: str | None = None
    country: str | None = None
    covariates: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    ignore: tuple[str, ...] = ()  # festival labels that name no festival of this market
    festivals: tuple[FestivalRule, ...] = ()


class KnownSection(Section):
    """Known-ahead covariates per region: a file with region, date and the columns named."""

    file: str
    columns: Annotated[tuple[str, ...], Field(min_length=1)]


class Manifest(Section):
    """The whole of ``market.toml``."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")]
    title: str
    title_zh: str
    simulated: bool
    time_zone: str
    frequency: Literal["D", "h"]
    unit: str
    licence: str
    source: str
    panel: PanelSection
    regions: RegionsSection = RegionsSection()
    calendar: CalendarSection
    known: KnownSection | None = None

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"'{value}' is no IANA time zone such as Asia/Shanghai") from error
        return value


def read_manifest(folder: Path) -> Manifest:
    """Read ``folder/market.toml``. Raises MarketError with every fault found."""
    file = folder / MANIFEST
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        return Manifest.model_validate(content)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MarketError([Problem(file, "there is no such file", "give a folder that holds a market.toml")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MarketError([Problem(file, f"not valid TOML in UTF-8: {error}", "mend the line named")]) from error
    except ValidationError as error:
        raise MarketError([_problem(file, dict(fault)) for fault in error.errors()]) from error


def _problem(file: Path, fault: dict[str, object]) -> Problem:
    place = fault["loc"]
    key = ".".join(map(str, place)) if isinstance(place, tuple) else str(place)
    remedy = "remove the key" if fault["type"] == "extra_forbidden" else "mend the key"
    return Problem(file, f"key '{key}': {fault['msg']}", remedy)
