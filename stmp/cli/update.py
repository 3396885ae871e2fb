"""``stmp update``: new days into a market, and fine-tuning offered with the measure of what it is worth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stmp.cli.build import DarkDays, Dates, DatumName, Decimal, accept, confirm, listed, option, tell_step
from stmp.cli.checks import check_folder
from stmp.cli.options import Device, DeviceOption, HorizonOption, SeedOption
from stmp.cli.output import evaluation_bar, print_scores, say, training_bar
from stmp.errors import StmpError

if TYPE_CHECKING:
    from stmp.finetuning import Trial
    from stmp.ingest import Plan
    from stmp.market.arrivals import Arrival


def update(
    market: Annotated[Path, typer.Argument(metavar="MARKET", help="Market folder that the days belong to.", show_default=False)],
    days: Annotated[Path | None, option("--days", "New days in the columns of the market's panel: CSV or Parquet.", "FILE")] = None,
    orders: Annotated[str | None, option("--orders", "Or order lines of whole days, as for 'stmp market build'.", "PATH|URL")] = None,
    carts: Annotated[str | None, option("--carts", "Cart additions, written like orders.", "PATH|URL")] = None,
    regions: Annotated[Path | None, option("--regions", "Boundaries, for lines that lie at points.", "PATH")] = None,
    time_zone: Annotated[str | None, option("--time-zone", "Zone whose clock the stamps show. Default: the market's.", "ZONE")] = None,
    maps: Annotated[
        list[str] | None, option("--map", "What a column of the lines means. Default: as the market was built.", "FIELD=COLUMN")
    ] = None,
    datum: Annotated[DatumName | None, option("--datum", "Of longitude and latitude in the lines.")] = None,
    regions_datum: Annotated[DatumName | None, option("--regions-datum", "Of the boundaries.")] = None,
    dates: Annotated[Dates | None, option("--dates", "Order of year, month and day, if the lines do not tell.")] = None,
    decimal: Annotated[Decimal | None, option("--decimal", "Sign of decimals, if the lines do not tell.")] = None,
    dark_days: Annotated[
        DarkDays,
        typer.Option("--dark-days", help="A day between the lines that has none: missing data, or zero, as of a shop that was shut."),
    ] = DarkDays.MISSING,
    replace_others: Annotated[bool, typer.Option("--replace", help="Take the new value of a day that is there with another one.")] = False,
    start: Annotated[
        Path | None, option("--tune", "Try to fine-tune this checkpoint, and replace it if that is better and you say so.", "CHECKPOINT")
    ] = None,
    out: Annotated[Path | None, option("--out", "Put the tuned checkpoint here instead.", "CHECKPOINT")] = None,
    horizon: HorizonOption = 14,
    seed: SeedOption = 0,
    device: DeviceOption = Device.AUTO,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: count the lines, and replace a checkpoint by a better one.")] = False,
) -> None:
    """Append new days to a market; forecasts use them at once. The same day with the same value is left alone, another value refused.

    With --tune, weights are tuned on all but the last windows and compared with the untuned ones there. What is replaced is kept beside it.
    """
    if days is not None and orders is not None:
        raise typer.BadParameter("give a table or order lines, not both", param_hint="--days")
    if days is None and orders is None and start is None:
        raise typer.BadParameter("nothing to do: give --days, --orders or --tune", param_hint="--days")
    if start is None and out is not None:
        raise typer.BadParameter("it needs --tune, which says what to start from", param_hint="--out")
    if days is not None:
        from stmp.market.arrivals import append, read_rows

        show_arrival(append(market, read_rows(market, days), replace_others=replace_others))
    if orders is not None:
        told: dict[str, Any] = {"carts": carts, "regions": regions, "time_zone": time_zone}
        words = {"datum": datum, "boundary_datum": regions_datum, "dates": dates, "decimal": decimal}
        given = {name: value for name, value in told.items() if value is not None}
        given |= {name: word.value for name, word in words.items() if word is not None}
        given["dark_is_zero"] = dark_days is DarkDays.ZERO
        show_arrival(_count(market, orders, given, maps or [], replace_others, yes))
    if start is None:
        say(f"Forecasts use what is there now. To see whether fine-tuning makes them better: stmp update {market} --tune CHECKPOINT")
    else:
        _tune(market, start, out or start, horizon, seed, device, yes)


def _count(market: Path, orders: str, given: dict[str, Any], maps: list[str], replace_others: bool, yes: bool) -> Arrival:
    """Order lines counted and appended. ``given``: what the plan that the market suggests is to have instead."""
    from stmp.ingest import Datum
    from stmp.ingest.arrivals import append_lines
    from stmp.ingest.fields import parse_maps

    named = parse_maps(maps)
    given |= {name: Datum(given[name]) for name in ("datum", "boundary_datum") if name in given}

    def change(plan: Plan) -> Plan:
        known = {log: {**plan.maps.get(log, {}), **fields} for log, fields in named.items()}
        return replace(plan, maps=known, days_in=plan.time_zone, **given)

    arrival = append_lines(
        market,
        orders,
        change,
        lambda inputs: confirm(inputs, yes),
        lambda report: accept(report, yes, "Append the days"),
        tell_step,
        replace_others=replace_others,
    )
    if arrival is None:
        raise StmpError("nothing was appended. Remedy: name what differs, for instance with --map FIELD=COLUMN.")
    return arrival


def show_arrival(arrival: Arrival) -> None:
    """What new days have changed, and what is missing among them."""
    market = arrival.market
    form = "%Y-%m-%d" if market.about.frequency == "D" else "%Y-%m-%d %H:%M"
    step = "day" if market.about.frequency == "D" else "hour"
    if len(arrival.steps):
        first, last = (f"{end:{form}}" for end in (arrival.steps[0], arrival.steps[-1]))
        say(f"appended: {first} to {last}, {arrival.appended:,} rows")
    for count, what in (
        (arrival.filled, "filled: {} rows of earlier days that were missing"),
        (arrival.replaced, "replaced: {} rows that had another value"),
        (arrival.same, "left alone: {} rows that are there with the same value"),
        (arrival.left_out, "left out: {} rows of regions that the market does not include"),
    ):
        if count:
            say(what.format(f"{count:,}"))
    if len(arrival.dark):
        meaning = "0" if market.about.absent == "zero" else "missing"
        say(f"gaps: {len(arrival.dark):,} {step}s without any row are {meaning}: {listed(arrival.dark.strftime(form).tolist())}")
    if arrival.lacking:
        regions = [f"{region} {count:,}" for region, count in arrival.lacking.items()]
        say(f"gaps: {sum(arrival.lacking.values()):,} cells of the other {step}s are missing: {listed(regions)}")
    for name in arrival.without if len(arrival.steps) else ():
        say(f"gaps: the rows hold no {name}, which is missing on these {step}s")
    say(f"{market.about.name} ends on {market.cutoff:{form}}." if arrival.changed else "Nothing to do: the market has all of it already.")


def _tune(folder: Path, start: Path, target: Path, horizon: int, seed: int, device: str, yes: bool) -> None:
    """Try it, print both, and put the better one in its place if the user says so."""
    check_folder(target.parent)
    from stmp.checkpoint import read_card
    from stmp.finetuning import adopt, attempt, held_out, staged
    from stmp.market.load import load_market

    card = read_card(start)
    if card.general and target == start:
        raise StmpError(f"{start} serves every market and is not replaced. Remedy: name a folder for the tuned one with --out.")
    if target.resolve() != start.resolve() and target.exists():
        raise StmpError(f"{target} is there already. Remedy: go on from it with --tune {target}, or name a new folder.")
    market = load_market(folder)
    with staged(target) as stage:
        with training_bar() as training, evaluation_bar(2 * len(held_out(market, card, horizon))) as testing:
            trial = attempt(market, start, stage, horizon=horizon, device=device, seed=seed, training=training, testing=testing)
        print_scores(trial.evaluation)
        say(verdict(trial))
        if trial.better and (yes or typer.confirm(f"Put the tuned checkpoint at {target}?", default=False)):
            beside = adopt(trial, target)
            say(f"Wrote {target}." + (f" The one that was there lies at {beside}." if beside else ""))
        else:
            say("Nothing was replaced.")


def verdict(trial: Trial) -> str:
    """What the comparison says, in a sentence."""
    windows = len(trial.evaluation.cutoffs)
    change = f"{abs(trial.gain):.1%} {'lower' if trial.gain > 0 else 'higher'}"
    found = f"CRPS on the days held out is {change} with fine-tuning, and lower in {trial.wins} of {windows} windows"
    if trial.card.steps == 0:
        found += "; no step of it made the validation days better, so that only the spread was calibrated anew"
    return f"{'Better' if trial.better else 'Not better'}: {found}."
