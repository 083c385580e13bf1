"""An offer as a person writes it, made into the offer that is sealed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bids.notice import Notice
from bids.objects import write_object
from bids.offer import ANNOUNCED, Offer, build_announcement, build_offer
from trading.client.errors import ClientError
from trading.client.files import read_json


def read_offer(path: Path, notice: Notice) -> bytes:
    """The canonical offer from a JSON file.

    Three forms are taken: a whole offer of the protocol ("type": "sunseal/offer/v1"), whose amounts stand
    as stated; `unit_prices`, item number to price; or `items`, each with number and unit_price. The last
    two may have delivery_days, quality, total_in_words, and their amounts are computed here; and `segments`,
    which `read_announcements` reads.

    Raises:
        ClientError, BidError: naming what is wrong.
    """
    value = read_json(path)
    if not isinstance(value, dict):
        raise ClientError("offer-form", path=path)
    if "type" in value:
        raw = (
            write_object("offer", {name: value[name] for name in value if name != "type"})
            if value["type"] == "sunseal/offer/v1"
            else _wrong_type(path)
        )
        Offer.parse(raw, notice)
        return raw
    prices = _prices(value, path)
    for name in value:
        if name not in {"unit_prices", "items", "currency", "total", "segments", *ANNOUNCED}:
            raise ClientError("offer-member", path=path, member=name)
    raw = build_offer(notice, prices, **_announced(value, path))
    Offer.parse(raw, notice)
    return raw


def read_announcements(path: Path, notice: Notice) -> dict[str, bytes]:
    """What the segments before the prices announce, by segment: canonical offers without prices.

    The JSON file's `segments` has for each of them an object with delivery_days, quality, or neither; who is
    left out announces nothing.

    Raises:
        ClientError, BidError: naming what is wrong.
    """
    earlier = notice.policy.segment_names[:-1]
    value = read_json(path)
    given = value.get("segments", {}) if isinstance(value, dict) else {}
    if not isinstance(given, dict):
        raise ClientError("offer-value", path=path, member="segments")
    for name, members in given.items():
        if name not in earlier:
            raise ClientError("offer-member", path=path, member=f"segments.{name}")
        if not isinstance(members, dict):
            raise ClientError("offer-value", path=path, member=f"segments.{name}")
        for member in members:
            if member not in ANNOUNCED:
                raise ClientError("offer-member", path=path, member=f"segments.{name}.{member}")
    return {name: build_announcement(notice, **_announced(given.get(name, {}), path)) for name in earlier}


def _announced(value: Mapping[str, Any], path: Path) -> dict[str, Any]:
    announced = {name: value[name] for name in ANNOUNCED if name in value}
    for name, given in announced.items():
        if not isinstance(given, int if name == "delivery_days" else str) or isinstance(given, bool):
            raise ClientError("offer-value", path=path, member=name)
    return announced


def _wrong_type(path: Path) -> bytes:
    raise ClientError("offer-value", path=path, member="type")


def _prices(value: Mapping[str, Any], path: Path) -> dict[str, str]:
    if isinstance(given := value.get("unit_prices"), dict):
        return {str(number): _text(price, path, f"unit_prices.{number}") for number, price in given.items()}
    if not isinstance(given := value.get("items"), list):
        raise ClientError("offer-form", path=path)
    prices: dict[str, str] = {}
    for index, line in enumerate(given):
        if not isinstance(line, dict) or "number" not in line or "unit_price" not in line:
            raise ClientError("offer-form", path=path)
        number = _text(line["number"], path, f"items[{index}].number")
        if number in prices:
            raise ClientError("json-duplicate", path=path, member=f"items[{index}].number {number}")
        prices[number] = _text(line["unit_price"], path, f"items[{index}].unit_price")
    return prices


def _text(value: object, path: Path, member: str) -> str:
    """A number as text; a JSON number comes as it was written."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ClientError("offer-value", path=path, member=member)
    return str(value)
