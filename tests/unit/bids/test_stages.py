"""Segments opened in stages: nothing of a later one before the agency's logged statement, and only for those
it admits; whoever lies is refused by custodians or shows in the verifier, in Python and in TypeScript."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bids.container import SealedBid
from bids.custody import CheckedStage, build_release, check_release, check_stages, remember_stage
from bids.envelope import Contents, check_attachments, open_files, prepare, seal
from bids.errors import BidError
from bids.manifest import check_manifest, check_sealing
from bids.offer import Announcement, build_announcement, build_offer
from bids.opening import UNKNOWN, open_bid
from bids.opening_record import OpeningRecord
from bids.stages import Stage, build_stage
from bids.trust import Enrolment
from signing import statements
from signing.suite import SUNSEAL_1
from tests.bids_factory import HOUR, Memory, World, attach, refused
from tests.package_factory import Case
from tests.stage_courses import LIES, THREE, TWO, opened, staged

# --- sealing


def test_a_bid_has_the_contents_of_each_segment() -> None:
    tender = World(seed=1).tender(segments=THREE)
    supplier = tender.world.suppliers[0]
    sealed = tender.seal(supplier)
    assert [(part.segment, part.part) for part in sealed.manifest.parts] == [
        (segment, part) for segment in THREE for part in ("public", "files")
    ]
    check_manifest(sealed.manifest, tender.notice, supplier.id)
    # In the container too, and each segment's files open by themselves alone.
    out = io.BytesIO()
    prepared = prepare(
        tender.notice.raw,
        sealed.offer,
        [attach("价格.xlsx", b"1")],
        supplier.signer,
        out,
        tender.notice.at,
        before=tender.earlier(supplier),
    )
    container = SealedBid.open(out)
    assert prepared.objects == len(container.objects) == 9
    manifest = container.manifest
    for segment, data in (("technical", b"%PDF-1.7 technical" + supplier.id.encode()), ("price", b"1")):
        memory = Memory()
        shares = [
            SUNSEAL_1.open_share(
                key,
                manifest.context(segment, "files"),
                n + 1,
                manifest.part(segment, "files").sealed_shares[n],
            )
            for n, key in enumerate(tender.sealing_keys)
        ]
        files = open_files(
            manifest,
            shares,
            lambda j, at=segment: container.open_object(at, "files", j),
            tender.notice,
            memory.sink,
            segment=segment,
        )
        assert [file.problem for file in files] == [None]
        assert list(memory.objects.values()) == [data]


@pytest.mark.parametrize(
    "before", [{}, {"technical": Contents(b"{}")}, {name: Contents(b"{}") for name in THREE}]
)
def test_a_segment_without_contents_or_one_too_many_is_refused(before: Mapping[str, Contents]) -> None:
    tender = World(seed=2).tender(segments=TWO)
    supplier = tender.world.suppliers[0]
    offer = build_offer(tender.notice, tender.prices(supplier))
    with refused("segments-contents", wanted="qualification, price"):
        seal(tender.notice, supplier.id, "0" * 32, offer, [], None, Memory().write, before)


def test_attachments_are_counted_over_all_segments_and_named_within_one() -> None:
    many = [attach(f"{n}.pdf", b"x") for n in range(98)]
    check_attachments(many, many)
    with refused("attachments-too-many", limit="196"):
        check_attachments(many, [*many, attach("one.pdf", b"x")])
    with refused("attachment-duplicate"):
        check_attachments([], [many[0], many[0]])


@pytest.mark.parametrize("member", ["items", "total", "total_in_words"])
def test_no_price_stands_in_a_segment_before_the_last(member: str) -> None:
    tender = World(seed=3).tender(segments=TWO)
    given: dict[str, Any] = {
        "items": [{"number": "1", "unit_price": "1", "amount": "1.00"}],
        "total": "1.00",
        "total_in_words": "壹元",
    }
    with refused("offer-priced", path=member):
        build_announcement(tender.notice, **{member: given[member]})
    raw = build_announcement(tender.notice, quality="一级", delivery_days=3)
    assert Announcement.parse(raw, tender.notice).announced == {"quality": "一级", "delivery_days": 3}
    with refused("currency-differs"):
        Announcement.parse(raw.replace(b"CNY", b"USD"), tender.notice)


def test_a_price_sealed_into_an_earlier_segment_does_not_open() -> None:
    """What a bidder announces there by mistake is never shown."""
    case = staged(4, bidders=1)
    tender, supplier = case.tender, case.world.suppliers[1]
    offer = build_offer(tender.notice, tender.prices(supplier))
    tender.submit(supplier, before={"qualification": Contents(offer)})
    opened(case)
    outcome = case.outcomes[1]
    assert (outcome.opened, outcome.fault, outcome.reason) == (False, "bidder", "offer-invalid:offer-priced")


def test_a_manifest_for_other_segments_is_refused() -> None:
    world = World(seed=5)
    tender, plain = world.tender(segments=TWO), world.tender()
    supplier = world.suppliers[0]
    with refused("manifest-parts", segments="qualification, price"):
        check_sealing(plain.seal(supplier).manifest, tender.notice.policy)


# --- what custodians do


@pytest.fixture(scope="module")
def course() -> Case:
    """Two segments, the third bid rejected after the first."""
    case = staged(6)
    return case.stages(qualification={case.tender.bids[2].id: "资质已过期"})


def test_only_admitted_bids_are_released(course: Case) -> None:
    assert course.stage is not None
    assert [bid.bid for bid in course.stage.bids] == [bid.bid for bid in course.checked.current[:2]]
    assert course.stage.suppliers == 2
    file = course.signed_release(0)
    release = check_release(file, course.checked, course.tender.trust(), course.stage)
    assert {bid for bid, _ in release.rows} == {bid.bid for bid in course.stage.bids}
    rejected = course.checked.current[2]
    outcome = open_bid(
        rejected,
        course.checked.policy,
        course.checked.notice,
        [release],
        course.sealed(rejected.bid, "price"),
        segment="price",
    )
    assert (outcome.opened, outcome.fault) == (False, UNKNOWN)


def test_no_release_of_a_later_segment_without_its_stage(course: Case) -> None:
    me, key, at = course.world.custodians[0].id, course.tender.sealing_keys[0], course.at
    with refused("stage-missing", segment="price"):
        build_release(course.checked, me, key, "price", at)
    with refused("segment-unknown", segment="technical"):
        build_release(course.checked, me, key, "technical", at, course.stage)
    # The first one stays what it is: released for all, whatever came after.
    statement, _ = build_release(course.checked, me, key, "qualification", at, course.stage)
    assert len(statement["shares"]) == 6  # type: ignore[arg-type]


def test_a_release_is_of_the_segment_whose_turn_it_is(course: Case) -> None:
    trust, checked = course.tender.trust(), course.checked
    price = course.signed_release(1)
    with refused("release-other-segment", segment="price", wanted="qualification"):
        check_release(price, checked, trust)
    first = course.past["qualification"][0][0]
    with refused("release-other-segment", segment="qualification", wanted="price"):
        check_release(first, checked, trust, course.stage)
    assert course.stage is not None
    early = "2026-06-01T01:54:00.000Z"
    actor, key = course.world.custodians[0], course.tender.sealing_keys[0]
    statement, _ = build_release(checked, actor.id, key, "price", course.at, course.stage)
    statement["at"] = early
    with refused("release-early"):
        check_release(actor.statement(statement, course.at), checked, trust, course.stage)


def test_the_first_segment_needs_no_stage(course: Case) -> None:
    assert check_stages(course.checked, "qualification", (), (), course.tender.trust()) is None


def judged(case: Case, change: Callable[[dict[str, Any]], None]) -> BidError:
    """How a custodian refuses a stage statement that the agency signed and the platform logged."""
    opened(case)
    case.admit(change=change)
    with pytest.raises(BidError) as caught_:
        case.check_stages()
    assert caught_.value.text("zh") and caught_.value.text("en")
    return caught_.value


@pytest.mark.parametrize("code", sorted(LIES))
def test_a_stage_statement_that_does_not_fit_is_refused(code: str) -> None:
    assert judged(staged(7), LIES[code]).code == code


def test_custodians_believe_the_log_alone(course: Case) -> None:
    log = course.world.log_entries
    stage = next(at for at, entry in enumerate(log) if b"tender.admitted" in entry)
    record = course.past["qualification"][1]
    other = opened(staged(8)).record
    for changes, code in (
        ({"entries": [*log[:stage], *log[stage + 1 :]]}, "stage-missing"),
        ({"records": []}, "stage-missing"),
        ({"records": [other]}, "certificate-chain"),
        ({"records": [course.tender.closing_file]}, "wrong-type"),
        ({"entries": [*log, log[stage]]}, "stage-second"),
        ({"entries": [log[stage], *log[:stage]]}, "stage-record"),
    ):
        with pytest.raises(BidError) as caught_:
            course.check_stages(**changes)  # type: ignore[arg-type]
        assert caught_.value.code in (code, "signature-invalid", "certificate-untrusted"), caught_.value
    assert course.check_stages(records=[record]) is not None


def test_a_stage_of_another_agency_or_of_the_platform_is_refused() -> None:
    case = staged(9)
    other = case.world.actor("agency", "别的机构")
    opened(case)
    case.admit(signer=other)
    trust = case.tender.trust()
    enrolments = {**trust.enrolments, other.fingerprint: Enrolment.parse(other.enrolment)}
    with refused("signer-not-buyer"):
        case.check_stages(trust=case.tender.trust(enrolments=enrolments))


@pytest.mark.parametrize("act", ["tender.cancelled", "tender.suspended", "tender.failed"])
def test_nothing_is_released_once_the_tender_has_ended(act: str) -> None:
    case = staged(10)
    opened(case)
    case.admit()
    case.log(act, {})
    with refused("tender-ended", act=act):
        case.check_stages()


def test_an_entry_without_its_statement_or_another_record_is_refused() -> None:
    case = staged(11)
    opened(case)
    case.log("tender.admitted", {"stage": "0" * 64})
    case.segment = "price"
    with refused("entry-statement"):
        case.check_stages(records=[case.record])
    case = staged(12)
    case.close()
    case.release()
    case.open()
    forged = _forged(case)
    case.admit()
    with refused("entry-digest"):
        case.check_stages(records=[forged])


def _forged(case: Case) -> bytes:
    """Another record of the same segment, signed by the platform and never logged."""
    statement = dict(statements.read_statement(case.record, "sunseal/opening-record/v1").statement)
    statement["at"] = "2026-06-01T02:30:00.000Z"
    return case.world.state(statement, case.at)


def test_a_record_of_other_bids_is_refused() -> None:
    case = staged(13)
    case.close()
    case.release()
    case.open(change=lambda record: record["bids"].pop())
    case.outcomes.pop()
    case.admit()
    with refused("stage-record"):
        case.check_stages()


class Kept:
    """A custodian's memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def recall(self, tender: str) -> str | None:
        return self.kept.get(tender)

    def keep(self, tender: str, digest: str) -> None:
        self.kept[tender] = digest


def test_a_custodian_takes_one_stage_statement_for_a_segment_ever(course: Case) -> None:
    memory = Kept()
    stage = course.stage
    assert stage is not None
    remember_stage(memory, stage)
    remember_stage(memory, stage)
    other = CheckedStage(Stage.parse(_stage_file(course)), stage.bids)
    with refused("stage-second", segment="price"):
        remember_stage(memory, other)


def _stage_file(case: Case) -> bytes:
    assert case.stage is not None
    one = case.stage.stage
    statement = build_stage(
        at=case.at + HOUR,
        tender=one.tender,
        closing=one.closing,
        segment=one.segment,
        opening=one.opening,
        admitted=one.admitted,
        rejections=one.rejections,
    )
    return case.world.agency.statement(statement, case.at)


# --- the record


def test_records_say_totals_in_the_segment_with_prices_alone(course: Case) -> None:
    record = OpeningRecord.parse(course.past["qualification"][1])
    assert {row.segment for row in record.bids} == {"qualification"}
    assert all(row.total is None and row.announced["quality"] == "qualification 合格" for row in record.bids)
    file = course.past["qualification"][1]
    statement = dict(statements.read_statement(file, "sunseal/opening-record/v1").statement)
    statement["bids"][0]["total"] = "1.00"
    with refused("opening-row"):
        OpeningRecord.parse(course.world.state(statement, course.at))
