"""What the library says of logs, in the page's language."""

from __future__ import annotations

from app.language import t
from stmp.ingest.inputs import Understood
from stmp.ingest.lines import Reason


def field_names() -> dict[str, str]:
    """Field -> what it is called."""
    return {
        "time": t("Time"),
        "region": t("District"),
        "lon": t("Longitude"),
        "lat": t("Latitude"),
        "category": t("Category"),
        "quantity": t("Quantity"),
        "id": t("Number of the line"),
    }


def read_as(understood: Understood, field: str) -> str:
    """How a field's values are read; nothing where there is but one way."""
    if field == "time":
        forms = {
            "iso": t("year-month-day"),
            "ymd": t("year-month-day"),
            "compact": t("yearmonthday"),
            "dmy": t("day-month-year"),
            "mdy": t("month-day-year"),
            "seconds": t("seconds since 1970"),
            "milliseconds": t("milliseconds since 1970"),
            "typed": t("a time in the file's own type"),
        }
        return forms[understood.form.kind]
    return t("decimals with a comma") if understood.told(field) else ""


def step(told: str) -> str:
    """What a build is at; it tells that in English."""
    steps = {
        "looking at": t("Looking at the files …"),
        "looking up": t("Looking up the rejected lines …"),
        "writing": t("Writing the market …"),
    }
    return next((text for begun, text in steps.items() if told.startswith(begun)), t("Counting the lines …"))


def wrong(reason: Reason) -> str:
    """What is wrong with a line."""
    return {
        Reason.BROKEN: t("the line has too few or too many fields, a stray quote, or bytes of another encoding"),
        Reason.REPEATED: t("the line repeats an earlier one"),
        Reason.NO_TIME: t("the time is empty"),
        Reason.BAD_TIME: t("the time cannot be read in the form that the log's other lines have"),
        Reason.NO_QUANTITY: t("the quantity is empty"),
        Reason.BAD_QUANTITY: t("the quantity is not a number"),
        Reason.NEGATIVE: t("the quantity is negative: a return or a correction"),
        Reason.ABSURD: t("the quantity is larger than one line can have"),
        Reason.NO_PLACE: t("the region is empty"),
        Reason.BAD_PLACE: t("the longitude or latitude is empty or not a number"),
        Reason.OUTSIDE: t("the point lies outside every polygon"),
        Reason.UNKNOWN_REGION: t("no boundary or table row has this region"),
        Reason.NO_CATEGORY: t("the category is empty"),
        Reason.TOO_EARLY: t("the day lies before the first one that is taken"),
        Reason.TOO_LATE: t("the day lies after the last one that is taken"),
        Reason.NO_ORDERS: t("the day has no order line at all"),
    }[reason]


def remedy(reason: Reason) -> str:
    """What the user can do about it on this page, which takes other ways than the command."""
    return {
        Reason.BROKEN: t("Mend the line."),
        Reason.REPEATED: t("Nothing, if the log was written twice; else choose no number of the line."),
        Reason.NO_TIME: t("Fill it in."),
        Reason.BAD_TIME: t("Write it like the others."),
        Reason.NO_QUANTITY: t("Fill it in, or choose no quantity to count lines."),
        Reason.BAD_QUANTITY: t("Write a plain number."),
        Reason.NEGATIVE: t("Nothing, if returns are not to be forecast."),
        Reason.ABSURD: t("Correct it."),
        Reason.NO_PLACE: t("Fill it in."),
        Reason.BAD_PLACE: t("Write both in degrees."),
        Reason.OUTSIDE: t("Check the datum, and whether the boundaries are complete."),
        Reason.UNKNOWN_REGION: t("Add the region to the boundaries, or correct the id."),
        Reason.NO_CATEGORY: t("Fill it in, or choose no category."),
        Reason.TOO_EARLY: t("Correct the day."),
        Reason.TOO_LATE: t("Correct the day."),
        Reason.NO_ORDERS: t("Give orders and cart additions of the same days."),
    }[reason]
