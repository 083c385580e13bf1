"""Packages whose checkpoint witnesses have cosigned, by policies of the reader's own, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bids import package as names
from bids.entries import build_entry
from bids.package import lines
from bids.verification import Report
from signing import merkle, notes
from signing.cosignatures import CosignatureSigner, with_cosignatures
from signing.notes import generate_note_key
from tests.bids_factory import World
from tests.package_checks import check, failures, rewrite, texts
from tests.package_factory import Case, unzipped

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
WITNESSES = [CosignatureSigner(f"w.example/{n}", generate_note_key()) for n in range(3)]


@pytest.fixture(scope="module")
def case() -> Case:
    made = Case(World(seed=41)).run()
    made.data = made.package()  # type: ignore[attr-defined]
    return made


def with_lines(data: bytes, added: list[str]) -> bytes:
    """The package with further lines under its checkpoint, in all its proofs too."""
    files = unzipped(data)
    note = files[names.LOG_CHECKPOINT]
    cosigned = with_cosignatures(note, added)
    proofs = {name: files[name].replace(note, cosigned) for name in files if name.endswith(".tlog-proof")}
    return rewrite(data, {names.LOG_CHECKPOINT: cosigned, **proofs})


def cosigned_by(data: bytes, *numbers: int) -> bytes:
    note = unzipped(data)[names.LOG_CHECKPOINT]
    return with_lines(data, [WITNESSES[number].cosign(note, AT) for number in numbers])


def policy(wanted: int, log: str = "") -> bytes:
    first = f"log {log}\n" if log else ""
    known = "".join(f"witness 见证{n} {each.vkey}\n" for n, each in enumerate(WITNESSES))
    return f"{first}{known}group all-of-them {wanted} 见证0 见证1 见证2\nquorum all-of-them\n".encode()


def found(report: Report, code: str) -> str:
    return next(finding.text("en") for finding in report.findings if finding.code == code)


def test_a_quorum_is_told_with_names_and_times(case: Case) -> None:
    report = check(cosigned_by(case.data, 0, 2), case.world, policy=policy(2))  # type: ignore[attr-defined]
    assert report.ok, list(texts(report))
    said = found(report, "verify-cosigned")
    assert "Of the 3 witnesses in your policy 2 have cosigned" in said
    assert "见证0 2026-06-01T08:00:00.000Z, 见证2 2026-06-01T08:00:00.000Z" in said


def test_too_few_is_a_failure(case: Case) -> None:
    for data in (case.data, cosigned_by(case.data, 1)):  # type: ignore[attr-defined]
        report = check(data, case.world, policy=policy(2))
        assert failures(report) == {"verify-cosigned": ["cosigned-too-few"]}
        assert report.failed_files == {names.LOG_CHECKPOINT}


def test_without_a_policy_nobody_knows_whose_lines_they_are(case: Case) -> None:
    report = check(cosigned_by(case.data, 0, 1), case.world)  # type: ignore[attr-defined]
    assert report.ok and "beside the log's own: 2" in found(report, "verify-cosigned-unchecked")
    bare = check(case.data, case.world)  # type: ignore[attr-defined]
    assert bare.ok and "No witness" in found(bare, "verify-cosigned-none")


def test_a_false_line_of_a_known_witness_is_a_failure_and_of_an_unknown_one_nothing(case: Case) -> None:
    signer = case.world.log_signer
    other = notes.format_checkpoint(notes.Checkpoint(signer.name, 3, bytes(32)), signer)
    forged = with_lines(case.data, [WITNESSES[0].cosign(other, AT)])  # type: ignore[attr-defined]
    assert failures(check(forged, case.world, policy=policy(1))) == {"verify-cosigned": ["note-invalid"]}
    stranger = CosignatureSigner("w.example/0", generate_note_key())
    note = unzipped(case.data)[names.LOG_CHECKPOINT]  # type: ignore[attr-defined]
    odd = with_lines(case.data, [stranger.cosign(note, AT), WITNESSES[1].cosign(note, AT)])  # type: ignore[attr-defined]
    assert check(odd, case.world, policy=policy(1)).ok


def test_the_policy_may_name_the_log(case: Case) -> None:
    vkey = case.world.log_signer.vkey
    named = check(cosigned_by(case.data, 0, 1), policy=policy(2, vkey))  # type: ignore[attr-defined]
    assert named.ok and "Your own key" in found(named, "verify-key-own")
    another = notes.NoteSigner("another.example", generate_note_key()).vkey
    for world, code in ((None, "note-invalid"), (case.world, "log-unlisted")):
        report = check(cosigned_by(case.data, 0, 1), world, policy=policy(2, another))  # type: ignore[attr-defined]
        assert code in [reason for each in failures(report).values() for reason in each]


@pytest.mark.parametrize("text", [b"", b"quorum none\nlog x\n", b"\xff\x00", b"quorum none\n# \x01"])
def test_a_malformed_policy_is_no_fault_of_the_package_but_said(case: Case, text: bytes) -> None:
    report = check(case.data, case.world, policy=text)  # type: ignore[attr-defined]
    assert failures(report) == {"verify-cosigned": ["policy-malformed"]}


def test_a_package_that_hides_its_key_or_a_policy_that_is_none(case: Case) -> None:
    hidden = rewrite(case.data, {names.LOG_KEY: None})  # type: ignore[attr-defined]
    report = check(hidden, policy=policy(1, case.world.log_signer.vkey))
    assert "verify-key-own" not in failures(report), "the policy's key is there to judge by"
    rubbish = check(case.data, policy=b"rubbish")  # type: ignore[attr-defined]
    assert failures(rubbish) == {"verify-cosigned": ["policy-malformed"]} and not rubbish.anchored


def test_a_checkpoint_of_a_longer_log_is_as_good(case: Case) -> None:
    """Cosigned after the tender's end: entries that came later, of the tender too, are no omissions."""
    world, files = case.world, unzipped(case.data)  # type: ignore[attr-defined]
    later = [
        build_entry(at=case.later(), act=act, tender=tender, digests={"x": "0" * 64})
        for act, tender in (("custody.erased", case.tender.id), ("tender.published", None))
    ]
    raws = [*world.log_entries, *later]
    tree = merkle.MemoryTree(map(merkle.leaf_hash, raws))
    head = notes.Checkpoint(world.log_signer.name, len(raws), tree.root())
    note = notes.format_checkpoint(head, world.log_signer)
    cosigned = with_cosignatures(note, [WITNESSES[0].cosign(note, AT)])
    changes: dict[str, bytes | None] = {
        names.LOG_CHECKPOINT: cosigned, names.LOG_ENROLMENTS: case.logged.file(tree),
    }  # fmt: skip
    for name in files:
        if name.startswith("log/proofs/"):
            index = notes.parse_proof(files[name]).index
            changes[name] = notes.format_proof(index, tree.inclusion(index), cosigned)
    data = rewrite(case.data, changes)  # type: ignore[attr-defined]
    report = check(data, world, log_entries=lines(raws), policy=policy(1))
    assert report.ok, list(texts(report))
