"""``stmp market simulate``: write the simulated Beijing market as a market folder, byte for byte the same for a seed."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import numpy as np
import pandas as pd

from stmp.errors import StmpError
from stmp.files import whole_file
from stmp.simulate.generator import Simulated, generate
from stmp.simulate.parameters import read_parameters

SEED = 2015
GEO = Path(__file__).resolve().parents[2] / "assets" / "geo"

MANIFEST = """\
name = "beijing"
title = "Beijing, 18 districts (simulated)"
title_zh = "北京18区（模拟数据）"
simulated = true
time_zone = "Asia/Shanghai"
frequency = "D"
unit = "orders"
licence = "Apache-2.0 for the simulated panel; boundaries BSD-3-Clause, see assets/geo"
source = "Simulated by 'stmp market simulate' with seed {seed}; only boundaries, population, area and calendar are public facts."

[panel]
file = "panel.csv.gz"
absent = "zero"

[regions]
file = "{geo}/districts.csv"
facts = ["population_2010", "population_2020", "hukou_population_2010", "area_km2"]
polygons = "{geo}/beijing_18.geojson"
polygon_id = "adcode"

[regions.columns]
region = "adcode"
name = "name_en"

[calendar]
file = "calendar.csv"
"""

RULE = """
[[calendar.festivals]]
name = "{name}"
run_up = {run_up}
after = {after}
"""


def simulate(directory: Path, seed: int = SEED) -> None:
    """Write market.toml, panel.csv.gz and calendar.csv into ``directory``; market.toml points at the project's assets/geo.

    The same seed writes the same panel and calendar, byte for byte. Raises StmpError for a negative seed, when ``directory`` is
    a file, and when the project's assets/geo is not there.
    """
    if seed < 0:
        raise StmpError(f"the seed is {seed}. Remedy: give a seed of 0 or more.")
    if directory.exists() and not directory.is_dir():
        raise StmpError(f"{directory}: this is a file, not a folder. Remedy: name a folder, new or existing.")
    if not (GEO / "districts.csv").is_file():
        raise StmpError(f"{GEO}: the district facts are missing. Remedy: run this from a checkout of the project.")
    parameters = read_parameters()
    simulated = generate(parameters, GEO / "districts.csv", seed)
    directory.mkdir(parents=True, exist_ok=True)
    geo = Path(os.path.relpath(GEO, directory.resolve())).as_posix()
    rules = "".join(RULE.format(name=f.name, run_up=f.run_up, after=f.after) for f in parameters.festival)
    _write(directory / "panel.csv.gz", _gzipped(_panel(simulated)))
    _write(directory / "calendar.csv", simulated.calendar.to_csv(index=False, lineterminator="\n").encode())
    _write(directory / "market.toml", (MANIFEST.format(seed=seed, geo=geo) + rules).encode())


def _panel(simulated: Simulated) -> bytes:
    """region, category, date, orders, cart_adds; days run fastest."""
    regions = list(simulated.districts["adcode"])
    index = pd.MultiIndex.from_product(
        [regions, simulated.categories, simulated.dates.strftime("%Y-%m-%d")], names=["region", "category", "date"]
    )
    columns = {"orders": np.ravel(simulated.orders), "cart_adds": np.ravel(simulated.carts)}
    text = io.StringIO()
    pd.DataFrame(columns, index=index).to_csv(text, lineterminator="\n")
    return text.getvalue().encode()


def _gzipped(content: bytes) -> bytes:
    """GzipFile writes its own header, without time, name or system; ``gzip.compress`` leaves the system's mark in some versions."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as stream:
        stream.write(content)
    return packed.getvalue()


def _write(file: Path, content: bytes) -> None:
    with whole_file(file) as temporary:
        temporary.write_bytes(content)
