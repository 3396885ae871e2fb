"""``stmp report``: the manager's deck, the same as a PDF, or its numbers as a workbook."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from stmp.cli.checks import check_file, parse_date
from stmp.cli.options import CheckpointArgument, Device, DeviceOption, HorizonOption, MarketOption, SeedOption
from stmp.cli.output import say

SUFFIXES = (".pptx", ".pdf", ".xlsx")


class Language(StrEnum):
    """What the report is written in."""

    ENGLISH = "en"
    CHINESE = "zh"


def report(
    checkpoint: CheckpointArgument,
    market_folder: MarketOption,
    cutoff: Annotated[str, typer.Option("--cutoff", metavar="DATE", help="Last day whose data is known, as YYYY-MM-DD.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write: .pptx, .pdf or .xlsx.")],
    horizon: HorizonOption = 14,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", metavar="FILE.toml", help="What differs from the calendar.", show_default=False)
    ] = None,
    lang: Annotated[Language, typer.Option("--lang", help="en: English; zh: Simplified Chinese.")] = Language.ENGLISH,
    brand: Annotated[
        Path | None, typer.Option("--brand", metavar="FILE.toml", help="A company's name, logo and colours.", show_default=False)
    ] = None,
    seed: SeedOption = 0,
    device: DeviceOption = Device.AUTO,
) -> None:
    """Write a report for a manager: what is to be expected, where, why, what to stock, and how well past festivals were forecast."""
    day = parse_date(cutoff, "--cutoff")
    if out.suffix not in SUFFIXES:
        raise typer.BadParameter(f"'{out}' ends in none of {', '.join(SUFFIXES)}", param_hint="--out")
    check_file(out)
    from stmp.forecast import Forecaster
    from stmp.market.load import load_market
    from stmp.report import WRITERS, Brand, Source, build, stored_backtest
    from stmp.scenario import Scenario

    look = Brand() if brand is None else Brand.read(brand)
    what_if = Scenario() if scenario is None else Scenario.read(scenario)
    forecaster, market = Forecaster.load(checkpoint, device), load_market(market_folder)
    source = Source.of(
        market,
        forecaster.card,
        checkpoint.resolve().name,
        what_if,
        lambda asked: forecaster.forecast(market, day, horizon, asked, seed=seed),
        backtest=stored_backtest(checkpoint, forecaster.card, market),
    )
    made = build(source, lang)
    WRITERS[out.suffix](made, look, out)
    say(f"Wrote {out}: {len(made.slides) + 1} pages.")
