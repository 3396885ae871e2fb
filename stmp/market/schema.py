"""``market.toml``: what a market says of itself and where its data lies."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from stmp.errors import MarketError, Problem

MANIFEST = "market.toml"


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{', '.join(repeated)} is listed twice")
    return names


Names = Annotated[tuple[str, ...], AfterValidator(_distinct)]


class Section(BaseModel):
    """Base of every section: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_min_length=1)


def _refuse_without_file(section: RegionsSection | CalendarSection, *keys: str) -> None:
    """What describes a file would silently do nothing where none is named."""
    idle = [key for key in keys if getattr(section, key)]
    if section.file is None and idle:
        raise ValueError(f"{', '.join(idle)}: there is no file that this could describe; name one with 'file'")


class PanelSection(Section):
    """The panel. ``absent``: what a row that is not there means. ``columns``: our name = the file's."""

    file: str
    absent: Literal["zero", "missing"]
    first: date | None = None
    last: date | None = None
    past: Names = ()
    columns: dict[str, str] = {}


class RegionsSection(Section):
    """Regions: a table of facts, polygons, both, or neither (then the regions are the panel's own).

    new: those of the table that are to be forecast though the panel may have no row of them.
    """

    file: str | None = None
    facts: Names = ()
    include: Names | None = None
    new: Names = ()
    polygons: str | None = None
    polygon_id: str = "region"
    columns: dict[str, str] = {}

    @model_validator(mode="after")
    def _of_a_file(self) -> RegionsSection:
        _refuse_without_file(self, "facts", "columns", "new")
        return self


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
    """The calendar. What the file lacks is derived for ``country`` (ISO code) from the ``holidays`` library.

    table: festivals one by one, in place of those of the file and of the country.
    """

    file: str | None = None
    table: str | None = None
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    covariates: Names = ()
    columns: dict[str, str] = {}
    ignore: tuple[str, ...] = ()  # festival labels that name no festival of this market
    festivals: tuple[FestivalRule, ...] = ()

    @model_validator(mode="after")
    def _of_a_file(self) -> CalendarSection:
        _refuse_without_file(self, "covariates", "columns", "ignore", "festivals")
        return self


class KnownSection(Section):
    """Known-ahead covariates per region: a file with region, date and the covariates named. ``columns`` as in the panel."""

    file: str
    covariates: Annotated[Names, Field(min_length=1)]
    columns: dict[str, str] = {}


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
