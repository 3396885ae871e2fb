"""Training: episodes of the two views in turn, early stopping on a time-ordered validation span."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from stmp.batches import Episode, Gatherer
from stmp.calibration import calibrate
from stmp.checkpoint import Card, versions, write_checkpoint
from stmp.config import Schema, TrainingConfig
from stmp.devices import choose_device
from stmp.errors import CutoffError
from stmp.files import whole_file
from stmp.market import Market
from stmp.model import STMPNetwork
from stmp.sampling import EpisodeSampler
from stmp.tasks import Panel

RESUME_WEIGHTS = "training.safetensors"
RESUME_STATE = "training.json"
AVERAGING = 0.99  # decay of the running mean of the weights that is evaluated and kept
VALIDATION_EVERY = 7  # days between validation origins
VALIDATION_DRAWS = 16


@dataclass(frozen=True)
class Progress:
    """Where training stands; ``validation`` and ``best`` are losses, NaN before the first evaluation."""

    step: int
    steps: int
    loss: float
    validation: float
    best: float
    seconds_left: float


def train(
    market: Market,
    out: Path,
    *,
    until: pd.Timestamp | None = None,
    device: str = "auto",
    seed: int = 0,
    config: TrainingConfig | None = None,
    report: Callable[[Progress], None] | None = None,
    logs: Path | None = None,
) -> Card:
    """Train on the market's data up to ``until`` and write a checkpoint into ``out``.

    Interrupted, the same call goes on where it was. Deterministic for a seed on the CPU. ``logs`` is a folder for
    TensorBoard. Raises CutoffError when the span is too short to learn from.
    """
    if market.about.frequency != "D":
        raise CutoffError(f"{market.about.name} is an hourly market, which cannot be trained on yet. Remedy: give it daily sums.")
    config = config or TrainingConfig()
    view = market.until(until if until is not None else market.cutoff)
    run = _Run(view, config, choose_device(device), seed, out)
    run.train(report, logs)
    return run.finish()


class _Run:
    """The state of one training."""

    def __init__(self, view: Market, config: TrainingConfig, device: torch.device, seed: int, out: Path) -> None:
        self.view, self.config, self.device, self.seed, self.out = view, config, device, seed, out
        torch.manual_seed(seed)
        self.schema = Schema.of(view)
        panel = Panel(view, self.schema, config.model.window, device)
        self.gatherer = Gatherer(panel, config.model)
        first_validation = int(panel.days * (1 - config.validation_share))
        needed = config.model.window + config.model.support_lead + config.model.horizon
        if first_validation < 2 * needed:
            raise CutoffError(
                f"{view.about.name} has {panel.days} days until {view.cutoff:%Y-%m-%d}; training needs at least "
                f"{math.ceil(2 * needed / (1 - config.validation_share))}. Remedy: a later --until, or a market with more history."
            )
        self.sampler = EpisodeSampler(panel, config, first_validation, seed)
        self.validation_episodes = self.sampler.validation(panel.days, VALIDATION_EVERY)
        self.network = STMPNetwork(config.model, self.schema).to(device)
        self.average = copy.deepcopy(self.network).eval()
        self.best_weights = {k: v.clone() for k, v in self.average.state_dict().items()}
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
        self.step, self.best, self.best_step, self.validation, self.seconds = 0, math.inf, 0, math.nan, 0.0

    def train(self, report: Callable[[Progress], None] | None, logs: Path | None) -> None:
        self._resume()
        writer = None
        if logs is not None:
            from torch.utils.tensorboard import SummaryWriter

            writer = SummaryWriter(str(logs))
        config = self.config
        began, first = time.monotonic() - self.seconds, self.step
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
            if report is not None:
                elapsed = (time.monotonic() - began - self.seconds) if self.step == first else time.monotonic() - began
                left = elapsed / self.step * (config.steps - self.step)
                report(Progress(self.step, config.steps, loss, self.validation, self.best if self.best_step else math.nan, left))
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
        loss = self._loss(self.network, self.sampler.draw(self.step), config.psi_draws)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        with torch.no_grad():
            keep = min(AVERAGING, (self.step + 1) / (self.step + 10))
            for mean, value in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(value, 1 - keep)
        return float(loss.detach())

    def _loss(self, network: STMPNetwork, episodes: list[Episode], draws: int) -> Tensor:
        support = self.gatherer.support(episodes)
        target, present = self.gatherer.targets(episodes)
        counted = torch.as_tensor(np.stack([e.counted for e in episodes]), device=self.device)
        inputs = self.gatherer.support_inputs(episodes, support), self.gatherer.query_inputs(episodes, support)
        return network.loss(*inputs, target, present, counted, draws)

    def _evaluate(self) -> None:
        state = torch.get_rng_state()
        torch.manual_seed(self.seed)  # the same draws at every evaluation, and none taken from training's own
        with torch.no_grad():
            losses = [float(self._loss(self.average, [e], VALIDATION_DRAWS)) for e in self.validation_episodes]
        torch.set_rng_state(state)
        self.validation = float(np.mean(losses))
        if self.validation < self.best:
            self.best, self.best_step = self.validation, self.step
            self.best_weights = {k: v.clone() for k, v in self.average.state_dict().items()}

    def finish(self) -> Card:
        """Calibrate the best weights, write the checkpoint, and remove what only an interrupted run needs."""
        self.average.load_state_dict(self.best_weights)
        calibration = calibrate(self.average, self.gatherer, self.validation_episodes, self.seed)
        card = Card(
            market=self.view.about.name,
            title=self.view.about.title,
            simulated=self.view.about.simulated,
            unit=self.view.about.unit,
            regions=self.view.regions,
            categories=self.view.categories,
            streams=self.schema.streams,
            facts=self.schema.facts,
            known=self.schema.known,
            trained_from=f"{self.view.dates[0]:%Y-%m-%d}",
            trained_until=f"{self.view.cutoff:%Y-%m-%d}",
            data_digest=self.view.digest,
            weights_sha256="",
            seed=self.seed,
            steps=self.best_step,
            seconds=round(self.seconds, 1),
            parameters=sum(p.numel() for p in self.average.parameters()),
            config=self.config,
            calibration=calibration,
            scores={"validation_loss": self.best},
            versions=versions(),
        )
        card = write_checkpoint(self.out, self.average, card)
        for name in (RESUME_WEIGHTS, RESUME_STATE):
            (self.out / name).unlink(missing_ok=True)
        return card

    def _fingerprint(self) -> dict[str, object]:
        until = f"{self.view.cutoff:%Y-%m-%d}"
        shapes = {name: list(value.shape) for name, value in self.network.state_dict().items()}  # another version's may differ
        run = {"config": self.config.model_dump(mode="json"), "digest": self.view.digest, "until": until, "seed": self.seed}
        return run | {"shapes": shapes}

    def _save_state(self) -> None:
        """Weights, optimizer and random states, so that an interrupted run goes on as if it had not been."""
        from safetensors.torch import save_file

        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        tensors |= {f"best.{k}": v for k, v in self.best_weights.items()}
        for index, slots in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{k}": torch.as_tensor(v) for k, v in slots.items()}
        tensors["random"] = torch.get_rng_state()
        with whole_file(self.out / RESUME_WEIGHTS) as temporary:
            save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, temporary)
        names = ("step", "best", "best_step", "validation", "seconds")
        state = {name: getattr(self, name) for name in names} | {
            "sampler": self.sampler.random.bit_generator.state,
            "run": self._fingerprint(),
        }
        with whole_file(self.out / RESUME_STATE) as temporary:
            temporary.write_text(json.dumps(state), encoding="utf-8")

    def _resume(self) -> None:
        from safetensors.torch import load_file

        file = self.out / RESUME_STATE
        if not file.is_file():
            return
        state = json.loads(file.read_text(encoding="utf-8"))
        if state["run"] != self._fingerprint():
            return  # left by another run: other data, span, seed or config
        tensors = load_file(self.out / RESUME_WEIGHTS, device=str(self.device))

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
        self.sampler.random.bit_generator.state = state["sampler"]
        self.step, self.best, self.best_step = state["step"], state["best"], state["best_step"]
        self.validation, self.seconds = state["validation"], state["seconds"]
