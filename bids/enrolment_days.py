"""The daily root of suppliers' enrolments: a party's own place under it, opened.

A log in the clear would tell how many suppliers are at work. So each day one root enters it, of a tree that
has a place for every party there could be: 2⁶⁴ leaves as RFC 6962 hashes them, a party's at the first 64 bits
of its id, which is random. The leaf lists every certificate enrolled for the party as a supplier until the
day's end. All hashes of a proof look random and there are always 64, so that it tells nothing of anybody
else. A party has one place alone, and so sees all that the root says in its name.
"""

from __future__ import annotations

import hmac
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from bids.entries import Entry
from bids.errors import BidError
from bids.objects import read_object, write_object
from signing import canonical, merkle
from signing.errors import MerkleError

ACT = "certificates.day"
DEPTH = 64
SIZE = 1 << DEPTH

Leaves = Sequence[tuple[int, bytes]]
"""Places and leaf hashes, in the order of the places."""

_SHANGHAI = timezone(timedelta(hours=8))  # it has no summer time
_PLACE = DEPTH // 4  # hex digits


@dataclass(frozen=True)
class Listed:
    """What a day's root says of one party: the SHA-256 of its enrolments' files, sorted."""

    day: str
    party: str
    enrolments: tuple[str, ...]

    @property
    def until(self) -> datetime:
        """The day's end (UTC+8): what was enrolled before it is listed."""
        return datetime.combine(date.fromisoformat(self.day), time(), _SHANGHAI) + timedelta(days=1)


def place_of(party: str) -> int:
    """A party's leaf, by its id."""
    return int(party[:_PLACE], 16)


def day_digest(day: str) -> str:
    """How an entry of the log names a day ("2026-06-01"): by its SHA-256."""
    return canonical.digest(day.encode())


def build_listed(day: str, party: str, enrolments: Iterable[str], salt: str) -> bytes:
    """A party's leaf; `salt` (32 bytes in hex) keeps others from trying what may stand there."""
    members = {"day": day, "enrolments": sorted(enrolments), "party": party, "salt": salt}
    return write_object("enrolled", dict(members))


def node(filler: bytes, level: int, index: int, leaves: Leaves) -> bytes:
    """The hash of the subtree at `level` and `index`, over those of `leaves` that lie under it.

    Where no leaf is, a hash drawn from `filler` (32 random bytes, a secret) stands for the whole subtree.
    """
    low = bisect_left(leaves, (index << level, b""))
    return _node(filler, level, index, leaves, low, bisect_left(leaves, ((index + 1) << level, b"")))


def path(filler: bytes, place: int, leaves: Leaves, top: int = DEPTH) -> list[bytes]:
    """The hashes from the leaf at `place` up to the node at the level `top`; `leaves` has all under that."""
    return [node(filler, level, (place >> level) ^ 1, leaves) for level in range(top)]


def salt_of(filler: bytes, party: str) -> str:
    """The salt of a party's leaf."""
    return hmac.digest(filler, f"salt/{party}".encode(), "sha256").hex()


def _node(filler: bytes, level: int, index: int, leaves: Leaves, low: int, high: int) -> bytes:
    if low == high:
        return hmac.digest(filler, f"{level}/{index}".encode(), "sha256")
    if level == 0:
        return leaves[low][1]
    middle = bisect_left(leaves, ((2 * index + 1) << (level - 1), b""), low, high)
    left = _node(filler, level - 1, 2 * index, leaves, low, middle)
    return merkle.node_hash(left, _node(filler, level - 1, 2 * index + 1, leaves, middle, high))


def read_opening(entry: Entry, leaf: bytes, hashes: Sequence[bytes], party: str) -> Listed:
    """What the root in `entry`, a day's in the log, says of `party`.

    1. The entry is of a day's root, and names the day and the root.
    2. The leaf is the party's own, of that very day.
    3. `hashes` (32 bytes each, from the leaf up) lead from the party's place to the root.

    Raises:
        BidError: "enrolment-day-entry", "enrolment-day-other", "enrolment-day-root", or of a malformed leaf.
    """
    root = entry.digests.get("root")
    if entry.act != ACT or root is None or "day" not in entry.digests:
        raise BidError("enrolment-day-entry")
    members = read_object(leaf, "enrolled")
    listed = Listed(members["day"], members["party"], tuple(members["enrolments"]))
    same = listed.party == party and entry.digests["day"] == day_digest(listed.day)
    if not same or not _is_day(listed.day):
        raise BidError("enrolment-day-other", party=party)
    try:
        merkle.verify_inclusion(place_of(party), SIZE, merkle.leaf_hash(leaf), hashes, bytes.fromhex(root))
    except MerkleError:
        raise BidError("enrolment-day-root", party=party) from None
    return listed


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
