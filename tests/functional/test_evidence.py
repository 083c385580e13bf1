"""Evidence packages and reports of whole tenders, built by the jobs and judged by the verifier."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import delete

from bids.package import read_package
from bids.verification import Report, verify
from reports import opening_record
from signing import canonical
from tests.functional.house import Tendering, Who
from tests.functional.opening_house import OpeningHouse, failures
from tests.unit.reports.read_pdf import all_text
from trading.evidence.gathering import FactsOf
from trading.evidence.models import PublishedFile
from trading.evidence.services import EvidencePackages
from trading.opening.record import stored_objects
from trading.tenders.models import Tender
from trading.tenders.rules import pack_named

pytestmark = pytest.mark.one_database


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    return home.start_over()


@pytest.fixture(scope="module")
def custodians(home: OpeningHouse) -> tuple[Who, ...]:
    return tuple(home.enrol("custodian") for _ in range(3))


def codes(report: Report) -> list[str]:
    """Of the findings that failed."""
    return [finding.code for finding in report.findings if finding.ok is False]


@pytest.fixture
def tender(house: OpeningHouse, custodians: tuple[Who, ...]) -> Tendering:
    return house.tender(house.enrol("agency"), custodians)


def test_an_awarded_tender_with_all_that_can_happen_to_bids(house: OpeningHouse, tender: Tendering) -> None:
    suppliers = [house.enrol("supplier") for _ in range(5)]
    void = house.bid(suppliers[0], tender)
    # A later deadline is another policy: what was sealed under the first one is void.
    later = house.now() + timedelta(minutes=50)
    tender = house.amend(tender, deadline=later.replace(microsecond=later.microsecond // 1000 * 1000))
    first = house.bid(suppliers[0], tender, replaces=void.bid)
    second = house.bid(suppliers[0], tender, replaces=first.bid)
    rejected = house.bid(suppliers[1], tender)
    gone = house.bid(suppliers[2], tender)
    house.withdraw(suppliers[2], tender, gone)
    again = house.bid(suppliers[2], tender)
    spoilt = house.bid(suppliers[3], tender)
    lost = house.bid(suppliers[4], tender)
    with house.platform.database.reading() as session:
        places = stored_objects(session, [spoilt.bid, lost.bid], "bid", "public", 0)
    house.spoil(places[spoilt.bid, 0])
    house.platform.storage.delete(places[lost.bid, 0].key, places[lost.bid, 0].parts)
    house.open(tender)
    house.past_resupply()
    ranking = house.evaluate(tender, {rejected.bid: "资质不符合招标文件要求"})
    assert (ranking["winner"], ranking["tied"]) == (second.bid, False)
    house.award(tender, second.bid)

    package, report = house.verified(tender)

    # What the platform lost is its failure, said of these two bids and of nothing else.
    assert report.anchored and codes(report) == ["verify-ciphertexts"], failures(report)
    assert report.failed_files == {f"bids/{bid.bid}/bid/public.sealed" for bid in (spoilt, lost)}
    opened = {second.bid, rejected.bid, again.bid}
    assert {name for name in package.names if name.endswith("offer.json")} == {
        f"bids/{bid}/bid/offer.json" for bid in opened
    }
    sealed = {name for name in package.names if name.endswith("public.sealed")}
    assert sealed == {f"bids/{bid}/bid/public.sealed" for bid in {*opened, spoilt.bid}}
    assert f"bids/{gone.bid}/withdrawal-receipt.json" in package
    assert f"notices/{void.manifest.notice}.p7s" in package
    assert sum(name.startswith("shares/bid/") for name in package.names) == 3
    address = f"/tenders/{tender.id}"
    for name in ("opening-record.pdf", "award-report.pdf", "award-notice.pdf"):
        assert package.read(name) == house.call("GET", f"{address}/{name}").body
    unanchored = verify(package)
    assert codes(unanchored) == ["verify-ciphertexts"] and not unanchored.anchored
    described = house.call("GET", f"{address}/evidence").json
    raw = house.package(tender)
    assert described == {"ready": True, "sha256": canonical.digest(raw), "size": len(raw)}
    assert not verify(package, house.other_root()).ok


def test_a_tender_with_too_few_bidders(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    tender = house.tender(house.enrol("agency"), custodians, rules="cn-works", sandbox=True)
    for _ in range(2):
        house.bid(house.enrol("supplier"), tender)
    house.past_deadline()
    house.work()
    for custodian in custodians:
        body = house.erasure(tender, custodian)
        house.call("PUT", f"/custody/tenders/{tender.id}/erasure", custodian, body, 200)
    package, report = house.verified(tender)
    assert report.ok, failures(report)
    forbidden = ("shares/", "opening-record", "award")
    assert not [name for name in package.names if name.startswith(forbidden) or "sealed" in name]


def test_documents_name_waived_rules_in_words_and_the_project_as_its_number(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    agency = house.enrol("agency")
    tender = house.tender(agency, custodians, rules="cn-works", sandbox=True)
    other = house.tender(agency, custodians, project=tender_project(house, tender), sandbox=True)
    for each, count in ((tender, 3), (other, 1)):
        for _ in range(count):
            house.bid(house.enrol("supplier"), each)
    house.open(tender)
    house.open(other)
    number = tender.notice.project.number
    with house.platform.database.reading() as session:
        works, generic = (
            FactsOf(house.platform, session, session.get_one(Tender, each.id)).opening()
            for each in (tender, other)
        )
    assert (works.tender.number, generic.tender.number) == (number, f"{number}-2")
    assert [(waiver.rule_zh, waiver.count, waiver.article_zh) for waiver in works.tender.waivers] == [
        ("招标文件发出至投标截止的最短期限", 20, "招标投标法第24条"),
        ("招标文件发售的最短期限", 5, "实施条例第16条"),
        ("影响投标的更正至投标截止的最短期限", 15, "实施条例第21条"),
        ("使投标失效的更正至投标截止的最短小时数", 24, "平台规则，保障招标投标法第23条、实施条例第21条"),
    ]
    said = all_text(opening_record.render(works))
    assert "豁免：招标文件发出至投标截止的最短期限，20日" in said and "均记为豁免" in said
    assert "豁免：使投标失效的更正至投标截止的最短小时数，24小时" in said
    assert not [rule for rule in pack_named("cn-works").rules if "-" in rule and rule in said]
    assert generic.tender.waivers == ()
    said = all_text(opening_record.render(generic))
    assert "没有规则被豁免" in said and "没有豁免" in said and "记为豁免" not in said


def tender_project(house: OpeningHouse, tender: Tendering) -> str:
    return str(house.call("GET", f"/tenders/{tender.id}", tender.agency).json["project"]["id"])


def test_a_tender_nobody_bid_for(house: OpeningHouse, tender: Tendering) -> None:
    house.past_deadline()
    package, report = house.verified(tender)
    assert report.ok, failures(report)
    assert package.read("ledger.jsonl") == b""


def test_a_tender_cancelled_after_its_closing(house: OpeningHouse, tender: Tendering) -> None:
    house.bid(house.enrol("supplier"), tender)
    house.past_deadline()
    house.work()
    house.release(tender, tender.custodians[0])
    house.cancel(tender)
    _, report = house.verified(tender)
    assert report.ok, failures(report)


def test_a_tender_cancelled_after_its_opening(house: OpeningHouse, tender: Tendering) -> None:
    house.bid(house.enrol("supplier"), tender)
    house.open(tender)
    house.cancel(tender)
    package, report = house.verified(tender)
    assert report.ok, failures(report)
    assert "opening-record.pdf" in package and "award.json" not in package


def test_a_tender_in_which_nobody_is_responsive(house: OpeningHouse, tender: Tendering) -> None:
    sealed = house.bid(house.enrol("supplier"), tender)
    house.open(tender)
    assert house.evaluate(tender, {sealed.bid: "工期不符"})["winner"] is None
    assert house.state(tender) == "failed"
    _, report = house.verified(tender)
    assert report.ok, failures(report)


def test_a_tender_in_which_no_bid_opened(house: OpeningHouse, tender: Tendering) -> None:
    sealed = house.bid(house.enrol("supplier"), tender)
    with house.platform.database.reading() as session:
        house.spoil(stored_objects(session, [sealed.bid], "bid", "public", 0)[sealed.bid, 0])
    house.open(tender)
    house.past_resupply()
    assert house.state(tender) == "failed"
    _, report = house.verified(tender)
    assert codes(report) == ["verify-ciphertexts"], failures(report)


def test_two_releases_of_three(house: OpeningHouse, tender: Tendering) -> None:
    sealed = house.bid(house.enrol("supplier"), tender)
    house.past_deadline()
    house.work()
    for custodian in tender.custodians[1:]:
        house.release(tender, custodian)
    house.clock.ahead(timedelta(hours=1, seconds=20))
    house.work()
    house.release(tender, tender.custodians[0])
    house.evaluate(tender)
    house.award(tender, sealed.bid)
    package, report = house.verified(tender)
    assert report.ok, failures(report)
    assert f"shares/bid/{tender.custodians[0].id}.json" not in package


def test_the_same_tender_packs_to_the_same_bytes(house: OpeningHouse, tender: Tendering) -> None:
    sealed = house.bid(house.enrol("supplier"), tender)
    address = f"/tenders/{tender.id}/evidence"
    assert house.call("GET", address).json == {"ready": False, "sha256": None, "size": None}
    problem = house.call("GET", f"{address}.zip", status=404).json
    assert problem["code"] == "evidence-not-ready"
    house.open(tender)
    house.evaluate(tender)
    house.award(tender, sealed.bid)
    first = house.package(tender)
    # The row of a run that was killed before it published is not there; a revocation list is newer by now.
    with house.platform.database.transaction() as session:
        session.execute(delete(PublishedFile).where(PublishedFile.kind == "evidence"))
    house.clock.ahead(timedelta(days=2))
    house.work()
    for custodian in tender.custodians:
        body = house.erasure(tender, custodian)
        house.call("PUT", f"/custody/tenders/{tender.id}/erasure", custodian, body, 200)
    # Found due once more, built again from the statement that stands, not stated again.
    EvidencePackages(house.platform).build(tender.id)
    house.work()
    assert house.package(tender) == first
    assert house.acts(tender).count("evidence.published") == 1
    assert verify(read_package(io.BytesIO(first))).ok
