"""Tables of docs/results.md, as Markdown: of files that ``stmp evaluate`` wrote, and of the suite's docs/results.json.

python benchmarks/results.py docs/results.json runs/results/parcels-double11.json ...
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

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
    """The goals, and for each kind of window WAPE / relative MSE of every model, the smallest of each bold."""
    content = json.loads(file.read_text(encoding="utf-8"))
    lines = ["| goal | of | reached | goal | met |", "|---|---|---:|---:|---|"]
    for goal in content["goals"]:
        wanted = " to ".join(map(str, goal["goal"])) if isinstance(goal["goal"], list) else f"at most {goal['goal']}"
        reached = "not measured" if goal["value"] is None else goal["value"]
        met = {True: "yes", False: "no", None: ""}[goal["met"]]
        lines.append(f"| {goal['name']} | {goal['of']} | {reached} | {wanted} | {met} |")
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
    return "\n".join(lines)


def _bold(value: float, best: float) -> str:
    return f"**{value:.3f}**" if value == best else f"{value:.3f}"


if __name__ == "__main__":
    print("\n\n".join((suite if Path(name).name == "results.json" else table)(Path(name)) for name in sys.argv[1:]))
