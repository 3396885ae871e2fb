"""The frozen configurations of the model and of its training; unknown keys are refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from stmp.market import Market


class Config(BaseModel):
    """Base of every configuration: frozen, complete, without surprises."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Schema(Config):
    """What the weights were made for: further streams, facts and known-ahead columns by name; absent ones are masked."""

    streams: tuple[str, ...]
    facts: tuple[str, ...]
    known: tuple[str, ...]

    @classmethod
    def of(cls, market: Market) -> Schema:
        """The schema of a market's own data."""
        covariates = tuple(map(str, market.calendar.covariates.columns))
        return cls(streams=tuple(market.past), facts=tuple(map(str, market.facts.columns)), known=covariates + tuple(market.known))


class ModelConfig(Config):
    """Architecture. The switches are the choices that are ours; ``faithful()`` turns every one of them off."""

    window: Annotated[int, Field(ge=7)] = 28  # T, steps before the cutoff that the model reads
    period: Annotated[int, Field(ge=2)] = 7  # steps between the links of the skip-LSTM
    horizon: Annotated[int, Field(ge=1)] = 21  # the longest lead time seen in training
    shots: Annotated[int, Field(ge=1)] = 8  # K, support days per date type
    support_lead: Annotated[int, Field(ge=1)] = 7  # lead time of a support instance's own window
    skip_hidden: Annotated[int, Field(ge=1)] = 12
    hidden: Annotated[int, Field(ge=1)] = 24
    features: Annotated[int, Field(ge=1)] = 32  # width of an extracted instance h
    latent: Annotated[int, Field(ge=4)] = 8  # Z; the first ones hold what the labels say by themselves
    labels_in_support: bool = True  # as in VERSA's regression network; the paper's figure draws x only
    aligned_ar: bool = True  # the weekday-aligned AR branch is added to the output, too
    support_base: bool = True  # predict around level x uplift of the support, shrunk to what psi says of the region
    student_t: bool = True  # else a Gaussian
    shared_days: bool = True  # a part of the error that all regions of a day share

    @model_validator(mode="after")
    def _whole_periods(self) -> ModelConfig:
        if self.window % self.period:
            raise ValueError(f"a window of {self.window} steps does not hold whole periods of {self.period}")
        return self

    @classmethod
    def faithful(cls) -> ModelConfig:
        """The architecture as the paper draws it."""
        return cls(labels_in_support=False, aligned_ar=False, support_base=False, student_t=False, shared_days=False)


class TrainingConfig(Config):
    """How the weights are found."""

    model: ModelConfig = ModelConfig()
    steps: Annotated[int, Field(ge=1)] = 900
    batch: Annotated[int, Field(ge=1)] = 4  # B, episodes of one step
    categories: Annotated[int, Field(ge=1)] = 3  # categories sampled into an episode
    spatial_regions: Annotated[int, Field(ge=1)] = 18  # regions sampled into an episode of the spatial view
    temporal_regions: Annotated[int, Field(ge=1)] = 6  # regions held by an episode of the temporal view
    temporal_days: Annotated[int, Field(ge=1)] = 6  # target days of an episode of the temporal view
    psi_draws: Annotated[int, Field(ge=1)] = 6  # L, draws of psi in the objective
    learning_rate: Annotated[float, Field(gt=0)] = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-2
    hide_festival: Annotated[float, Field(ge=0, le=1)] = 0.5  # share of episodes whose support lacks the festival's own past
    mask_history: Annotated[float, Field(ge=0, le=1)] = 0.1  # share of regions whose history is masked
    vary_stretch: Annotated[float, Field(ge=0)] = 0.4  # log-spread of an episode's factor on festival and holiday uplifts
    vary_shift: Annotated[float, Field(ge=0)] = 0.15  # log-spread of a festival day's own surprise in an episode
    special_days: Annotated[float, Field(ge=0, le=1)] = 0.5  # share of episodes aimed at a festival or holiday
    validation_share: Annotated[float, Field(gt=0, lt=1)] = 0.2  # the last part of the span, for early stopping
    evaluate_every: Annotated[int, Field(ge=1)] = 100
    patience: Annotated[int, Field(ge=1)] = 6  # evaluations without a better score

    @classmethod
    def tuning(cls) -> TrainingConfig:
        """For going on from weights that already know markets: few steps, small ones."""
        return cls(steps=200, learning_rate=5e-4, evaluate_every=20, patience=5, hide_festival=0.25)

    @classmethod
    def pretraining(cls) -> TrainingConfig:
        """For simulated markets, a new one each step: small episodes, many of them; none is repeated, so none is varied."""
        return cls(
            model=ModelConfig(features=48, shots=12),
            steps=24_000,
            categories=1,
            spatial_regions=8,
            temporal_regions=5,
            temporal_days=4,
            hide_festival=0.15,
            vary_stretch=0,
            vary_shift=0,
            special_days=0.6,
            evaluate_every=500,
            patience=1000,
        )


class Calibration(Config):
    """Found on the validation span, never on a test period.

    cell, shared: factors on the scale of a cell's own noise and of the noise that the cells of a day share.
    persistence: correlation of the shared noise of one day and the next.
    days: validation days, and those of them that are festival days, on which these rest.
    """

    cell: float = 1.0
    shared: float = 1.0
    persistence: float = 0.0
    days: int = 0
    festival_days: int = 0
