"""Panels that the real markets need and that ../shared/data holds only in another grain; written into runs/markets.

koubei: payments at a fixed set of shops, those open by 2015-07-31, for shops join over time.  online_retail: daily sums.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from stmp.files import whole_file

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
OUT = ROOT / "runs" / "markets"
OPEN_BY = "2015-07-31"


def koubei() -> pd.DataFrame:
    """region, date, orders: from the day on which the last shop of the set has opened."""
    days = pd.read_csv(DATA / "koubei" / "shop_daily.csv.gz")
    city = pd.read_csv(DATA / "koubei" / "shops.csv").set_index("shop_id")["city"]
    opened = days.groupby("shop_id")["date"].min()
    days = days[days["shop_id"].isin(opened[opened <= OPEN_BY].index) & (days["date"] > OPEN_BY)]
    return days.assign(region=days["shop_id"].map(city)).groupby(["region", "date"], as_index=False)["orders"].sum()


def online_retail() -> pd.DataFrame:
    """region, date, orders."""
    hours = pd.read_csv(DATA / "online_retail" / "panel.csv.gz")
    return hours.assign(date=hours["datetime"].str[:10]).groupby(["region", "date"], as_index=False)["orders"].sum()


def main() -> None:
    """Write what is not there yet."""
    OUT.mkdir(parents=True, exist_ok=True)
    for make in (koubei, online_retail):
        file = OUT / f"{make.__name__}.csv.gz"
        if not file.is_file():
            with whole_file(file) as temporary:
                make().to_csv(temporary, index=False, compression={"method": "gzip", "mtime": 0})


if __name__ == "__main__":
    main()
