"""Tables of docs/results.md, as Markdown: of files that ``stmp evaluate`` wrote (scores, and with --cells a backtest, of which the
calibration is told), and of the suite's docs/results.json.

python -m benchmarks.results docs/results.json runs/results/parcels-double11.json pretrained/beijing/backtest.parquet ...
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stmp.evaluation import Backtest, study
from stmp.evaluation.pit import EDGES
from stmp.evaluation.window import SEGMENTS

COLUMNS = {
    "wape": "WAPE",
    "mse_rel": "rel. MSE",
    "mase": "MASE",
    "bias": "bias",
    "crps": "CRPS",
    "coverage50": "in 50 %",
    "coverage80": "in 80 %",
    "coverage95": "in 95 %",
    "total_wape": "WAPE of totals",
    "total_coverage80": "totals in 80 %",
}
LOWER_IS_BETTER = ("wape", "mse_rel", "mase", "crps", "total_wape")
BINS = list(pairwise(EDGES))
CALIBRATION = [
    f"| days | model | bands of | in 50 % | in 80 % | in 95 % | {' | '.join(f'{100 * low:g} to {100 * high:g}' for low, high in BINS)} |",
    f"|---|---|---|{'---:|' * (3 + len(BINS))}",
    f"| | *right* | | .50 | .80 | .95 | {' | '.join(f'{100 * (high - low):.1f}' for low, high in BINS)} |",
]


def table(file: Path) -> str:
    """A heading and, for each segment, the models in order of WAPE; the best of each error is bold."""
    content = json.loads(file.read_text(encoding="utf-8"))
    kind = "simulated" if content["simulated"] else "real data"
    trained = f"trained until {content['trained_until']}" if content["trained_until"] else "fitted anew at every cutoff"
    lines = [f"**{content['market']}** ({kind}), {trained}, cutoffs {', '.join(content['cutoffs'])}, {content['horizon']} days", ""]
    lines += [f"| days | model | {' | '.join(COLUMNS.values())} |", f"|---|---|{'---:|' * len(COLUMNS)}"]
    pooled = [score for score in content["scores"] if score["cutoff"] == "all"]
    for segment in dict.fromkeys(score["segment"] for score in pooled):
        scores = sorted((s for s in pooled if s["segment"] == segment), key=lambda s: s["wape"])
        best = {name: min(s[name] for s in scores) for name in LOWER_IS_BETTER}
        for score in scores:
            cells = [f"{score[name]:.3f}" for name in COLUMNS]
            cells = [f"**{cell}**" if score[name] == best.get(name) else cell for name, cell in zip(COLUMNS, cells, strict=True)]
            lines.append(f"| {segment} ({score['days']}) | {score['model']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def suite(file: Path) -> str:
    """The goals with their intervals, and for each kind of window WAPE / relative MSE of every model, the smallest of each bold."""
    content = json.loads(file.read_text(encoding="utf-8"))
    lines = ["| goal | of | windows | reached | 80 % of bootstraps | goal | met |", "|---|---|---:|---:|---:|---:|---|"]
    for goal in content["goals"]:
        wanted = " to ".join(map(str, goal["goal"])) if isinstance(goal["goal"], list) else f"at most {goal['goal']}"
        reached = "not measured" if goal["value"] is None else goal["value"]
        between = " to ".join(map(str, goal["between"] or ()))
        met = {True: "yes", False: "no", None: ""}[goal["met"]]
        lines.append(f"| {goal['name']} | {goal['of']} | {goal['windows']} | {reached} | {between} | {wanted} | {met} |")
    models = list(dict.fromkeys(row["model"] for row in content["windows"]))
    for kind in ("test", "tuning", "young", "single", "ordinary"):
        rows = {(row["case"], row["model"]): row for row in content["windows"] if row["kind"] == kind}
        lines += [
            "",
            f"**{kind} windows**, WAPE / relative MSE",
            "",
            f"| window (days) | {' | '.join(models)} |",
            f"|---|{'---:|' * len(models)}",
        ]
        for case in dict.fromkeys(case for case, _ in rows):
            scored = {model: rows[case, model] for model in models if (case, model) in rows}
            best = {name: min(row[name] for row in scored.values()) for name in ("wape", "mse_rel")}
            cells = [" / ".join(_bold(scored[m][n], best[n]) for n in best) if m in scored else "" for m in models]
            days = next(iter(scored.values()))["days"]
            lines.append(f"| {case} ({days}) | {' | '.join(cells)} |")
    scored = (row for row in content["windows"] if row["kind"] in ("test", "tuning", "ordinary"))
    return "\n".join([*lines, "", "**Calibration**, days of all windows of a kind together", "", calibration(scored)])


def calibration(rows: Iterable[dict[str, Any]]) -> str:
    """Coverage and PIT histograms of rows of the suite's windows, by kind of window and model; a window weighs as its days."""
    lines = []
    for (kind, model), group in pd.DataFrame(rows).groupby(["kind", "model"], sort=False):
        weight = group["days"].to_numpy() / group["days"].sum()
        for bands, prefix in (("cells", ""), ("totals", "totals_")):
            coverage = [weight @ group[f"{prefix}{name}"] for name in ("in_50", "in_80", "in_95")]
            shares = weight @ np.array(group[f"{prefix}pit"].to_list())
            lines.append(_calibrated(f"{kind} ({group['days'].sum()})", model, bands, coverage, shares))
    return "\n".join([*CALIBRATION, *lines])


def backtest(file: Path) -> str:
    """The same of a backtest's checkpoint, by kind of day."""
    source, lines = Backtest.read(file), []
    ours = source.cells[source.cells["model"] == study.OURS]
    for kind in (*SEGMENTS, study.ALL):
        cells = study.of_kind(ours, kind)
        for bands, rows in (("cells", study.districts(cells)), ("totals", study.network(cells))):
            coverage = study.coverage(rows)
            days = f"{kind} ({coverage['days'].iloc[0]})"
            lines.append(_calibrated(days, study.OURS, bands, coverage["measured"], study.pit(rows)["measured"]))
    told = f"**{source.provenance.market}** ({'simulated' if source.provenance.simulated else 'real data'})"
    return "\n".join([told, "", *CALIBRATION, *lines])


def _calibrated(days: str, model: str, bands: str, coverage: Iterable[float], shares: Iterable[float]) -> str:
    numbers = [f"{value:.2f}".removeprefix("0") for value in coverage] + [f"{100 * share:.1f}" for share in shares]
    return f"| {days} | {model} | {bands} | {' | '.join(numbers)} |"


def _bold(value: float, best: float) -> str:
    return f"**{value:.3f}**" if value == best else f"{value:.3f}"


def _told(file: Path) -> str:
    if file.suffix == ".parquet":
        return backtest(file)
    return suite(file) if file.name == "results.json" else table(file)


if __name__ == "__main__":
    print("\n\n".join(_told(Path(name)) for name in sys.argv[1:]))
