"""How a report looks: a company's name, logo and two colours from a TOML file, and the colours that are always the same."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from PIL import Image, UnidentifiedImageError
from pydantic import Field, ValidationError

from stmp.config import Config
from stmp.errors import ReportError
from stmp.report.model import Tone

INK, GREY, LINE, GROUND, WHITE = "#1B2430", "#55606C", "#D5DBE1", "#F3F5F8", "#FFFFFF"
WARNING, WARNING_GROUND = "#8A3F00", "#FDE9D3"  # of simulated data
FIXED: Mapping[Tone, str] = {  # as the dashboard has them
    "third": "#aa00ff",
    "fourth": "#77633c",
    "fifth": "#a5527b",
    "sixth": "#9580ff",
    "rise": "#d6604d",
    "fall": "#4393c3",
    "quiet": "#7c8894",
}
FORMATS = ("PNG", "JPEG")
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


@dataclass(frozen=True)
class Ground:
    """What a picture is drawn on and in. scale: the colours of a map, as matplotlib names them, from what is nearest to the paper."""

    paper: str
    ink: str
    grey: str
    line: str
    scale: str


PAPER = Ground(WHITE, INK, GREY, LINE, "Blues")


class Brand(Config):
    """company: written on the cover.  logo: a PNG or JPEG file.  accent, second: #rrggbb, of the first and second line of a chart."""

    company: str = ""
    logo: Path | None = None
    accent: Colour = "#2b7bba"
    second: Colour = "#d9730d"

    @classmethod
    def read(cls, path: Path) -> Brand:
        """Read a TOML file; the logo's path is relative to it. Raises ReportError that names the file and the key."""
        try:
            brand = cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise ReportError(f"{path}: there is no such file. Remedy: check the path of the brand.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ReportError(f"{path}: not valid TOML: {error}. Remedy: mend the line.") from error
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'brand'}: {e['msg']}" for e in error.errors())
            raise ReportError(f"{path}: {faults}. Remedy: mend the keys named; colours are written as #2b7bba.") from error
        if brand.logo is None:
            return brand
        logo = path.parent / brand.logo
        try:
            with Image.open(logo) as image:
                known = image.format in FORMATS
        except (OSError, UnidentifiedImageError):
            known = False
        if not known:
            raise ReportError(f"{path}: the logo {logo} is missing, or no PNG or JPEG picture. Remedy: check the path and the file.")
        return brand.model_copy(update={"logo": logo})

    def colour(self, tone: Tone) -> str:
        """#rrggbb of a tone."""
        return {"accent": self.accent, "second": self.second, **FIXED}[tone]
