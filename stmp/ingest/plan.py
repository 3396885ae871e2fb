"""What a user asks for: where the lines lie, how they are written, and what the market is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stmp.errors import StmpError
from stmp.ingest.datum import Datum
from stmp.ingest.limits import Limits

EARLIEST = date(1990, 1, 1)  # before it lies what a broken clock writes, not what a shop sold


def _tomorrow() -> date:
    """The last day that a log of today can hold, in whatever zone it was written."""
    return date.today() + timedelta(days=1)


@dataclass(frozen=True)
class Plan:
    """out: folder of the market.  orders, carts: files, folders or URLs of databases.  maps: log -> field -> column.

    time_zone: IANA name of the zone whose clock the stamps show, or, of stamps that carry their own offset, whose midnights part the
    days.  days_in: the latter where it is another one.  datum: of the points of the logs.  boundary_datum, crs: of the boundaries.
    dates: "ymd", "dmy" or "mdy"; decimal: "point" or "comma"; both are told from the lines where they can be.
    """

    out: Path
    orders: str
    regions: Path
    time_zone: str
    carts: str | None = None
    calendar: Path | None = None
    country: str | None = None
    maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    days_in: str | None = None
    datum: Datum | None = None
    boundary_datum: Datum | None = None
    crs: str | None = None
    dates: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    hourly: bool = False
    dark_is_zero: bool = False
    first: date = EARLIEST
    last: date = field(default_factory=_tomorrow)
    title: str | None = None
    title_zh: str | None = None
    unit: str = "orders"
    licence: str = "not stated"
    simulated: bool = False
    engine: Literal["duckdb", "spark"] = "duckdb"
    master: str = "local[*]"
    replace: bool = False
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Raises StmpError for what no file is needed to refuse."""
        for zone in (self.time_zone, self.days_in or self.time_zone):
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise StmpError(f"'{zone}' is no time zone. Remedy: name one of the IANA list, such as Asia/Shanghai.") from error
        if self.calendar is None and self.country is None:
            raise StmpError("nothing says which days are worked. Remedy: name a country, such as --country CN, or a file with --calendar.")
        if self.first > self.last:
            raise StmpError(f"no day lies between {self.first} and {self.last}. Remedy: name an earlier --from or a later --until.")
        if not self.slug:
            raise StmpError(f"'{self.out}' gives the market no name. Remedy: end the path in a folder of Latin letters or digits.")

    @property
    def slug(self) -> str:
        """The market's name, from the folder's."""
        return re.sub(r"[^a-z0-9_-]+", "-", self.out.absolute().name.lower()).strip("-")
