"""What models, kinds of days and measures are called, and how measures are written."""

from __future__ import annotations

from dataclasses import dataclass

from app.formats import UNKNOWN
from app.language import t, tn
from stmp.evaluation import study


@dataclass(frozen=True)
class Measure:
    """A column of ``study.scores``. factor: what its numbers are shown times.  aim: the value of a perfect forecast, in what is shown."""

    column: str
    title: str
    explained: str
    factor: float
    aim: float

    def show(self, value: float) -> str:
        """0.1234 -> 12.3 % or, of what is no share, 0.123."""
        if value != value:
            return UNKNOWN
        return f"{100 * value:.1f} %" if self.factor == 100 else f"{value:.3f}"


def measures() -> dict[str, Measure]:
    """The measures by column, in the order they are shown."""
    found = (
        Measure("wape", t("WAPE, %"), t("Absolute errors of the medians, summed, over what was bought."), 100, 0),
        Measure(
            "mse_rel",
            t("Relative MSE"),
            t("Mean squared error of the means, each series by its own mean, so that districts weigh alike."),
            1,
            0,
        ),
        Measure(
            "crps", t("CRPS, %"), t("Error of the whole distribution, bands included, over what was bought; comparable with WAPE."), 100, 0
        ),
        Measure("bias", t("Bias, %"), t("Forecast less actual, over what was bought: above 0 where too much was forecast."), 100, 0),
        Measure("in50", t("50 % band holds, %"), t("Share of the actuals inside the 50 % band; 50 is right."), 100, 50),
        Measure("in80", t("80 % band holds, %"), t("Share of the actuals inside the 80 % band; 80 is right."), 100, 80),
        Measure("in95", t("95 % band holds, %"), t("Share of the actuals inside the 95 % band; 95 is right."), 100, 95),
    )
    return {measure.column: measure for measure in found}


def in_windows(count: int) -> str:
    """1 window, 12 windows."""
    return tn("{count} window", "{count} windows", count, count=count)


def model_name(model: str) -> str:
    """What a forecaster is called."""
    return {
        study.OURS: t("This checkpoint"),
        "seasonal_naive": t("Seasonal naive"),
        "last_festival": t("Last festival"),
        "shrunk_uplift": t("Shrunk uplift"),
        "auto_ets": "AutoETS",
        "lightgbm": "LightGBM",
    }.get(model, model)


def models_explained(models: list[str]) -> str:
    """One line of Markdown per baseline that is there."""
    told = {
        "seasonal_naive": t("**Seasonal naive**: the last same weekday again, without any calendar."),
        "last_festival": t(
            "**Last festival**: the same day of the last festival of that name, times the trend since; other days a year before."
        ),
        "shrunk_uplift": t(
            "**Shrunk uplift**: the level now, times the mean uplift of past festivals, half a district's own and half of all."
        ),
        "auto_ets": t("**AutoETS**: exponential smoothing, its form chosen for each series."),
        "lightgbm": t("**LightGBM**: boosted trees on the same past, calendar and facts, fitted anew at each cutoff."),
    }
    return "\n".join(f"- {told[model]}" for model in models if model in told)


def kind_name(kind: str) -> str:
    """A kind of day, at the head of a row or a button."""
    return {"ordinary": t("Ordinary days"), "holiday": t("Public holidays"), "festival": t("Festival days"), study.ALL: t("All days")}[kind]


def kind_in_text(kind: str) -> str:
    """The same within a sentence: on ..."""
    return {
        "ordinary": t("ordinary days"),
        "holiday": t("public holidays"),
        "festival": t("festival days"),
        study.ALL: t("all days together"),
    }[kind]


def measure_in_text(column: str) -> str:
    """A measure within a sentence."""
    return {"wape": "WAPE", "mse_rel": t("relative MSE"), "crps": "CRPS"}[column]
