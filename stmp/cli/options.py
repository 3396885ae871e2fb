"""Arguments and options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Device(StrEnum):
    """Where to compute; auto takes a GPU when there is one."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


MarketOption = Annotated[Path, typer.Option("--market", metavar="DIR", help="Market folder, one that holds a market.toml.")]
CheckpointArgument = Annotated[
    Path, typer.Argument(metavar="CHECKPOINT", help="Checkpoint folder made by 'stmp train'.", show_default=False)
]
DeviceOption = Annotated[Device, typer.Option("--device", help="Where to compute; auto takes a GPU when there is one.")]
LogsOption = Annotated[Path | None, typer.Option("--logs", metavar="DIR", help="Folder for TensorBoard logs.", show_default=False)]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same result on the CPU.")]
HorizonOption = Annotated[int, typer.Option("--horizon", help="Days to forecast after the cutoff.")]
PlansOption = Annotated[
    str | None,
    typer.Option(
        "--plans",
        metavar="URL",
        envvar="STMP_PLANS",
        help="Database of plans: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME. Default: a file in your own folder.",
        show_default=False,
    ),
]
BrandOption = Annotated[
    Path | None,
    typer.Option(
        "--brand",
        metavar="FILE.toml",
        envvar="STMP_BRAND",
        help="A company's name, logo and colours for its documents.",
        show_default=False,
    ),
]
