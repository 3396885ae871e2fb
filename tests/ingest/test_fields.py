"""What columns mean: guessed in two languages, changed by the user."""

from __future__ import annotations

import pytest

from stmp.errors import StmpError
from stmp.ingest.fields import guess, parse_maps, settle
from stmp.ingest.limits import Limits


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (("InvoiceDate", "Country", "Quantity", "Price"), {"time": "InvoiceDate", "region": "Country", "quantity": "Quantity"}),
        (("下单时间", "区县", "类目", "数量"), {"time": "下单时间", "region": "区县", "category": "类目", "quantity": "数量"}),
        (("Order Time", "created_at", "lng", "lat"), {"time": "Order Time", "lon": "lng", "lat": "lat"}),
        (("line-id", "event.id", "date", "city"), {"time": "date", "region": "city", "id": "line-id"}),
        (("x", "y"), {}),
    ],
)
def test_columns_are_guessed_by_their_names(columns: tuple[str, ...], expected: dict[str, str]) -> None:
    assert guess(columns) == expected


def test_the_user_has_the_last_word() -> None:
    maps = parse_maps(["time=paid", "carts.time=added", "quantity=-", "regions.facts=people,area"])
    assert maps["orders"] == {"time": "paid", "quantity": "-"}
    assert maps["carts"] == {"time": "added", "quantity": "-"}
    assert maps["regions"] == {"facts": "people,area"}
    columns = ("paid", "date", "qty")
    assert settle(guess(columns), maps["orders"], columns) == ({"time": "paid"}, [])
    assert settle(guess(columns), {"region": "shop"}, columns)[1] == ["shop"]


@pytest.mark.parametrize("text", ["time", "time=", "colour=red", "sales.time=x", "regions.quantity=x"])
def test_a_mapping_that_maps_nothing_is_refused(text: str) -> None:
    with pytest.raises(StmpError, match=f"'{text}' maps nothing"):
        parse_maps([text])


def test_limits_are_changed_by_name() -> None:
    assert Limits.parse(["files=3", "memory_megabytes = 500"]) == Limits(files=3, memory_megabytes=500)
    for text in ("files", "files=-1", "files=0", "colour=1"):
        with pytest.raises(StmpError, match="is no limit"):
            Limits.parse([text])
