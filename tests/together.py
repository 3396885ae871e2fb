"""What the tests of several processes start with torchrun: each training writes into a folder of its name below the one given.

Every process leaves ``NAME-RANK.json`` with what it was told in the end.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import save_file

from stmp import pretraining
from stmp.checkpoint import Card, Origin
from stmp.config import Schema, TrainingConfig
from stmp.errors import StmpError
from stmp.learning import Learner
from stmp.pretraining import pretrain, tune
from stmp.processes import ALONE, Team, join
from stmp.training import MarketTasks, train
from tests.markets import small_market
from tests.small import CPU, TINY, TINY_TRAINING

UNTIL = pd.Timestamp("2020-12-31")
ODD = TINY_TRAINING.model_copy(update={"batch": 3})  # two processes cannot share it evenly
PRIOR = TrainingConfig.pretraining().model_copy(
    update={"model": TINY, "steps": 6, "batch": 2, "spatial_regions": 3, "temporal_regions": 2, "temporal_days": 2, "evaluate_every": 3}
)
LONG = TINY_TRAINING.model_copy(update={"steps": 80, "evaluate_every": 10, "learning_rate": 1e-2})
STOP = 4


class Interrupted(Exception):
    """What ends a training early."""


class Stopped(Learner):
    """A training that somebody ends after STOP steps."""

    def _one_step(self) -> float:
        if self.step == STOP:
            raise Interrupted
        return super()._one_step()


def learner_of(out: Path, config: TrainingConfig = ODD, team: Team = ALONE, kind: type[Learner] = Learner, seed: int = 0) -> Learner:
    view = small_market(regions=3).until(UNTIL)
    schema = Schema.of(view)
    return kind(MarketTasks(view, schema, config, CPU, seed), Origin.of(view), schema, config, CPU, seed, out, team=team)


def trainings(folder: Path) -> dict[str, Card]:
    """The same trainings, in however many processes this is called."""
    market = small_market(regions=3)
    pretraining.VALIDATION_MARKETS = 4
    return {
        "train": train(market, folder / "train", until=UNTIL, device="cpu", config=ODD),
        "pretrain": pretrain(folder / "pretrain", PRIOR, device="cpu"),
        "tune": tune(market, folder / "pretrain", folder / "tune", until=UNTIL, device="cpu", config=PRIOR),
        "long": train(market, folder / "long", until=UNTIL, device="cpu", config=LONG),
    }


def gradients(learner: Learner) -> dict[str, torch.Tensor]:
    """Of one step, by parameter."""
    learner._one_step()
    return {name: p.grad.clone() for name, p in learner.network.named_parameters() if p.grad is not None}


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    told: dict[str, object] = {name: card.model_dump(mode="json") for name, card in trainings(folder).items()}
    team = join(CPU)
    save_file(gradients(learner_of(folder / "none", team=team)), folder / f"gradients-{team.rank}.safetensors")
    with suppress(Interrupted):
        learner_of(folder / "stopped", team=team, kind=Stopped).train(None, folder / f"logs-{team.rank}")
    for name, config, seed in (("many", ODD.model_copy(update={"batch": 1}), 0), ("unlike", ODD, team.rank)):
        try:
            learner_of(folder / "none", config, team, seed=seed).train(None, None)
        except StmpError as error:
            told[name] = str(error)
    (folder / f"told-{team.rank}.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
