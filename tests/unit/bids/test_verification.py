"""The verifier: honest packages of every kind, evidence and log, anchors, what findings say."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bids import package as names
from bids.errors import BidError
from bids.package import read_package
from bids.verification import Finding, verify
from bids.verification.anchors import load_crls
from signing import canonical
from signing.certificates import dump_pem
from signing.statements import read_statement
from tests.bids_factory import HOUR, Tender, World, strangers
from tests.package_checks import (
    caught,
    check,
    failures,
    honest,
    rewrite,
    texts,
    too_few,
)
from tests.package_factory import Case, unzipped


@pytest.fixture
def case() -> Case:
    return Case(World(seed=61))


# --- honest packages of every kind


def test_an_award_passes_every_check_in_words(case: Case) -> None:
    case.run()
    report = check(honest(case), case.world)
    assert [finding.number for finding in report.findings] == list(range(1, len(report.findings) + 1))
    assert {finding.ok for finding in report.findings} == {True, None}
    unknown = [finding.code for finding in report.findings if finding.ok is None]
    assert unknown == [
        "verify-documents-unchecked", "verify-cosigned-none", "verify-entries-unchecked", "verify-sandbox",
    ]  # fmt: skip
    assert all(texts(report))
    assert report.failed_files == frozenset()


def test_without_anchors_of_ones_own_it_says_unanchored(case: Case) -> None:
    report = check(case.run().package())
    assert report.ok and not report.anchored
    unknown = [finding.code for finding in report.findings if finding.ok is None]
    assert unknown[:2] == ["verify-roots-package", "verify-key-package"]
    assert unknown[-1] == "verify-unanchored"


def test_replacements_withdrawals_and_earlier_notices_pass() -> None:
    world = World(seed=62, suppliers=4)

    def before(tender: Tender) -> None:
        void = tender.submit(world.suppliers[0])
        tender.amend(deadline=tender.notice.deadline + HOUR)
        tender.amend(title="第二次更正")
        first = tender.submit(world.suppliers[0], replaces=void.id)
        tender.submit(world.suppliers[0], replaces=first.id)
        tender.withdraw(tender.submit(world.suppliers[1]))
        tender.submit(world.suppliers[1])
        tender.submit(world.suppliers[2])

    case = Case(world, bidders=0, prepare=before)
    files = unzipped(honest(case.run()))
    assert sum(name.startswith("notices/") for name in files) == 4
    assert sum(name.endswith("withdrawal.json") for name in files) == 1
    assert sum(name.endswith("public.sealed") for name in files) == 3


def test_documents_are_examined_one_by_one_where_that_can_be_done(case: Case) -> None:
    seen: list[bytes] = []

    def examine(pdf: bytes, roots: Sequence[x509.Certificate]) -> None:
        assert list(roots) == list(case.world.roots)
        seen.append(pdf)
        if pdf.endswith(b"notice"):
            raise BidError("pdf-changed")

    package = read_package(io.BytesIO(case.run().package()))
    report = verify(package, dump_pem(case.world.roots), documents=examine)
    assert sorted(seen) == [b"%PDF-1.7 award", b"%PDF-1.7 notice", b"%PDF-1.7 record"]
    assert failures(report) == {"verify-documents": ["pdf-changed"]}
    assert report.failed_files == {"award-notice.pdf"} and all(texts(report))


def test_two_of_three_custodians_after_the_grace_pass(case: Case) -> None:
    case.close()
    case.release((0, 2), wait=20)
    case.open()
    case.evaluate()
    case.award()
    honest(case)


def test_what_the_platform_lost_or_altered_is_its_failure_and_nothing_else_is(case: Case) -> None:
    case.close()
    lost = case.checked.current[0].bid
    altered = case.checked.current[1].bid
    case.ciphertexts = {lost: None, altered: b"x" * 70000}
    case.release()
    case.open()
    case.evaluate()
    case.award()
    data = case.package()
    files = unzipped(data)
    assert names.sealed_name(lost, "bid") not in files
    assert names.sealed_name(altered, "bid") in files and names.offer_name(altered, "bid") not in files
    report = check(data, case.world)
    assert failures(report) == {"verify-ciphertexts": ["ciphertext-lost", "ciphertext-lost"]}
    assert report.failed_files == {names.sealed_name(bid, "bid") for bid in (lost, altered)}
    words = " ".join(texts(report))
    assert lost in words and case.checked.current[0].supplier in words


def test_rejected_bids_and_parted_ties_pass() -> None:
    world = World(seed=63)
    prices = {"1": "5", "2": "6", "3": "7"}

    def alike(tender: Tender) -> None:
        for supplier in world.suppliers:
            tender.submit(supplier, prices=prices, received_at=tender.notice.at + HOUR / 2)

    case = Case(world, bidders=0, prepare=alike, changes={"ceiling": "10.00"})
    case.close()
    case.release()
    case.open()
    bids = [bid.id for bid in case.tender.bids]
    case.evaluate({bids[0]: "未签字"}, order=[bids[2], bids[1]])
    case.award()
    assert case.ranking is not None and case.ranking.winner == bids[2]
    report = check(honest(case), world)
    unknown = [finding.code for finding in report.findings if finding.ok is None]
    assert unknown == [
        "verify-documents-unchecked", "verify-cosigned-none", "verify-entries-unchecked", "verify-sandbox",
        "verify-tie-rule",
        "verify-above-ceiling",
    ]  # fmt: skip


def test_custodians_that_are_not_independent_are_said_to_be_so() -> None:
    case = Case(World(seed=64), independent=False).run()
    report = check(honest(case), case.world)
    assert "verify-not-independent" in [finding.code for finding in report.findings]


def test_a_tender_that_failed_unopened_passes() -> None:
    case = too_few(65)
    case.fail()
    files = unzipped(honest(case))
    assert not any("shares/" in name or name.endswith(".sealed") for name in files)


def test_a_tender_cancelled_between_closing_and_opening_passes(case: Case) -> None:
    case.close()
    case.cancel()
    report = check(honest(case), case.world)
    assert "verify-unopened" in [finding.code for finding in report.findings]


def test_a_tender_without_any_bid_passes() -> None:
    case = Case(World(seed=66), bidders=0)
    case.close()
    case.fail()
    honest(case)


def test_a_tender_whose_bids_were_all_rejected_passes(case: Case) -> None:
    case.close()
    case.release()
    case.open()
    case.evaluate({bid.bid: "不响应" for bid in case.checked.current})
    case.fail("none-responsive")
    report = check(honest(case), case.world)
    assert {finding.code: finding.ok for finding in report.findings}["verify-none-responsive"] is True


def test_a_tender_cancelled_by_its_agency_after_the_opening_passes(case: Case) -> None:
    case.close()
    case.release()
    case.open()
    case.cancel()
    report = check(honest(case), case.world)
    assert {finding.code: finding.ok for finding in report.findings}["verify-not-evaluated"] is None
    other = Case(World(seed=67))
    other.close()
    other.release()
    other.open()
    other.evaluate()
    other.cancel()
    report = check(honest(other), other.world)
    assert {finding.code: finding.ok for finding in report.findings}["verify-none-responsive"] is True


# --- evidence and log


def test_an_entry_left_out_is_caught_by_the_evidences_own(case: Case) -> None:
    # Given: somebody takes the entry of a release, with its proof, out of a true package
    data = case.run().package()
    files = unzipped(data)
    leaves = files["log/entries.jsonl"].splitlines(keepends=True)
    at = next(index for index, leaf in enumerate(leaves) if b"custody.released" in leaf)
    proof = names.proof_name(case.positions()[at])
    forged = rewrite(data, {"log/entries.jsonl": b"".join(leaves[:at] + leaves[at + 1 :]), proof: None})
    caught(case, forged, "verify-evidence-logged", "entry-digest", "log/entries.jsonl")


def test_evidence_that_is_not_logged_or_not_last_is_caught(case: Case) -> None:
    case.run()
    data = case.package(digests=lambda found: found.update(evidence_file="0" * 64))
    caught(case, data, "verify-evidence-logged", "entry-digest", "evidence.json")
    late = Case(World(seed=79)).run()
    late.log("custody.erased", {})
    last = Case.package(late)
    late.log("custody.erased", {})
    files = unzipped(last)
    files |= late.log_files(late.positions())
    caught(late, rewrite(last, files), "verify-evidence-logged", "entry-not-last", "log/entries.jsonl")


def test_evidence_without_its_entry_is_caught(case: Case) -> None:
    case.run()
    data = case.package(log=lambda files: files.update(case.log_files(case.positions()[:-1])))
    last = names.proof_name(case.positions()[-1])
    caught(case, rewrite(data, {last: None}), "verify-evidence-logged", "entry-missing", "log/entries.jsonl")


def test_another_tenders_entry_among_ours_is_caught(case: Case) -> None:
    case.run()
    case.world.tender()  # logs its own publication
    foreign = len(case.world.log_entries) - 1
    own = case.positions
    case.positions = lambda: sorted([*own(), foreign])  # type: ignore[method-assign]
    caught(case, case.package(), "verify-entries-tender", "entry-other-tender", "log/entries.jsonl")


def test_a_file_that_evidence_does_not_list_or_lists_otherwise_is_caught(case: Case) -> None:
    case.run()
    data = case.package(evidence=lambda evidence: evidence["files"].pop("opening-record.pdf"))
    caught(case, data, "verify-evidence-files", "file-unlisted", "opening-record.pdf")
    pdf = rewrite(case.package(), {"award-report.pdf": b"%PDF another"})
    caught(case, pdf, "verify-evidence-files", "package-digest", "award-report.pdf")


def test_evidence_by_a_party_is_caught(case: Case) -> None:
    data = case.run().package()
    statement = read_statement(unzipped(data)["evidence.json"], "sunseal/evidence/v1").statement
    forged = case.world.agency.statement(statement, case.at)
    data = rewrite(data, {"evidence.json": forged})
    caught(case, data, "verify-evidence-signed", "certificate-wrong-authority", "evidence.json")


def test_the_key_in_the_package_matters_only_to_those_without_their_own(case: Case) -> None:
    data = case.run().package()
    key = strangers().log_signer.vkey.encode() + b"\n"
    assert check(rewrite(data, {"log/key": key}), case.world).ok
    assert "log/key" in check(rewrite(data, {"log/key": key})).failed_files


def test_ones_own_key_of_another_log_refuses_the_checkpoint(case: Case) -> None:
    data = case.run().package()
    case.world.log_signer = strangers().log_signer
    report = check(data, case.world)
    assert failures(report)["verify-log-checkpoint"] == ["note-invalid"]
    assert "log/checkpoint" in report.failed_files


def test_a_whole_package_by_strangers_is_only_caught_with_ones_own_anchors(case: Case) -> None:
    stranger = Case(World(seed=96)).run()
    data = stranger.package()
    assert check(data).ok
    report = check(data, case.world)
    assert not report.ok
    assert "evidence.json" in report.failed_files


# --- anchors


def test_unreadable_anchors_end_the_verification(case: Case) -> None:
    data = case.run().package()
    report = check(rewrite(data, {"certificates/roots.pem": b"nothing"}))
    assert not report.ok and "certificates/roots.pem" in report.failed_files
    report = check(rewrite(data, {"log/key": b"nothing"}))
    assert not report.ok and "log/key" in report.failed_files


def test_revocation_lists_must_be_such_and_their_absence_is_told(case: Case) -> None:
    data = case.run().package()
    report = check(rewrite(data, {"certificates/crl.pem": b""}), case.world)
    assert "verify-no-crls" in [finding.code for finding in report.findings]
    assert not report.ok
    report = check(rewrite(data, {"certificates/crl.pem": b"rubbish"}), case.world)
    assert "certificates/crl.pem" in report.failed_files
    broken = b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"
    report = check(rewrite(data, {"certificates/crl.pem": broken}), case.world)
    assert failures(report)["verify-crls"] == ["crl-malformed"]


def test_several_lists_are_read_from_one_file() -> None:
    world = World(seed=95)
    lists = [world.make_crl(at=world.now - n * HOUR) for n in range(3)]
    found = load_crls(b"".join(crl.public_bytes(Encoding.PEM) for crl in lists))
    assert set(found) == {canonical.digest(crl.public_bytes(Encoding.DER)) for crl in lists}


def test_enrolments_by_a_stranger_are_caught(case: Case) -> None:
    data = case.run().package()
    forged = canonical.dumps([canonical.loads(one.enrolment) for one in strangers().suppliers])
    report = check(rewrite(data, {"certificates/enrolments.json": forged}), case.world)
    assert "certificates/enrolments.json" in report.failed_files
    assert "verify-enrolments" in failures(report)


def test_ones_own_roots_are_used_and_not_the_packages(case: Case) -> None:
    data = case.run().package()
    poisoned = rewrite(data, {"certificates/roots.pem": dump_pem(strangers().roots)})
    found = failures(check(poisoned, case.world))
    assert found == {"verify-evidence-files": ["package-digest"]}


# --- what findings say


def test_a_finding_shows_five_reasons_and_counts_the_rest(case: Case) -> None:
    world = World(seed=94, suppliers=8)
    many = Case(world, bidders=8).run()
    gone = {names.bid_name(bid.id, "receipt.json"): None for bid in many.tender.bids}
    report = check(rewrite(many.package(), gone), world)
    finding = next(one for one in report.findings if one.code == "verify-bids")
    assert set(finding.files) == set(gone)
    assert finding.text("en").endswith("and 3 more")
    assert finding.text("zh").endswith("另有 3 处")
    assert finding.text("en").count("is missing") == 5


def test_a_finding_names_the_file_of_a_reason_that_does_not(case: Case) -> None:
    data = case.run().package()
    name = names.bid_name(case.tender.bids[0].id, "receipt.json")
    finding: Finding = next(
        one for one in check(rewrite(data, {name: b"{}"}), case.world).findings if one.code == "verify-bids"
    )
    assert f"{name}: " in finding.text("en")
