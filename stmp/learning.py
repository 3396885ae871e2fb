"""The loop that finds weights: episodes in, AdamW, early stopping, and a state on disk that an interrupted run goes on from."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from stmp.batches import Episode, Gatherer
from stmp.calibration import calibrate
from stmp.checkpoint import Card, Origin, versions, write_checkpoint
from stmp.config import Schema, TrainingConfig
from stmp.errors import StmpError
from stmp.files import whole_file
from stmp.model import STMPNetwork
from stmp.processes import ALONE, Team

RESUME = "training.safetensors"  # weights, optimizer and random states, with the counters as its metadata
AVERAGING = 0.99  # decay of the running mean of the weights that is evaluated and kept
VALIDATION_DRAWS = 16

Batch = tuple[Gatherer, list[Episode]]


class Tasks(Protocol):
    """Where episodes come from: one market, or any number of simulated ones."""

    @property
    def random(self) -> np.random.Generator:
        """What is drawn from, so that its state can be kept."""
        ...

    def draw(self, step: int) -> Batch:
        """The episodes of one step, of equal shape."""
        ...

    def validation(self) -> list[Batch]:
        """The same episodes at every evaluation, apart from those that ``draw`` gives."""
        ...


@dataclass(frozen=True)
class Progress:
    """Where training stands; ``validation`` and ``best`` are losses, NaN before the first evaluation."""

    step: int
    steps: int
    loss: float
    validation: float
    best: float
    seconds_left: float


class Start(NamedTuple):
    """Weights to go on from, and the hash that names them."""

    sha256: str
    weights: Mapping[str, Tensor]


class Learner:
    """The state of one training, from ``tasks`` made of ``origin``; the checkpoint goes into ``out``.

    Every process of ``team`` holds the same state and draws the same tasks; the first alone writes.
    """

    def __init__(
        self,
        tasks: Tasks,
        origin: Origin,
        schema: Schema,
        config: TrainingConfig,
        device: torch.device,
        seed: int,
        out: Path,
        start: Start | None = None,
        team: Team = ALONE,
    ) -> None:
        """Raises StmpError when there are more processes than episodes in a step."""
        if team.size > config.batch:
            raise StmpError(
                f"{team.size} processes cannot share the {config.batch} episodes of a step. Remedy: start {config.batch} or fewer."
            )
        self.tasks, self.origin, self.schema, self.config = tasks, origin, schema, config
        self.device, self.seed, self.out, self.start, self.team = device, seed, out, start, team
        torch.manual_seed(seed)
        self.validation_batches = tasks.validation()
        self.network = STMPNetwork(config.model, schema).to(device)
        if start is not None:
            self.network.load_state_dict(start.weights)
        self.average = copy.deepcopy(self.network).eval()
        self.best_weights = {k: v.clone() for k, v in self.average.state_dict().items()}
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
        self.step, self.best, self.best_step, self.validation, self.seconds = 0, math.inf, 0, math.nan, 0.0

    def train(self, report: Callable[[Progress], None] | None, logs: Path | None) -> None:
        """Until the steps are done or nothing gets better. Raises StmpError when processes do not begin alike."""
        self._resume()
        self._refuse_unlike()
        if self.start is not None and self.step == 0:
            self._evaluate()
        writer = None
        if logs is not None and self.team.first:
            from torch.utils.tensorboard import SummaryWriter

            writer = SummaryWriter(str(logs))
        config = self.config
        began = time.monotonic() - self.seconds
        while self.step < config.steps and (self.step - self.best_step) < config.patience * config.evaluate_every:
            loss = self._one_step()
            self.step += 1
            if self.step % config.evaluate_every == 0 or self.step == config.steps:
                self._evaluate()
                self.seconds = time.monotonic() - began
                self._save_state()
            if writer is not None:
                writer.add_scalar("loss/training", loss, self.step)
                if self.step % config.evaluate_every == 0:
                    writer.add_scalar("loss/validation", self.validation, self.step)
            if report is not None and self.team.first:
                left = (time.monotonic() - began) / self.step * (config.steps - self.step)
                best = self.best if math.isfinite(self.best) else math.nan
                report(Progress(self.step, config.steps, loss, self.validation, best, left))
        self.seconds = time.monotonic() - began
        if writer is not None:
            writer.close()

    def _one_step(self) -> float:
        config = self.config
        # Warm up over 5 % of the steps, then a cosine down to 5 % of the rate.
        warm = min(1.0, (self.step + 1) / (0.05 * config.steps))
        rate = config.learning_rate * warm * (0.525 + 0.475 * math.cos(math.pi * self.step / config.steps))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        gatherer, episodes = self.tasks.draw(self.step)
        noise = self.team.normal(len(episodes))
        loss = self._loss(self.network, gatherer, episodes[self.team.share], config.psi_draws, noise, among=_counted(gatherer, episodes))
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        loss = self.team.add_up(loss.detach(), self.network.parameters())
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        with torch.no_grad():
            keep = min(AVERAGING, (self.step + 1) / (self.step + 10))
            for mean, value in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(value, 1 - keep)
        return float(loss)

    def _loss(
        self,
        network: STMPNetwork,
        gatherer: Gatherer,
        episodes: list[Episode],
        draws: int,
        normal: Callable[..., Tensor] = torch.randn,
        among: Tensor | None = None,
    ) -> Tensor:
        support = gatherer.support(episodes)
        target, present = gatherer.targets(episodes)
        counted = torch.as_tensor(np.stack([e.counted for e in episodes]), device=self.device)
        inputs = gatherer.support_inputs(episodes, support), gatherer.query_inputs(episodes, support)
        return network.loss(*inputs, target, present, counted, draws, normal, among)

    def _evaluate(self) -> None:
        with torch.random.fork_rng([] if self.device.type == "cpu" else [self.device]), torch.no_grad():
            torch.manual_seed(self.seed)  # the same draws at every evaluation, and none taken from training's own
            own = [float(self._loss(self.average, *batch, VALIDATION_DRAWS)) for batch in self.validation_batches[self.team.share]]
        self.validation = float(np.mean([loss for losses in self.team.gather(own) for loss in losses]))
        if self.validation < self.best:
            self.best, self.best_step = self.validation, self.step
            self.best_weights = {k: v.clone() for k, v in self.average.state_dict().items()}

    def best_network(self) -> STMPNetwork:
        """The network with the best weights seen."""
        self.average.load_state_dict(self.best_weights)
        return self.average

    def keep(self) -> Card:
        """Calibrate the best weights on the validation episodes, write them with their card, and remove what only an interrupted
        run needs. Every process gets the same card."""
        network = self.best_network()
        card = Card(
            **self.origin.model_dump(),
            **self.schema.model_dump(),
            weights_sha256="",
            seed=self.seed,
            steps=self.best_step,
            seconds=round(self.seconds, 1),
            parameters=sum(p.numel() for p in network.parameters()),
            config=self.config,
            calibration=calibrate(network, self.tasks.validation(), self.seed),
            scores={"validation_loss": self.best},
            versions=versions(),
        )
        if self.team.first:
            card = write_checkpoint(self.out, network, card)
            (self.out / RESUME).unlink(missing_ok=True)
        return self.team.gather(card)[0]

    def _fingerprint(self) -> dict[str, object]:
        """All that must be the same for an interrupted run to go on."""
        return {
            "config": self.config.model_dump(mode="json"),
            "seed": self.seed,
            "shapes": {name: list(value.shape) for name, value in self.network.state_dict().items()},  # another version's may differ
            "digest": self.origin.data_digest,
            "until": self.origin.trained_until,
            "start": "" if self.start is None else self.start.sha256,
        }

    def _refuse_unlike(self) -> None:
        """Processes on machines with other data, or without the first one's ``out``, would average what does not belong together."""
        states = self.team.gather((self._fingerprint(), self.step))
        if any(state != states[0] for state in states):
            raise StmpError(
                f"the {self.team.size} processes do not begin alike: the market, the seed or what an earlier run left differs. Remedy: let "
                f"all machines read the same market, and {self.out} from a disk that they share."
            )

    def _save_state(self) -> None:
        """Weights, optimizer and random states, so that an interrupted run goes on as if it had not been."""
        from safetensors.torch import save_file

        if not self.team.first:
            return
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        tensors |= {f"best.{k}": v for k, v in self.best_weights.items()}
        for index, slots in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{k}": torch.as_tensor(v) for k, v in slots.items()}
        tensors["random"] = torch.get_rng_state()
        names = ("step", "best", "best_step", "validation", "seconds")
        state = {name: getattr(self, name) for name in names} | {
            "tasks": self.tasks.random.bit_generator.state,
            "run": self._fingerprint(),
        }
        with whole_file(self.out / RESUME) as temporary:
            save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, temporary, {"state": json.dumps(state)})

    def _resume(self) -> None:
        from safetensors import safe_open

        file = self.out / RESUME
        if not file.is_file():
            return
        with safe_open(file, "pt", device=str(self.device)) as opened:
            state = json.loads(opened.metadata()["state"])
            if state["run"] != self._fingerprint():
                return  # left by another run: other data, span, seed or config
            tensors = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118

        def part(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

        self.network.load_state_dict(part("network."))
        self.average.load_state_dict(part("average."))
        self.best_weights = part("best.")
        optimizer = self.optimizer.state_dict()
        for name, value in part("optimizer.").items():
            index, slot = name.split(".", 1)
            optimizer["state"].setdefault(int(index), {})[slot] = value
        self.optimizer.load_state_dict(optimizer)
        torch.set_rng_state(tensors["random"].cpu())
        self.tasks.random.bit_generator.state = state["tasks"]
        self.step, self.best, self.best_step = state["step"], state["best"], state["best_step"]
        self.validation, self.seconds = state["validation"], state["seconds"]


def _counted(gatherer: Gatherer, episodes: list[Episode]) -> Tensor:
    """[B, R, C, P] what of the episodes' targets is scored, and how much it weighs."""
    _, present = gatherer.targets(episodes)
    return present * torch.as_tensor(np.stack([e.counted for e in episodes]), device=present.device)[:, None, None]
