"""False courses of things: ends without reason, openings after an end, entries hidden, times forged."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bids.entries import Entry
from bids.package import lines
from tests.bids_factory import World
from tests.package_checks import caught, check, failures, honest, opened, rewrite, texts
from tests.package_factory import Case, unzipped

ENTRIES = "log/entries.jsonl"


@pytest.fixture
def case() -> Case:
    return Case(World(seed=91))


# --- ends without a reason


def test_the_platform_cannot_fail_a_tender_that_has_its_bidders() -> None:
    case = Case(World(seed=92), minimum_bidders=3)
    case.close()
    case.fail()
    caught(case, case.package(), "verify-unopened", "failure-unjustified", ENTRIES)


def test_nor_one_whose_bids_opened(case: Case) -> None:
    opened(case)
    case.fail("minimum after admission")
    caught(case, case.package(), "verify-few-opened", "failure-unjustified", ENTRIES)


def test_nor_one_with_a_responsive_bid(case: Case) -> None:
    opened(case)
    case.evaluate({case.tender.bids[0].id: "未签字"})
    case.fail("none is responsive")
    caught(case, case.package(), "verify-none-responsive", "failure-unjustified", ENTRIES)


def test_it_may_where_too_few_opened_and_the_pack_may_count_again() -> None:
    case = Case(World(seed=93), minimum_bidders=3)
    case.close()
    case.ciphertexts = {case.checked.current[0].bid: None}
    case.release()
    case.open()
    case.fail("too few opened")
    report = check(case.package(), case.world)
    assert failures(report) == {"verify-ciphertexts": ["ciphertext-lost"]}
    assert {finding.code: finding.ok for finding in report.findings}["verify-few-opened"] is None


def test_it_may_where_none_is_responsive(case: Case) -> None:
    opened(case)
    case.evaluate({bid.id: "未签字" for bid in case.tender.bids})
    case.fail("none is responsive")
    honest(case)


@pytest.mark.parametrize("act", ["tender.cancelled", "tender.suspended"])
def test_nothing_is_opened_or_awarded_after_an_end(act: str) -> None:
    case = Case(World(seed=94))
    case.close()
    if act == "tender.cancelled":
        case.cancel()
    else:
        case.log(act, {})
    case.release()
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-course", "entry-after-end", ENTRIES)


# --- entries that the package leaves out


def whole_log(case: Case) -> bytes:
    return lines(case.world.log_entries)


def test_the_whole_log_shows_that_no_entry_was_left_out(case: Case) -> None:
    case.world.tender()
    case.run()
    case.world.tender()
    data = case.package()
    case.world.tender()
    report = check(data, case.world, whole_log(case))
    assert report.ok
    assert {finding.code: finding.ok for finding in report.findings}["verify-entries-all"] is True
    assert all(texts(report))


@pytest.mark.parametrize("act", ["tender.cancelled", "custody.released", "tender.closed"])
def test_an_entry_that_the_platform_left_out_shows_in_the_whole_log(act: str) -> None:
    case = Case(World(seed=95))
    case.close()
    hidden = case.log(act, {"closing": "0" * 64, "release": "1" * 64})
    case.release()
    case.open()
    case.evaluate()
    case.award()
    kept = case.world.log_entries[hidden]
    # The platform packs as if the entry were another tender's.
    case.world.log_entries[hidden] = b"hidden"
    data = case.package()
    case.world.log_entries[hidden] = kept
    assert Entry.parse(kept).act == act
    assert check(data, case.world).ok
    report = check(data, case.world, whole_log(case))
    assert failures(report) == {"verify-entries-all": ["entry-left-out"]}


def test_another_log_or_half_of_it_shows_nothing(case: Case) -> None:
    data = case.run().package()
    entries = list(case.world.log_entries)
    for given, reason in (
        (entries[:-1], "log-entries-short"),
        ([entries[0], *entries[:-1]], "log-entries-root"),
    ):
        report = check(data, case.world, lines(given))
        assert failures(report) == {"verify-entries-all": [reason]}
        assert all(texts(report))
    report = check(data, case.world, b"no newline")
    assert failures(report) == {"verify-entries-all": ["lines-malformed"]}


# --- times

AHEAD = "2026-06-20T00:00:00Z"
BEFORE = "2026-06-01T00:00:00Z"


def test_an_opening_record_from_before_the_deadline_is_caught(case: Case) -> None:
    case.close()
    case.release()
    at = case.at
    case.at = case.tender.notice.deadline - timedelta(minutes=50)
    case.open()
    record_at, case.at = case.at, at
    assert record_at < case.tender.notice.deadline
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-times", "entry-back", ENTRIES)


def test_an_evaluation_dated_ahead_is_caught(case: Case) -> None:
    opened(case)
    case.evaluate(change=lambda members: members.update(at=AHEAD))
    case.award()
    caught(case, case.package(), "verify-times", "entry-time", ENTRIES)


def test_an_evaluation_from_before_the_opening_is_caught(case: Case) -> None:
    opened(case)
    case.evaluate(change=lambda members: members.update(at=BEFORE))
    case.award()
    caught(case, case.package(), "verify-times", "statement-early", ENTRIES)


def test_a_decision_from_before_the_opening_is_caught(case: Case) -> None:
    opened(case)
    case.evaluate()
    case.award(decide=lambda members: members.update(at=BEFORE))
    caught(case, case.package(), "verify-times", "statement-early", ENTRIES)


@pytest.mark.parametrize(("at", "code"), [(BEFORE, "statement-early"), (AHEAD, "entry-time")])
def test_an_award_from_another_time_is_caught(case: Case, at: str, code: str) -> None:
    opened(case)
    case.evaluate()
    case.award(lambda members: members.update(at=at))
    caught(case, case.package(), "verify-times", code, "award.json")


def test_evidence_from_before_the_award_is_caught(case: Case) -> None:
    opened(case)
    case.evaluate()
    case.award()
    data = case.package(evidence=lambda members: members.update(at=BEFORE))
    caught(case, data, "verify-times", "statement-early", "evidence.json")


# --- rubbish where nobody looked


def test_nothing_in_a_package_makes_the_verifier_break_off(case: Case) -> None:
    data = case.run().package()
    for name, content in [*HOSTILE.items(), *_other_versions(data)]:
        for world in (None, case.world):
            report = check(rewrite(data, {name: content}), world)
            # The reader's own anchors stand in for the package's.
            assert not report.ok or (world is not None and name in ("certificates/roots.pem", "log/key"))
            assert all(texts(report))


def _other_versions(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Root and revocation list as X.509 versions that there are not."""
    files = unzipped(data)
    for name, label, version in (
        ("certificates/roots.pem", "CERTIFICATE", (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07")),
        ("certificates/crl.pem", "X509 CRL", (b"\x02\x01\x01\x30\x0a", b"\x02\x01\x07\x30\x0a")),
    ):
        lines = files[name].splitlines()
        der = b64decode(b"".join(lines[1 : lines.index(f"-----END {label}-----".encode())]))
        assert version[0] in der
        text = b64encode(der.replace(*version, 1)).decode()
        yield name, f"-----BEGIN {label}-----\n{text}\n-----END {label}-----\n".encode()


def test_a_list_of_revocations_is_read_line_by_line(case: Case) -> None:
    data = case.run().package()
    crl = b"-----BEGIN X509 CRL-----\n" * 20_000
    report = check(rewrite(data, {"certificates/crl.pem": crl}), case.world)
    assert "crl-malformed" in failures(report)["verify-crls"]


def test_a_member_more_in_the_working_is_caught(case: Case) -> None:
    opened(case)
    case.evaluate()

    def more(award: dict[str, Any]) -> None:
        award["working"]["note"] = None

    case.award(change=more)
    caught(case, case.package(), "verify-award-ranking", "award-working", "award.json")


HOSTILE = {
    "certificates/roots.pem": b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "certificates/crl.pem": b"-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n",
    "certificates/enrolments.json": b"[{}]",
    "log/entries.jsonl": b"{}\n",
    "log/checkpoint": b"\xff\n",
    "log/key": b"\xff",
    "ledger.jsonl": b"[]\n",
    "closing.json": b'{"statement":{"at":1}}',
    "evidence.json": b"null",
    "notice.json": b"{}",
}
