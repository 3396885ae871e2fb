"""What a log's columns mean: fields, guessed from the columns' names and changed by the user."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from stmp.errors import StmpError

NONE = "-"  # what a user writes for "no column"

# Field -> names of columns that mean it, the surest first, in lower case without blanks, hyphens and underscores.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "time": (
        *("ordertime", "eventtime", "paytime", "paidat", "paymenttime", "orderdate", "invoicedate", "createdat", "createtime"),
        *("addtime", "timestamp", "datetime", "time", "date", "day", "ts"),
        *("下单时间", "订单时间", "支付时间", "付款时间", "交易时间", "加购时间", "创建时间", "下单日期", "订单日期", "时间", "日期"),
    ),
    "region": (
        *("region", "regionid", "district", "districtid", "adcode", "areacode", "area", "county", "city", "country", "store", "storeid"),
        *("区县", "行政区", "区划代码", "行政区划代码", "区域", "地区", "收货区县", "城市", "门店", "区"),
    ),
    "lon": ("lon", "lng", "longitude", "long", "经度"),
    "lat": ("lat", "latitude", "纬度"),
    "category": (
        *("category", "categoryname", "categoryid", "productcategory", "itemcategory", "department", "cat"),
        *("品类", "类目", "一级类目", "商品分类", "商品类目", "分类", "类别"),
    ),
    "quantity": ("quantity", "qty", "units", "pieces", "count", "orders", "num", "数量", "件数", "商品数量", "购买数量", "销量", "订单数"),
    "id": ("lineid", "orderlineid", "eventid", "订单行号", "明细编号", "流水号"),
}
REGION_SYNONYMS: dict[str, tuple[str, ...]] = {
    "region": (
        *("region", "regionid", "adcode", "districtid", "storeid", "storenbr", "shopid", "code", "id"),
        *(*SYNONYMS["region"], "name", "名称"),
    ),
    "name": ("nameen", "name", "title", "district", "名称", "区名"),
    "name_zh": ("namezh", "namecn", "中文名", "名称"),
    "lat": SYNONYMS["lat"],
    "lon": SYNONYMS["lon"],
}
LISTS = {"facts"}  # fields that name several columns


def guess(columns: Sequence[str], synonyms: Mapping[str, tuple[str, ...]] = SYNONYMS) -> dict[str, str]:
    """Field -> column for each field that a column's name tells; no column means two things."""
    bare = {re.sub(r"[\s_\-.]+", "", column).casefold(): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for field, names in synonyms.items():
        taken = set(found.values())
        match = next((bare[name] for name in names if name in bare and bare[name] not in taken), None)
        if match is not None:
            found[field] = match
    return found


def parse_maps(texts: Iterable[str], logs: Sequence[str] = ("orders", "carts", "regions")) -> dict[str, dict[str, str]]:
    """``field=column`` for every log, ``carts.field=column`` for one of them -> log -> field -> column. Raises StmpError."""
    result: dict[str, dict[str, str]] = {log: {} for log in logs}
    for text in texts:
        name, separator, column = (part.strip() for part in text.partition("="))
        log, dot, field = name.rpartition(".")
        known = {*REGION_SYNONYMS, *LISTS} if log == "regions" else set(SYNONYMS)
        if not separator or not column or field not in known or (dot and log not in logs):
            fields = ", ".join(SYNONYMS)
            raise StmpError(
                f"'{text}' maps nothing. Remedy: write FIELD=COLUMN with one of the fields {fields}, or '{NONE}' for no column; "
                "begin with 'carts.' or 'regions.' where those files name it otherwise, as in regions.region=adcode."
            )
        for target in [log] if dot else [log for log in logs if log != "regions"]:
            result[target][field] = column
    return result


def settle(guessed: Mapping[str, str], named: Mapping[str, str], columns: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The guess with what the user named, and the columns named that are not there."""
    missing = [column for field, column in named.items() if field not in LISTS and column not in (NONE, *columns)]
    chosen = {field: column for field, column in {**guessed, **named}.items() if column != NONE}
    return chosen, missing
