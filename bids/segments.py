"""The segments of a bid: which there may be, what opens each, and which one holds the prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bids.errors import BidError
from signing.canonical import JSON
from signing.encoding import format_time, parse_time

BID, PRICE = "bid", "price"


@dataclass(frozen=True)
class Segment:
    """A part of the bid that opens on its own.

    The first by itself at `opens_at` (UTC), the tender's deadline; each later one, with no time of its own,
    after the segment `after` and the stage statement on what that one showed.
    """

    name: str
    opens_at: datetime | None = None
    after: str | None = None


def is_priced(segment: str) -> bool:
    """Whether a segment of this name holds items and total: the only one, or the last of several."""
    return segment in (BID, PRICE)


def read_segments(members: Sequence[Mapping[str, str]]) -> tuple[Segment, ...]:
    """The segments of a policy; their forms were checked.

    Raises BidError: "segments-course" unless the first opens at a time and each other one after the one
    before it, under a name of its own; "segments-names" unless the only one is `bid`, or the last of several
    `price` and none `bid`.
    """
    found: list[Segment] = []
    for one in members:
        opens_at = parse_time(one["opens_at"]) if "opens_at" in one else None
        segment = Segment(one["name"], opens_at, one.get("after"))
        before = found[-1].name if found else None
        if segment.after != before or (opens_at is None) != bool(found):
            raise BidError("segments-course", segment=segment.name)
        if segment.name in {other.name for other in found}:
            raise BidError("segments-course", segment=segment.name)
        found.append(segment)
    if [segment.name for segment in found if is_priced(segment.name)] != [BID if len(found) == 1 else PRICE]:
        raise BidError("segments-names")
    if not is_priced(found[-1].name):
        raise BidError("segments-names")
    return tuple(found)


def segment_members(names: Sequence[str], opens_at: datetime) -> list[JSON]:
    """The policy's `segments` for these names in the order of their opening."""
    members: list[JSON] = [{"name": names[0], "opens_at": format_time(opens_at)}]
    return members + [{"name": name, "after": before} for before, name in zip(names, names[1:], strict=False)]
