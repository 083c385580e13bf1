"""The portal's follower of the log, before logs that lie as those before an agent's do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bids.entries import build_entry
from signing import merkle
from signing.cosignatures import CosignatureSigner, with_cosignatures
from signing.encoding import b64decode, b64encode
from signing.notes import Checkpoint, format_checkpoint, format_proof, generate_note_key
from signing.tiles import Tile, tiles_of, write_bundle
from tests.bids_factory import NOW
from tests.typescript.node import Node
from tests.unit.trading.client.test_log_follower import TENDER, Log
from trading.client.witness import refusal_file

OTHER = "cd" * 16


def tiles(log: Log, size: int) -> dict[str, str]:
    """Full bundles, and all tiles of the tree of so many leaves."""
    tree, files = log.tree(), {}
    for number in range(size // 256):
        bundle = write_bundle(log.entries[number * 256 : (number + 1) * 256])
        files[f"/log/{Tile(None, number).path}"] = b64encode(bundle)
    for level in range(3):
        for tile in tiles_of(0, size >> (8 * level), level):
            places = range(tile.number * 256, tile.number * 256 + tile.width)
            hashes = b"".join(tree.read(8 * level, place) for place in places)
            files[f"/log/{tile.path}"] = b64encode(hashes)
    return files


def step(log: Log, act: str, *, old: int = 0, **members: Any) -> dict[str, Any]:
    """What the log shows in a step: everything, and a proof from `old` on."""
    size = len(log.entries)
    proofs = {f"{old}-{size}": [b64encode(each) for each in log.tree().consistency(old, size)]} if old else {}
    entries = [b64encode(raw) for raw in log.entries]
    shown = {"note": b64encode(log.note()), "entries": entries, "proofs": proofs, "tender": TENDER}
    return {"act": act, **shown, **members}


def steps(node: Node, log: Log, *steps: dict[str, Any], **kept: str) -> list[Any]:
    return node.ask("log.steps", vkey=log.signer.vkey, steps=steps, kept=kept)


def positions(told: dict[str, Any]) -> list[int]:
    return [at for at, _ in told["result"]]


def test_every_entry_is_read_and_the_tenders_are_kept(node: Node) -> None:
    log = Log()
    for number in range(700):
        log.add(tender=TENDER if number in (0, 300, 699) else OTHER)
    first = step(log, "entries", files={**tiles(log, 700), "/log/tile/entries/001": b64encode(b"rubbish")})
    log.add()
    found, again = steps(node, log, first, step(log, "entries", old=700, note=first["note"]))
    assert positions(found) == positions(again) == [0, 300, 699]
    assert [b64decode(raw) for _, raw in found["result"]] == [log.entries[at] for at in (0, 300, 699)]
    assert "/log/tile/entries/000" in found["asked"] and again["asked"] == [], "nothing is read twice"
    (grown,) = steps(node, log, step(log, "entries"), **{f"tender {OTHER}": b64encode(log.note(300))})
    assert positions(grown) == [0, 300, 699, 700], (
        "what began for another tender shortens nothing for this one"
    )


@pytest.mark.parametrize("size", [1, 255, 256, 300, 511, 700])
def test_reading_begins_at_a_checkpoint_of_any_size(node: Node, size: int) -> None:
    log = Log()
    for _ in range(size):
        log.add(tender=OTHER)
    begun = log.note()
    files = tiles(log, size)
    for _ in range(260):
        log.add()
    follow = step(log, "follow")
    read = step(log, "entries", old=size, files={**tiles(log, len(log.entries)), **files})
    _, found = steps(node, log, follow, read, **{f"tender {TENDER}": b64encode(begun)})
    assert positions(found) == list(range(size, size + 260))
    assert not any("tile/entries/000" in path for path in found["asked"] if size >= 256)
    spoiled = {
        path: b64encode(bytes(len(b64decode(data)))) for path, data in files.items() if "entries" not in path
    }
    _, refused = steps(
        node, log, follow, {**read, "files": spoiled}, **{f"tender {TENDER}": b64encode(begun)}
    )
    assert refused["result"] == {"refused": "log-entries-false"}


def test_a_rewritten_log_is_refused_and_both_checkpoints_are_kept(node: Node) -> None:
    log = Log()
    log.add()
    log.add()
    before = step(log, "follow")
    honest = list(log.entries)
    log.entries[0] = build_entry(at=NOW, act="tender.cancelled", tender=TENDER)
    same = step(log, "follow")
    log.add()
    grown = step(log, "follow", old=2)
    log.entries = honest[:1]
    cut = step(log, "follow")
    told = steps(node, log, before, same, grown, grown, {**cut, "proofs": {}}, before)
    assert [one["result"] for one in told] == [2, *[{"refused": "log-rewritten"}] * 4, 2]
    kept = told[-1]["splits"]
    assert len(kept) == 3, "each contradiction once"
    fault = "it does not extend the one seen before"
    assert b64decode(kept[0]) == refusal_file(fault, b64decode(before["note"]), b64decode(same["note"]))
    log.entries = honest
    late = step(log, "follow", given=b64encode(log.note(1)))
    late["proofs"] = {"1-2": [b64encode(each) for each in log.tree().consistency(1, 2)]}
    assert steps(node, log, before, late)[1]["result"] == 1, "an answer overtaken by a later one"


def test_who_is_turned_away_accuses_nobody(node: Node) -> None:
    log = Log()
    log.add()
    first = step(log, "follow")
    log.add()
    turned = [step(log, "follow", status=status) for status in (401, 403, 429, 503, 404)]
    told = [one["result"] for one in steps(node, log, first, *turned)[1:]]
    assert told == [*({"status": status} for status in (401, 403, 429, 503)), {"refused": "log-rewritten"}]


def test_what_another_tab_has_seen_counts(node: Node) -> None:
    log = Log()
    for _ in range(3):
        log.add()
    shown = step(log, "tabs", note=b64encode(log.note(2)), given=b64encode(log.note()))
    shown["proofs"] = {"2-3": [b64encode(each) for each in log.tree().consistency(2, 3)]}
    log.entries[2] = build_entry(at=NOW, act="tender.cancelled", tender=TENDER)
    fork = step(log, "follow", old=2)
    assert [one["result"] for one in steps(node, log, shown, fork)] == [None, {"refused": "log-rewritten"}]


def test_an_entry_hidden_or_changed_on_the_way(node: Node) -> None:
    log = Log()
    log.add()
    log.add("tender.cancelled")
    shown = step(log, "entries")
    hidden = {
        **shown,
        "entries": [shown["entries"][0], b64encode(build_entry(at=NOW, act="tender.closed", tender=OTHER))],
    }
    forged = {**shown, "note": b64encode(Log().note())}
    told = steps(node, log, forged, hidden, shown)
    refused = [one["result"]["refused"] for one in told[:2]]
    assert refused == ["note-invalid", "log-entries-false"]
    assert positions(told[2]) == [0, 1]


def test_a_bidder_reads_from_the_start_a_log_that_extends_what_was_noted(node: Node) -> None:
    log = Log()
    log.add("tender.published")
    log.add(tender=OTHER)
    noted = log.note()
    log.add("tender.closed")
    newest, read = step(log, "follow"), step(log, "entries", old=2)
    _, told = steps(node, log, newest, read, **{f"seen {TENDER}": b64encode(noted)})
    assert positions(told) == [0, 2], "the notice was published before the bid was sealed"
    _, told = steps(node, log, newest, read, **{f"seen {TENDER}": b64encode(b"x\n1\n")})
    assert positions(told) == [0, 2], "what is no checkpoint counts for nothing"
    log.entries[1] = build_entry(at=NOW, act="tender.cancelled", tender=OTHER)
    newest, read = step(log, "follow"), step(log, "entries", old=2)
    _, told = steps(node, log, newest, read, **{f"seen {TENDER}": b64encode(noted)})
    assert told["result"] == {"refused": "log-rewritten"}


def test_the_newest_envelope_key_by_its_signers_time(node: Node) -> None:
    log = Log()
    newest = log.set_envelope_key(NOW)
    log.set_envelope_key(NOW - timedelta(days=1))
    log.set_envelope_key(NOW + timedelta(days=1))  # from times to come: it would stand for ever
    log.add()
    ask = step(log, "envelope")
    read, known, other = steps(node, log, step(log, "entries"), ask, {**ask, "tender": OTHER})
    assert positions(read) == [3] and known["result"] == newest and other["result"] is None


def test_witnesses_of_the_policy_and_of_this_very_log(node: Node) -> None:
    log = Log()
    log.add()
    log.add()
    witness = CosignatureSigner("witness.example/w", generate_note_key())
    policy = b64encode(f"witness w {witness.vkey}\nquorum w\n".encode())
    cosigned = with_cosignatures(log.note(), [witness.cosign(log.note(), datetime.now(UTC))])
    fork = format_checkpoint(Checkpoint(log.signer.name, 2, merkle.empty_root()), log.signer)
    forked = with_cosignatures(fork, [witness.cosign(fork, datetime.now(UTC))])
    ask = step(log, "cosigned", position=1, policy=policy)
    told = steps(
        node, log, step(log, "follow"), ask,
        {**ask, "cosigned": [log.note().decode()]},
        {**ask, "cosigned": [cosigned.decode()]},
        {**ask, "cosigned": [cosigned.decode()], "position": 2},
        {**ask, "cosigned": [forked.decode()]},
    )  # fmt: skip
    missing = {"refused": "cosignatures-missing"}
    rewritten = {"refused": "log-rewritten"}
    assert [one["result"] for one in told] == [2, missing, missing, ["w"], missing, rewritten]


CERTIFICATE, ENROLMENT = "c" * 64, "e" * 64


@pytest.mark.parametrize(
    ("act", "named", "refused"),
    [
        ("certificate.issued", {}, None),
        ("certificate.revoked", {}, "enrolment-unlogged"),
        ("certificate.issued", {"certificate": "d" * 64}, "enrolment-unlogged"),
        ("certificate.issued", {"enrolment": "d" * 64}, "enrolment-unlogged"),
    ],
)
def test_a_certificate_must_stand_in_the_log(
    node: Node, act: str, named: dict[str, str], refused: str | None
) -> None:
    log = Log()
    for _ in range(5):
        log.add()
    digests = {"certificate": CERTIFICATE, "enrolment": ENROLMENT, **named}
    log.entries[2] = build_entry(at=NOW, act=act, digests=digests)
    proof = b64encode(format_proof(2, log.tree().inclusion(2), log.note()))
    mine = {"certificate": CERTIFICATE, "digest": ENROLMENT, "role": "agency"}
    theirs = {"certificate": "f" * 64, "digest": "f" * 64, "role": "supplier"}
    shown = step(log, "issued", proof=proof, enrolments=[theirs, mine])
    (told,) = steps(node, log, shown)
    assert told["result"] == (None if refused is None else {"refused": refused})
    # Without a proof, by one of another place, and by one of another log than was seen before.
    (bare,) = steps(node, log, {name: value for name, value in shown.items() if name != "proof"})
    assert bare["result"] == {"refused": "enrolment-unlogged"}
    moved = b64encode(format_proof(3, log.tree().inclusion(2), log.note()))
    (told,) = steps(node, log, shown | {"proof": moved})
    assert told["result"] == {"refused": "proof-invalid"}
    other = Log()
    other.signer = log.signer
    for _ in range(5):
        other.add()
    other.entries[2] = log.entries[2]
    other.entries[4] = build_entry(at=NOW, act="organisation.changed")
    again = format_proof(2, other.tree().inclusion(2), other.note())
    _, told = steps(
        node, log, step(log, "follow"), step(other, "issued", proof=b64encode(again), enrolments=[mine])
    )
    assert told["result"] == {"refused": "log-rewritten"}
