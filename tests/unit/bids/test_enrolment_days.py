"""The daily root of suppliers' enrolments: a party's place under it, and what that tells of anybody else."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bids.enrolment_days import (
    DEPTH,
    SIZE,
    build_listed,
    day_digest,
    node,
    path,
    place_of,
    read_opening,
    salt_of,
)
from bids.entries import Entry, build_entry
from bids.errors import BidError
from signing import merkle

DAY, FILLER = "2026-06-01", bytes(range(32))
AT = datetime(2026, 6, 1, 17, 30, tzinfo=UTC)
PARTIES = [hashlib.sha256(bytes([number])).hexdigest()[:32] for number in range(9)]
ENROLMENT = "ab" * 32


def tree(parties: list[str], day: str = DAY) -> tuple[Entry, dict[str, bytes], list[tuple[int, bytes]]]:
    leaves = {one: build_listed(day, one, [ENROLMENT], salt_of(FILLER, one)) for one in parties}
    hashed = sorted((place_of(one), merkle.leaf_hash(leaf)) for one, leaf in leaves.items())
    return entry(node(FILLER, DEPTH, 0, hashed), day), leaves, hashed


def entry(root: bytes, day: str = DAY, act: str = "certificates.day") -> Entry:
    digests = {"day": day_digest(day), "root": root.hex()}
    return Entry.parse(build_entry(at=AT, act=act, digests=digests))


@given(st.lists(st.sampled_from(PARTIES), min_size=1, max_size=9, unique=True))
def test_every_party_has_its_place_and_all_proofs_are_of_one_length(parties: list[str]) -> None:
    logged, leaves, hashed = tree(parties)
    for one in parties:
        hashes = path(FILLER, place_of(one), hashed)
        assert len(hashes) == DEPTH, "whether one supplier is at work or ten thousand"
        listed = read_opening(logged, leaves[one], hashes, one)
        assert (listed.day, listed.party, listed.enrolments) == (DAY, one, (ENROLMENT,))
        # As RFC 6962 has it, for anybody's tools.
        root = bytes.fromhex(logged.digests["root"])
        merkle.verify_inclusion(place_of(one), SIZE, merkle.leaf_hash(leaves[one]), hashes, root)


def test_a_day_ends_in_china() -> None:
    logged, leaves, hashed = tree(PARTIES[:1])
    listed = read_opening(logged, leaves[PARTIES[0]], path(FILLER, place_of(PARTIES[0]), hashed), PARTIES[0])
    assert listed.until == datetime(2026, 6, 1, 16, tzinfo=UTC)


def test_what_is_not_the_partys_place_is_refused() -> None:
    logged, leaves, hashed = tree(PARTIES)
    one, two = PARTIES[:2]
    hashes = path(FILLER, place_of(one), hashed)
    root = bytes.fromhex(logged.digests["root"])

    def refusal(logged: Entry, leaf: bytes, hashes: list[bytes], party: str) -> str:
        with pytest.raises(BidError) as caught:
            read_opening(logged, leaf, hashes, party)
        return caught.value.code

    assert refusal(logged, leaves[two], path(FILLER, place_of(two), hashed), one) == "enrolment-day-other"
    assert refusal(logged, leaves[one], path(FILLER, place_of(two), hashed), one) == "enrolment-day-root"
    assert refusal(logged, leaves[one], hashes[:-1], one) == "enrolment-day-root"
    more = build_listed(DAY, one, [ENROLMENT, "cd" * 32], salt_of(FILLER, one))
    assert refusal(logged, more, hashes, one) == "enrolment-day-root"
    assert refusal(entry(root, "2026-06-02"), leaves[one], hashes, one) == "enrolment-day-other"
    assert refusal(entry(root, act="acts.day"), leaves[one], hashes, one) == "enrolment-day-entry"
    bare = Entry.parse(build_entry(at=AT, act="certificates.day", digests={"root": root.hex()}))
    assert refusal(bare, leaves[one], hashes, one) == "enrolment-day-entry", "of before there were openings"
    assert refusal(logged, b"{}", hashes, one) == "wrong-type"


def test_a_day_that_is_none() -> None:
    one = PARTIES[0]
    logged, leaves, hashed = tree([one], "2026-02-30")
    with pytest.raises(BidError, match="not the place"):
        read_opening(logged, leaves[one], path(FILLER, place_of(one), hashed), one)


def test_another_filler_hides_the_same_leaves() -> None:
    _, leaves, hashed = tree(PARTIES)
    assert node(FILLER, DEPTH, 0, hashed) != node(bytes(32), DEPTH, 0, hashed)
    assert salt_of(FILLER, PARTIES[0]) != salt_of(bytes(32), PARTIES[0])
    assert node(FILLER, DEPTH, 0, []) != node(bytes(32), DEPTH, 0, [])
