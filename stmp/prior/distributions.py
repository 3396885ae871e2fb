"""The few distributions that beliefs are stated in, and the processes that are drawn with them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Array = NDArray[np.float64]
Random = np.random.Generator


class Distribution(ABC):
    """Something a number is drawn from."""

    @abstractmethod
    def many(self, random: Random, *shape: int) -> Array:
        """Independent numbers of this shape."""

    def one(self, random: Random) -> float:
        """A single number."""
        return float(self.many(random, 1)[0])


@dataclass(frozen=True)
class Uniform(Distribution):
    low: float
    high: float

    def many(self, random: Random, *shape: int) -> Array:
        return random.uniform(self.low, self.high, shape)


@dataclass(frozen=True)
class LogUniform(Distribution):
    """Every order of magnitude between two positive numbers is as likely as the next."""

    low: float
    high: float

    def many(self, random: Random, *shape: int) -> Array:
        return np.exp(random.uniform(np.log(self.low), np.log(self.high), shape))


@dataclass(frozen=True)
class Normal(Distribution):
    mean: float
    spread: float

    def many(self, random: Random, *shape: int) -> Array:
        return random.normal(self.mean, self.spread, shape)


@dataclass(frozen=True)
class Whole:
    """A whole number, both ends included."""

    low: int
    high: int

    def one(self, random: Random) -> int:
        return int(random.integers(self.low, self.high + 1))


@dataclass(frozen=True)
class Chance:
    """Whether something is so."""

    probability: float

    def one(self, random: Random) -> bool:
        return bool(random.random() < self.probability)

    def many(self, random: Random, *shape: int) -> NDArray[np.bool_]:
        return random.random(shape) < self.probability


@dataclass(frozen=True)
class Choice:
    """One of several words, with weights that need not sum to 1."""

    weights: tuple[tuple[str, float], ...]

    def one(self, random: Random) -> str:
        words, weights = zip(*self.weights, strict=True)
        return str(words[int(np.searchsorted(np.cumsum(weights), random.random() * sum(weights), side="right"))])


def autoregressive(random: Random, spread: float, memory: float, *shape: int) -> Array:
    """[.., D] stationary noise of this standard deviation; ``memory`` is the correlation of one day and the next."""
    steps = random.normal(0, spread, shape)
    steps[..., 1:] *= np.sqrt(1 - memory**2)
    return np.asarray(lfilter([1.0], [1.0, -memory], steps, axis=-1))
