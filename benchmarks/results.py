"""Tables of docs/results.md: the pooled scores of files that ``stmp evaluate`` wrote, as Markdown.

python benchmarks/results.py runs/results/parcels-double11.json ...
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
    trained, cutoffs = content["trained_until"], ", ".join(content["cutoffs"])
    lines = [f"**{content['market']}** ({kind}), trained until {trained}, cutoffs {cutoffs}, {content['horizon']} days", ""]
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


if __name__ == "__main__":
    print("\n\n".join(table(Path(name)) for name in sys.argv[1:]))
