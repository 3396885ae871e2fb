"""``stmp report``: the manager's deck, the same as a PDF, or its numbers as a workbook."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stmp.cli.checks import check_file, parse_date, scenario_of
from stmp.cli.options import BrandOption, CheckpointArgument, Device, DeviceOption, HorizonOption, MarketOption, PlansOption, SeedOption
from stmp.cli.output import say

if TYPE_CHECKING:
    from stmp.plans import Version

SUFFIXES = (".pptx", ".pdf", ".xlsx")
OF_A_PLAN = ("scenario", "horizon", "seed")  # what is asked, which a plan says itself


class Language(StrEnum):
    """What the report is written in."""

    ENGLISH = "en"
    CHINESE = "zh"


def report(
    checkpoint: CheckpointArgument,
    market_folder: MarketOption,
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write: .pptx, .pdf or .xlsx.")],
    cutoff: Annotated[
        str | None, typer.Option("--cutoff", metavar="DATE", help="Last day whose data is known, as YYYY-MM-DD.", show_default=False)
    ] = None,
    horizon: HorizonOption = 14,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", metavar="FILE.toml", help="What differs from the calendar.", show_default=False)
    ] = None,
    lang: Annotated[Language, typer.Option("--lang", help="en: English; zh: Simplified Chinese.")] = Language.ENGLISH,
    plan: Annotated[
        str | None,
        typer.Option(
            "--plan", metavar="NAME", help="Report the last version of this plan, in place of a question given here.", show_default=False
        ),
    ] = None,
    plans: PlansOption = None,
    brand: BrandOption = None,
    seed: SeedOption = 0,
    device: DeviceOption = Device.AUTO,
) -> None:
    """Write a report for a manager: what is to be expected, where, why, what to stock, and how well past festivals were forecast."""
    if (cutoff is None) == (plan is None):
        raise typer.BadParameter("give either the day that is asked from or the plan to report", param_hint="--cutoff or --plan")
    sources = {name: context.get_parameter_source(name) for name in OF_A_PLAN}
    given = [name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]
    if plan is not None and given:
        raise typer.BadParameter("a plan has one of its own; leave it out", param_hint=f"--{given[0]}")
    day = parse_date(cutoff, "--cutoff") if cutoff is not None else None
    if out.suffix not in SUFFIXES:
        raise typer.BadParameter(f"'{out}' ends in none of {', '.join(SUFFIXES)}", param_hint="--out")
    check_file(out)
    import pandas as pd

    from stmp.forecast import Forecaster
    from stmp.hours import by_day
    from stmp.market.load import load_market
    from stmp.report import WRITERS, Brand, Saved, Source, build, stored_backtest
    from stmp.scenario import Scenario

    look = Brand() if brand is None else Brand.read(brand)
    what_if = Scenario() if scenario is None else Scenario.read(scenario)
    forecaster, market = Forecaster.load(checkpoint, device), by_day(load_market(market_folder))
    saved = None if plan is None else Saved(plan, _latest(plan, plans, market.about.name))
    if saved is not None:
        content = saved.version.content
        day, horizon, what_if, seed = pd.Timestamp(content.cutoff), content.horizon, content.scenario, content.seed
        if content.checkpoint != forecaster.card.weights_sha256:
            say(f"Note: the plan was made with another checkpoint, {content.checkpoint_name}; its numbers then were others.")
    assert day is not None
    with scenario_of(scenario):
        source = Source.of(
            market,
            forecaster.card,
            checkpoint.resolve().name,
            what_if,
            lambda asked: forecaster.forecast(market, day, horizon, asked, seed=seed),
            overrides=() if saved is None else saved.version.content.overrides,
            saved=saved,
            backtest=stored_backtest(checkpoint, forecaster.card, market),
        )
    made = build(source, lang)
    WRITERS[out.suffix](made, look, out)
    say(f"Wrote {out}: {len(made.slides) + 1} pages.")


def _latest(name: str, plans: str | None, market: str) -> Version:
    """The last version of a living plan. Raises PlanError where the market has none of this name."""
    from stmp.errors import PlanError
    from stmp.plans import Store

    living = {plan.name: plan for plan in Store(plans).plans(market)}
    if name not in living:
        known = ", ".join(f"'{other}'" for other in living) or "none"
        raise PlanError(f"{market} has no plan '{name}'. Remedy: name one of these: {known}.")
    return living[name].latest
