"""The demonstration's input: what is wrong with it is told with its place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from trading.client.errors import ClientError
from trading.demo.errors import DemoError
from trading.demo.source import UNNAMED, Source, bundled, read_source

GOOD = {
    "source": "somewhere",
    "contracts": [
        {
            "contract_number": "A-1",
            "title": "Road",
            "currency": "USD",
            "engineers_estimate": "100",
            "items": [
                {"number": 1, "code": "01", "description": "Asphalt", "unit": "t", "quantity": "10"},
                {"number": "2a", "description": "Signs", "quantity": ".5"},
            ],
            "bids": [
                {"rank": 2, "bidder": "B", "total": "12.48", "unit_prices": {"1": "1", "2a": "4.95"}},
                {"rank": 1, "bidder": "A", "total": "10.5", "unit_prices": {"1": "1", "2a": ".95"},
                 "responsive": True, "official_note": None},
            ],
        }
    ],
}  # fmt: skip


def read(tmp_path: Path, value: Any) -> Source:
    path = tmp_path / "input.json"
    path.write_text(json.dumps(value), "utf-8")
    return read_source(path)


def test_the_bundled_file_is_the_official_record() -> None:
    source = read_source(bundled())
    assert (len(source.contracts), source.bid_count, len(source.bidders)) == (8, 44, 39)
    for contract in source.contracts:
        assert [bid.rank for bid in contract.bids] == list(range(1, len(contract.bids) + 1))
        for bid in contract.bids:
            assert contract.recomputed(bid) == bid.total
        responsive = [Decimal(bid.total) for bid in contract.bids if bid.responsive]
        assert responsive == sorted(responsive)
    assert source.origin.startswith("California Department of Transportation")


@pytest.mark.parametrize(
    ("origin", "agency"),
    [
        ("somewhere", "somewhere"),
        ("广州市交通局，2011年5月5日开标", "广州市交通局"),
        ("", UNNAMED),
        (", nobody", UNNAMED),
        ("x" * 65, "x" * 64),
        ("a\tb\x00", "a b"),
    ],
)
def test_the_agency_is_what_the_origin_names_first(origin: str, agency: str) -> None:
    assert Source(origin, ()).agency == agency


def test_the_agency_of_the_bundled_file() -> None:
    assert read_source(bundled()).agency == "California Department of Transportation"


def test_reads_and_normalises(tmp_path: Path) -> None:
    source = read(tmp_path, GOOD)
    contract = source.contracts[0]
    assert [bid.bidder for bid in contract.bids] == ["A", "B"], "by rank"
    assert contract.estimate == "100.00" and contract.items[1].quantity == "0.5"
    first = contract.bids[0]
    assert (first.total, first.unit_prices["2a"], first.responsive) == ("10.50", "0.95", True)
    assert contract.recomputed(first) == "10.48", "half up: 10.00 + 0.48"


def contract(value: dict[str, Any]) -> dict[str, Any]:
    return value["contracts"][0]  # type: ignore[no-any-return]


def bid(value: dict[str, Any]) -> dict[str, Any]:
    return contract(value)["bids"][0]  # type: ignore[no-any-return]


def item(value: dict[str, Any]) -> dict[str, Any]:
    return contract(value)["items"][0]  # type: ignore[no-any-return]


MALFORMED: list[tuple[Callable[[dict[str, Any]], Any], str, str]] = [
    (lambda v: v.pop("contracts"), "file", "contracts"),
    (lambda v: v.update(contracts=[]), "contracts", "1 to"),
    (lambda v: v.update(contracts=[1]), "contracts[0]", "contract_number"),
    (lambda v: v["contracts"].append(copy.deepcopy(contract(v))), "contract A-1", "twice"),
    (lambda v: contract(v).pop("contract_number"), "contracts[0]", "contract_number"),
    (lambda v: contract(v).pop("title"), "contract A-1", "title"),
    (lambda v: contract(v).update(title="a\x00b"), "contract A-1", "control"),
    (lambda v: contract(v).update(title="x" * 401), "contract A-1", "400"),
    (lambda v: contract(v).update(currency="usd"), "contract A-1", "capital"),
    (lambda v: contract(v).update(engineers_estimate="cheap"), "contract A-1, engineers_estimate", "cheap"),
    (lambda v: contract(v).update(items=[]), "contract A-1", "items"),
    (lambda v: contract(v).update(bids={}), "contract A-1", "bids"),
    (lambda v: item(v).pop("number"), "contract A-1, items[0]", "number"),
    (lambda v: item(v).update(number="2a"), "contract A-1, item 2a", "twice"),
    (lambda v: item(v).pop("description"), "contract A-1, item 1", "description"),
    (lambda v: item(v).update(quantity="-1"), "contract A-1, item 1, quantity", "-1"),
    (lambda v: item(v).pop("quantity"), "contract A-1, item 1, quantity", "null"),
    (lambda v: bid(v).pop("bidder"), "contract A-1, bids[0]", "bidder"),
    (lambda v: bid(v).update(bidder="A"), "contract A-1, bidder A", "twice"),
    (lambda v: bid(v).update(rank=0), "contract A-1, bidder B", "rank"),
    (lambda v: bid(v).update(rank=True), "contract A-1, bidder B", "rank"),
    (lambda v: bid(v).update(rank=5), "contract A-1", "gaps"),
    (lambda v: bid(v).update(responsive="no"), "contract A-1, bidder B", "responsive"),
    (lambda v: bid(v).update(official_note=7), "contract A-1, bidder B", "official_note"),
    (lambda v: bid(v).pop("total"), "contract A-1, bidder B, total", "null"),
    (lambda v: bid(v).update(total="1.234"), "contract A-1, bidder B, total", "2 digits"),
    (lambda v: bid(v).update(total="1e5"), "contract A-1, bidder B, total", "1e5"),
    (lambda v: bid(v).pop("unit_prices"), "contract A-1, bidder B", "unit_prices"),
    (lambda v: bid(v)["unit_prices"].pop("2a"), "contract A-1, bidder B, item 2a", "missing"),
    (lambda v: bid(v)["unit_prices"].update({"9": "1"}), "contract A-1, bidder B, item 9", "no such item"),
    (lambda v: bid(v)["unit_prices"].update({"1": "abc"}), "contract A-1, bidder B, item 1", "abc"),
    (lambda v: bid(v)["unit_prices"].update({"1": "-2"}), "contract A-1, bidder B, item 1", "-2"),
    (lambda v: bid(v)["unit_prices"].update({"1": True}), "contract A-1, bidder B, item 1", "true"),
]


@pytest.mark.parametrize(("change", "place", "word"), MALFORMED)
def test_what_is_wrong_and_where(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], place: str, word: str
) -> None:
    value = copy.deepcopy(GOOD)
    change(value)
    with pytest.raises(DemoError) as error:
        read(tmp_path, value)
    assert error.value.params["place"] == place
    assert word in error.value.params["reason"]
    assert place in error.value.text("zh")


def test_no_json_and_no_file(tmp_path: Path) -> None:
    path = tmp_path / "input.json"
    path.write_text("{", "utf-8")
    with pytest.raises(ClientError, match="line 1"):
        read_source(path)
    with pytest.raises(ClientError, match="cannot be read"):
        read_source(tmp_path / "missing")
    with pytest.raises(DemoError):
        read(tmp_path, [])


def test_a_currency_without_minor_digits(tmp_path: Path) -> None:
    value = copy.deepcopy(GOOD)
    contract(value).update(currency="JPY")
    for each in contract(value)["bids"]:
        each["total"] = "10"
    assert read(tmp_path, value).contracts[0].estimate == "100"
    bid(value)["total"] = "10.5"
    with pytest.raises(DemoError, match="JPY has none"):
        read(tmp_path, value)
