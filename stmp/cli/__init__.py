"""The command ``stmp``. Everything heavy is imported inside the commands, so that help and usage errors come at once."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from stmp.cli.build import market_build
from stmp.cli.changes import market_add_district, market_festivals
from stmp.cli.checks import check_file, check_folder, parse_date, scenario_of
from stmp.cli.options import (
    BrandOption,
    CheckpointArgument,
    Device,
    DeviceOption,
    HorizonOption,
    LogsOption,
    MarketOption,
    PlansOption,
    SeedOption,
)
from stmp.cli.output import evaluation_bar, fail, print_scores, say, training_bar
from stmp.cli.report import report
from stmp.cli.update import update
from stmp.errors import StmpError

APP = Path(__file__).resolve().parents[2] / "app" / "main.py"
TABLES = (".csv", ".parquet")

cli = typer.Typer(
    help="Few-shot purchase forecasts for shopping festivals, by district and category.",
    epilog="Example: stmp market check assets/markets/beijing. Each command's --help has its own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
market_cli = typer.Typer(help="Build a market from order lines, simulate one, or check a folder.", no_args_is_help=True)
cli.add_typer(market_cli, name="market")


class Variant(StrEnum):
    """Named model configurations."""

    STUDIO = "studio"
    FAITHFUL = "faithful"


def main() -> None:
    """Run the command line: exit code 0 when done, 1 on bad input, 2 on wrong usage."""
    try:
        cli(prog_name="stmp")
    except StmpError as error:
        fail(str(error))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        fail(f"{place}{error.strerror}. Remedy: check the path, its permissions and the space on the disk.")


@market_cli.command("simulate", epilog="Example: stmp market simulate runs/beijing --seed 7")
def market_simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write the market into.", show_default=False)],
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Default: the bundled market's.", show_default=False)] = None,
) -> None:
    """Write the simulated Beijing market: the same seed gives the same files, byte for byte."""
    from stmp.simulate import SEED, simulate

    check_folder(folder)
    simulate(folder, SEED if seed is None else seed)
    say(f"Wrote the simulated market to {folder}. See it with: stmp market check {folder}")


market_cli.command(
    "build",
    epilog="Example: stmp market build runs/mine --orders orders.csv --regions districts.geojson --time-zone Asia/Shanghai --country CN",
)(market_build)

market_cli.command(
    "add-district",
    epilog="Example: stmp market add-district assets/markets/beijing runs/wider --id 110120 --name 'New town' --outline new-town.geojson "
    "--fact population_2020=300000 --days first-week.csv",
)(market_add_district)

market_cli.command("festivals", epilog="Example: stmp market festivals assets/markets/beijing runs/festive --table festivals.csv")(
    market_festivals
)


@market_cli.command("check", epilog="Example: stmp market check assets/markets/beijing")
def market_check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Market folder, one that holds a market.toml.", show_default=False)],
) -> None:
    """Read a market as every other command would, and print what it holds: span, gaps, regions, festivals and peaks."""
    from stmp.market.load import load_market
    from stmp.market.report import describe, render

    say(render(describe(load_market(folder))))


@cli.command(epilog="Example: stmp train assets/markets/beijing --out runs/mine --until 2018-12-31")
def train(
    market_folder: Annotated[Path, typer.Argument(metavar="MARKET", help="Market folder to learn from.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", metavar="CHECKPOINT", help="Folder to write the checkpoint into.")],
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Last day to learn from. Default: all.", show_default=False)
    ] = None,
    device: DeviceOption = Device.AUTO,
    seed: SeedOption = 0,
    variant: Annotated[
        Variant, typer.Option("--variant", help="studio: with our choices; faithful: as the paper draws it.")
    ] = Variant.STUDIO,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="CHECKPOINT",
            help="Go on from these weights for a few steps, as from pretrained/stmp-base.",
            show_default=False,
        ),
    ] = None,
    logs: LogsOption = None,
) -> None:
    """Train a checkpoint on a market. An interrupted training goes on where it was when the same command is given again."""
    last_day = parse_date(until, "--until") if until is not None else None
    check_folder(out)
    if start is not None and variant is Variant.FAITHFUL:
        raise typer.BadParameter("the weights to go on from have a variant of their own; leave out --variant", param_hint="--from")
    from stmp.config import ModelConfig, TrainingConfig
    from stmp.market.load import load_market
    from stmp.pretraining import tune
    from stmp.training import train as run

    market = load_market(market_folder)
    with training_bar() as report:
        if start is not None:
            card = tune(market, start, out, until=last_day, device=device, seed=seed, report=report, logs=logs)
        else:
            config = TrainingConfig(model=ModelConfig.faithful() if variant is Variant.FAITHFUL else ModelConfig())
            card = run(market, out, until=last_day, device=device, seed=seed, config=config, report=report, logs=logs)
    say(f"Wrote {out}: {card.parameters:,} parameters, trained on {card.market} until {card.trained_until}, {card.steps} steps kept.")


@cli.command(epilog="Example: stmp pretrain --out runs/base --steps 30000")
def pretrain(
    out: Annotated[Path, typer.Option("--out", metavar="CHECKPOINT", help="Folder to write the checkpoint into.")],
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Simulated markets to learn from. Default: the recipe's.", show_default=False)
    ] = None,
    device: DeviceOption = Device.AUTO,
    seed: SeedOption = 0,
    logs: LogsOption = None,
) -> None:
    """Train a checkpoint on simulated markets: it forecasts a market it never saw. An interrupted run goes on where it was."""
    check_folder(out)
    from stmp.config import TrainingConfig
    from stmp.pretraining import pretrain as run

    config = TrainingConfig.pretraining()
    if steps is not None:
        config = config.model_copy(update={"steps": steps})
    with training_bar() as report:
        card = run(out, config, device=device, seed=seed, report=report, logs=logs)
    say(f"Wrote {out}: {card.parameters:,} parameters, {card.steps:,} simulated markets.")


@cli.command(epilog="Example: stmp forecast pretrained/beijing --market assets/markets/beijing --cutoff 2019-11-03 --out runs/forecast.csv")
def forecast(
    checkpoint: CheckpointArgument,
    market_folder: MarketOption,
    cutoff: Annotated[str, typer.Option("--cutoff", metavar="DATE", help="Last day whose data is known, as YYYY-MM-DD.")],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="PATH", help="File to write: .csv or .parquet; without a suffix, a folder with one for each region."),
    ],
    horizon: HorizonOption = 14,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", metavar="FILE.toml", help="What differs from the calendar.", show_default=False)
    ] = None,
    samples: Annotated[int, typer.Option("--samples", help="Joint samples that mean and quantiles come from.")] = 200,
    seed: SeedOption = 0,
    device: DeviceOption = Device.AUTO,
) -> None:
    """Forecast every region and category after a cutoff; writes region, category, date, lead, mean and seven quantiles."""
    day = parse_date(cutoff, "--cutoff")
    if out.suffix not in ("", *TABLES):
        raise typer.BadParameter(f"'{out}' ends in neither .csv nor .parquet, and is no folder's name either", param_hint="--out")
    if out.suffix:
        check_file(out)
    else:
        check_folder(out)
    from stmp.forecast import Forecaster, refuse_other_files
    from stmp.market.load import load_market
    from stmp.scenario import Scenario

    if not out.suffix:
        refuse_other_files(out)
    what_if = Scenario() if scenario is None else Scenario.read(scenario)
    forecaster = Forecaster.load(checkpoint, device)
    market = load_market(market_folder)
    with scenario_of(scenario):
        result = forecaster.forecast(market, day, horizon, what_if, samples=samples, seed=seed)
    result.write(out)
    if f"{day:%Y-%m-%d}" < forecaster.card.trained_until:
        say(f"Note: the checkpoint learned from days until {forecaster.card.trained_until}, past the cutoff, so this is no test of it.")
    regions, categories, steps, _ = result.samples.shape
    size = f"{regions} regions x {categories} categories x {steps} {'hours' if result.hourly else 'days'}"
    say(f"Wrote {out}: {regions * categories * steps:,} rows, {size}.")


@cli.command(
    epilog="Example: stmp evaluate pretrained/beijing --market assets/markets/beijing --cutoffs 2019-05-31,2019-10-31 "
    "--against last_festival,lightgbm --out runs/scores.json"
)
def evaluate(
    checkpoint: CheckpointArgument,
    market_folder: MarketOption,
    cutoffs: Annotated[str, typer.Option("--cutoffs", metavar="DATE,DATE", help="Cutoffs as YYYY-MM-DD, none before the training's end.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.json", help="File to write the scores into.")],
    horizon: HorizonOption = 14,
    against: Annotated[
        str | None, typer.Option("--against", metavar="NAME,NAME", help="Baselines to compare with. Default: all.", show_default=False)
    ] = None,
    cells: Annotated[
        Path | None,
        typer.Option(
            "--cells",
            metavar="FILE.parquet",
            help="File for the results cell by cell; the dashboard reads CHECKPOINT/backtest.parquet.",
            show_default=False,
        ),
    ] = None,
    device: DeviceOption = Device.AUTO,
) -> None:
    """Score a checkpoint and baselines on the days after each cutoff, by kind of day."""
    days = [parse_date(text, "--cutoffs") for text in cutoffs.split(",")]
    for file, suffix, option in ((out, ".json", "--out"), (cells, ".parquet", "--cells")):
        if file is None:
            continue
        if file.suffix != suffix:
            raise typer.BadParameter(f"'{file}' does not end in {suffix}", param_hint=option)
        check_file(file, option)
    import pandas as pd

    from stmp.baselines import BASELINES, make_baselines
    from stmp.evaluation import Backtest, Provenance, cells_of
    from stmp.evaluation import evaluate as score
    from stmp.forecaster import STMP
    from stmp.market.load import load_market

    baselines = make_baselines(list(BASELINES) if against is None else against.split(","))
    ours = STMP.load(checkpoint, device)
    market = load_market(market_folder)
    forecasters = [ours, *baselines]
    kept: list[pd.DataFrame] = []
    with evaluation_bar(len(forecasters) * len(days)) as report:
        result = score(
            forecasters,
            market,
            days,
            horizon,
            trained_until=None if ours.card.general else pd.Timestamp(ours.card.trained_until),
            report=report,
            keep=None if cells is None else lambda window, forecast: kept.append(cells_of(window, forecast)),
        )
    result.write(out)
    print_scores(result)
    say(f"Wrote {out}.")
    if cells is not None:
        Backtest.of(Provenance.of(ours.card, market, days, horizon), kept).write(cells)
        say(f"Wrote {cells}.")


cli.command(epilog="Example: stmp update my-market --days new-days.csv --tune runs/my-market")(update)

cli.command(epilog="Example: stmp report pretrained/beijing --market assets/markets/beijing --cutoff 2019-11-03 --out runs/november.pptx")(
    report
)


@cli.command("app", epilog="Example: stmp app --market assets/markets/beijing --market my-market --port 8502")
def run_app(
    markets: Annotated[
        list[Path] | None,
        typer.Option(
            "--market", metavar="DIR", help="Market folder to offer; may be repeated. Default: the bundled ones.", show_default=False
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the dashboard.")] = 8501,
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="ADDRESS", help="Address to listen on. 127.0.0.1 is this machine alone; 0.0.0.0 is every network it is in."
        ),
    ] = "127.0.0.1",
    plans: PlansOption = None,
    brand: BrandOption = None,
    sign_in: Annotated[
        Path | None,
        typer.Option(
            "--sign-in",
            metavar="FILE.toml",
            envvar="STMP_SIGN_IN",
            help="Let in only who signs in; docs/team.md shows what the file holds. Default: nobody is asked.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Start the dashboard in this terminal; Ctrl+C ends it."""
    if not APP.is_file():
        raise StmpError(f"{APP}: the dashboard is missing. Remedy: run this from a checkout of the project.")
    from stmp.market.schema import read_manifest

    chosen = [folder.resolve() for folder in markets or []]
    for folder in chosen:
        read_manifest(folder)
    if brand is not None:
        from stmp.report import Brand

        Brand.read(brand)
        os.environ["STMP_BRAND"] = str(brand.resolve())
    flags = {
        "server.address": host,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    if plans is not None:
        os.environ["STMP_PLANS"] = plans  # not an argument: lists of processes would show its password
    if sign_in is not None:
        from stmp.plans import SignIn

        os.environ["STMP_SIGN_IN"] = str(sign_in.resolve())
        flags |= {"secrets.files": str(sign_in.resolve()), "browser.serverAddress": SignIn.read(sign_in).auth.host}
    settings = [f"--{name}={value}" for name, value in flags.items()]
    arguments = [part for folder in chosen for part in ("--market", str(folder))]
    # Beside a browser and other people's forecasts, threads that spin while they wait for one another take the cores from them all.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(APP), *settings, "--", *arguments])
