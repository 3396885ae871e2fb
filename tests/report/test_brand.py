"""A brand is read from a file, and one that cannot be used is refused with the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from app.pictures import palette
from stmp.errors import ReportError
from stmp.report import Brand
from stmp.report.brand import FIXED


def test_the_logo_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    Image.new("RGB", (30, 8)).save(tmp_path / "logo.jpg")
    file = tmp_path / "brand.toml"
    file.write_text('company = "例"\nlogo = "logo.jpg"\nsecond = "#00AA11"\n', encoding="utf-8")
    brand = Brand.read(file)
    assert (brand.company, brand.logo, brand.colour("second"), brand.colour("accent")) == (
        "例",
        tmp_path / "logo.jpg",
        "#00AA11",
        "#2b7bba",
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('accent = "blue"', "accent"),
        ('colour = "#123456"', "colour"),
        ("accent = ", "not valid TOML"),
        ('logo = "missing.png"', "missing.png"),
        ('logo = "brand.toml"', "no PNG or JPEG"),
    ],
)
def test_a_brand_that_cannot_be_used_is_refused(content: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "brand.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ReportError, match=told) as refused:
        Brand.read(file)
    assert "Remedy: " in str(refused.value)
    assert str(file) in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no such file"):
        Brand.read(tmp_path / "brand.toml")


def test_colours_are_the_dashboards() -> None:
    brand = Brand()
    assert (brand.accent, brand.second) == (palette.FORECAST, palette.ACTUAL)
    assert [FIXED[tone] for tone in ("third", "fourth", "fifth", "sixth")] == [colour for colour, _ in palette.COMPARED[2:]]
    assert (FIXED["rise"], FIXED["fall"], FIXED["quiet"]) == (palette.RISE, palette.FALL, palette.HISTORY)
