"""Date types of days: kinds, phases, offsets, what wins where festivals meet, and who stands in for whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stmp.market import DAY_OFF, WORKDAY, Calendar, DateType, Occurrence


def calendar(start: str, days: int, *occurrences: Occurrence, holidays: dict[str, str] | None = None) -> Calendar:
    dates = pd.date_range(start, periods=days)
    holiday = np.array([(holidays or {}).get(f"{day:%m-%d}", "") for day in dates])
    return Calendar(dates, np.asarray(dates.dayofweek < 5) & (holiday == ""), holiday, occurrences, pd.DataFrame(index=dates))


def festival(name: str, peak: str, **more: object) -> Occurrence:
    return Occurrence(name, pd.Timestamp(peak), **more)


def labels(made: Calendar) -> list[str]:
    return [date_type.label for date_type in made.types]


def test_days_without_a_festival() -> None:
    made = calendar("2021-04-01", 6, holidays={"04-03": "Qingming", "04-04": "Qingming", "04-05": "Qingming"})
    assert labels(made) == ["workday", "workday", *["holiday · Qingming"] * 3, "workday"]
    assert list(made.offsets) == [0, 0, 0, 1, 2, 0]
    assert labels(calendar("2021-04-09", 3)) == ["workday", "day off", "day off"]


def test_a_holiday_that_is_worked_is_a_workday() -> None:
    made = calendar("2021-04-05", 1, holidays={"04-05": "Qingming"})
    worked = Calendar(made.dates, np.array([True]), made.holiday, (), made.covariates)
    assert labels(worked) == ["workday"]


def test_phases_and_distances_of_a_festival() -> None:
    made = calendar("2021-06-01", 22, festival("618", "2021-06-17", days=2, opening=pd.Timestamp("2021-06-01"), run_up=2, after=3))
    of_festival = {day: (t.phase, offset) for day, t, offset in zip(range(1, 23), made.types, made.offsets, strict=True) if t.name == "618"}
    assert of_festival == {
        1: ("opening", -16),
        15: ("run-up", -2),
        16: ("run-up", -1),
        17: ("peak", 0),
        18: ("peak", 1),
        19: ("after", 1),
        20: ("after", 2),
        21: ("after", 3),
    }
    assert made.types[16].label == "618 · peak"


def test_a_festival_wins_over_holidays_and_a_peak_over_other_phases() -> None:
    made = calendar("2021-11-07", 9, festival("A", "2021-11-09"), festival("B", "2021-11-11"), holidays={"11-11": "Day"})
    assert labels(made) == ["A · run-up"] * 2 + ["A · peak", "B · run-up", "B · peak"] + ["B · after"] * 3 + ["workday"]
    # 10 November is A's first day after and B's last of the run-up: the run-up wins; 12 November is B's first after and A's third.
    assert list(made.offsets) == [-2, -1, 0, -1, 0, 1, 2, 3, 0]


def test_an_opening_wins_over_an_earlier_festival_s_wake() -> None:
    made = calendar("2021-10-30", 3, festival("A", "2021-10-30"), festival("B", "2021-11-11", opening=pd.Timestamp("2021-10-31")))
    assert labels(made) == ["A · peak", "B · opening", "A · after"]


def test_days_outside_the_calendar_are_left_out() -> None:
    made = calendar("2021-11-10", 2, festival("A", "2021-11-11"))
    assert labels(made) == ["A · run-up", "A · peak"]
    assert made.index(pd.Timestamp("2021-11-11")) == 1
    assert made.index(pd.Timestamp("2021-11-12")) is None
    assert made.index(pd.Timestamp("2021-11-09")) is None


def test_other_occurrences_and_blends() -> None:
    made = calendar("2021-11-08", 5, festival("A", "2021-11-11"))
    moved = made.with_occurrences([festival("B", "2021-11-12"), festival("A", "2021-11-08")])
    assert moved.festivals == ("A", "B")
    assert [o.festival for o in moved.occurrences] == ["A", "B"]
    day = pd.Timestamp("2021-11-08")
    blended = made.with_mixture({day: {"workday": 0.3, "A · peak": 0.7}})
    assert blended.types[0] == DateType("festival", "A", "peak")
    assert blended.blend(0) == {"workday": 0.3, "A · peak": 0.7}
    assert blended.blend(3) == {"A · peak": 1.0}
    assert labels(made)[0] == "A · run-up"


@pytest.mark.parametrize(
    "date_type",
    [
        WORKDAY,
        DAY_OFF,
        DateType("holiday", "National Day"),
        DateType("festival", "Double 11", "peak"),
        DateType("festival", "A · B", "after"),
    ],
)
def test_labels_are_read_back(date_type: DateType) -> None:
    assert DateType.parse(date_type.label) == date_type


@pytest.mark.parametrize("text", ["", "weekday", "Double 11", "Double 11 · summit", "Double 11-peak"])
def test_what_is_no_date_type_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is no date type: write 'workday'"):
        DateType.parse(text)


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        ("618 · peak", "618 · peak", 3),
        ("618 · peak", "Double 11 · peak", 2),
        ("618 · peak", "618 · run-up", 1),
        ("618 · peak", "Double 11 · after", 1),
        ("holiday · Qingming", "holiday · Qingming", 3),
        ("holiday · Qingming", "holiday · National Day", 2),
        ("workday", "workday", 3),
        ("workday", "day off", 0),
        ("618 · peak", "holiday · Qingming", 0),
        ("holiday · Qingming", "day off", 0),
    ],
)
def test_the_hierarchy_says_whose_past_stands_in(one: str, other: str, relation: int) -> None:
    assert DateType.parse(one).relation(DateType.parse(other)) == relation
    assert DateType.parse(other).relation(DateType.parse(one)) == relation
