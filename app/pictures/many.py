"""How many districts a picture can hold. The others are told of in words, and stand in the tables and the files."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from app.language import t

MOST = 60  # of bars, rows or columns that can be told apart
BORDERED = 300  # on a map, whose borders or blocks are drawn: of more they hide the colours, and a frame takes seconds without a GPU


def largest(values: pd.Series, chosen: Collection[str] = ()) -> pd.Index:
    """Ids of the ``MOST`` largest values and of the chosen, in the order of ``values``; all where there are no more."""
    if len(values) <= MOST:
        return values.index
    return values.index[values.index.isin([*values.nlargest(MOST).index, *chosen])]


def told_largest(count: int) -> str | None:
    """That not all of ``count`` districts are drawn; None where they are."""
    return t("Drawn are the {shown} largest of {count} districts.", shown=MOST, count=f"{count:,}") if count > MOST else None
