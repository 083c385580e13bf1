"""Signed documents over HTTP: the award notice for all, each loser's notice for it alone, each signed once.

"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from reports import award_notice
from tests.functional.api_scene import watcher
from tests.functional.house import Sealed, Tendering, Who
from tests.functional.opening_house import OpeningHouse, failures
from tests.unit.reports.read_pdf import all_text, squeezed
from trading.audit.models import PrivateAct
from trading.cli import sunseal
from trading.evidence.gathering import FactsOf
from trading.evidence.models import PublishedFile, SealedDocument
from trading.evidence.pades_check import check_document
from trading.evidence.sealing import Sealed as SealedPdf
from trading.evidence.sealing import Sealing
from trading.evidence.services import Reports
from trading.results.models import NotifiedAward, ResultNotice
from trading.results.services import BATCH, ResultNotices
from trading.tenders.models import Tender

pytestmark = pytest.mark.one_database


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    return home.start_over()


@pytest.fixture(scope="module")
def custodians(home: OpeningHouse) -> tuple[Who, ...]:
    return tuple(home.enrol("custodian") for _ in range(3))


def awarded(
    house: OpeningHouse, custodians: tuple[Who, ...], bids: int, rejected: dict[int, str], **facts: Any
) -> tuple[Tendering, list[Who], list[Sealed]]:
    """A tender awarded to the first of equal bids that was not rejected; its bidders and their bids."""
    tender = house.tender(house.enrol("agency"), custodians, **facts)
    suppliers = [house.enrol("supplier") for _ in range(bids)]
    sealed = [house.bid(each, tender) for each in suppliers]
    house.open(tender)
    answer = house.evaluate(tender, {sealed[place].bid: why for place, why in rejected.items()})
    house.award(tender, answer["winner"])
    house.work()
    return tender, suppliers, sealed


def said(capsys: pytest.CaptureFixture[str], status: int, *command: object) -> str:
    """What the command prints, and its exit status."""
    capsys.readouterr()
    assert sunseal.run([str(each) for each in command]) == status
    return capsys.readouterr().out


def test_each_bidder_gets_its_own_notice_and_nobody_else_reads_it(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    tender, (out, winner, second), _ = awarded(house, custodians, 3, {0: "资质证书已过期"})
    place, roots = f"/tenders/{tender.id}", house.platform.keys.roots
    notice = house.call("GET", f"{place}/award-notice.pdf").body
    assert check_document(notice, roots).signer == house.platform.keys.document.certificate
    said = all_text(notice)
    for fact in ("中标通知书", "13,141.63", "人民币壹万叁仟壹佰肆拾壹元陆角叁分", tender.notice.title):
        assert squeezed(fact) in said
    assert "不产生任何法律效力" not in said

    theirs = {each.id: f"{place}/result-notices/{each.id}.pdf" for each in (out, winner, second)}
    papers = {each.id: house.call("GET", theirs[each.id], each).body for each in (out, second)}
    for each, fact in ((out, "评审否决：资质证书已过期"), (second, "排名第2；投标总价与中标价相同")):
        check_document(papers[each.id], roots)
        assert squeezed(fact) in all_text(papers[each.id])
    assert "资质证书" not in all_text(papers[second.id])
    house.call("GET", theirs[winner.id], winner, status=404)
    for stranger in (winner, second, house.enrol("supplier"), house.enrol("agency")):
        house.call("GET", theirs[out.id], stranger, status=403)
    house.call("GET", theirs[out.id], status=401)

    supervisor = watcher(house)[1]
    listed = house.call("GET", f"{place}/result-notices", tender.agency).json["notices"]
    assert {row["supplier"] for row in listed} == {out.id, second.id}
    assert house.call("GET", f"{place}/result-notices", supervisor).json["notices"] == listed
    mine = house.call("GET", f"{place}/result-notices", out).json["notices"]
    assert [row["supplier"] for row in mine] == [out.id]
    assert house.call("GET", theirs[out.id], supervisor).body == papers[out.id]

    with house.platform.database.reading() as session:
        acts = select(PrivateAct.act, func.count()).where(PrivateAct.tender_id == tender.id)
        counted = dict(session.execute(acts.group_by(PrivateAct.act)).tuples().all())
    assert counted["result-notice.issued"] == 2 and counted["result-notice.fetched"] == 3
    for who, word in ((winner, "You have won"), (out, "result-notices/" + out.id)):
        page = house.app.get(f"{place}/bid", headers={"Authorization": f"Bearer {who.token}"})
        assert word in page.text
    desk = house.app.get(
        f"/agency/tenders/{tender.id}", headers={"Authorization": f"Bearer {tender.agency.token}"}
    )
    assert all(theirs[each.id] in desk.text for each in (out, second))
    package, report = house.verified(tender)
    assert report.ok, failures(report)
    assert package.read("award-notice.pdf") == notice
    assert not [name for name in package.names if "result" in name]


def test_a_works_notice_says_by_when_and_under_which_article(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    tender, suppliers, _ = awarded(
        house, custodians, 3, {0: "不符", 1: "不符"}, rules="cn-works", sandbox=True
    )
    said = all_text(house.call("GET", f"/tenders/{tender.id}/award-notice.pdf").body)
    for fact in ("30日内", "招标投标法第46条", "招标投标法第45条", "实施条例第57条", "不产生任何法律效力"):
        assert squeezed(fact) in said
    place = f"/tenders/{tender.id}/result-notices/{suppliers[0].id}.pdf"
    said = all_text(house.call("GET", place, suppliers[0]).body)
    assert "实施条例第54条" in said and "实施条例第60条" in said and "10日内" in said


def test_notices_come_a_few_at_a_time_and_each_once(
    house: OpeningHouse, custodians: tuple[Who, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    tender, suppliers, _ = awarded(house, custodians, 3, {})
    with house.platform.database.transaction() as session:
        before = set(session.scalars(select(ResultNotice.sha256)))
        assert session.get(NotifiedAward, tender.id)
        session.delete(session.get_one(ResultNotice, (tender.id, suppliers[1].id)))
        session.delete(session.get_one(NotifiedAward, tender.id))
    monkeypatch.setattr("trading.results.services.BATCH", 1)
    ResultNotices(house.platform).issue(tender.id)
    ResultNotices(house.platform).issue(tender.id)
    with house.platform.database.reading() as session:
        after = set(session.scalars(select(ResultNotice.sha256)))
        assert session.get(NotifiedAward, tender.id)
    assert len(before & after) == len(before) - 1 and len(after) == len(before)
    assert BATCH > 1


def test_of_two_that_sign_one_publishes(
    house: OpeningHouse, custodians: tuple[Who, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that lost its claim while it signed: what the other one published stays."""
    tender, _, _ = awarded(house, custodians, 1, {})
    first = house.call("GET", f"/tenders/{tender.id}/award-notice.pdf").body
    with house.platform.database.transaction() as session:
        row = session.get_one(PublishedFile, (tender.id, "award-notice"))
        kept = {column.key: getattr(row, column.key) for column in PublishedFile.__table__.columns}
        session.delete(row)
    seal, made = Sealing.seal, []

    def slowly(self: Sealing, pdf: bytes) -> SealedPdf:
        made.append(seal(self, pdf))
        with house.platform.database.transaction() as session:
            session.add(PublishedFile(**kept))
        return made[0]

    monkeypatch.setattr(Sealing, "seal", slowly)
    Reports(house.platform).render(tender.id, "award-notice")
    assert made and made[0].stored.sha256 != kept["sha256"]
    assert house.call("GET", f"/tenders/{tender.id}/award-notice.pdf").body == first
    with pytest.raises(FileNotFoundError):
        house.platform.storage.read_part(made[0].stored.key, 0)


def test_a_later_time_stamp_is_appended_and_evidence_stays(
    house: OpeningHouse, custodians: tuple[Who, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tender, _, _ = awarded(house, custodians, 1, {})
    place = f"/tenders/{tender.id}/opening-record.pdf"
    first, package = house.call("GET", place).body, house.package(tender)
    platform, sealing = house.platform, Sealing(house.platform)
    with platform.database.transaction() as session:
        row = session.get_one(PublishedFile, (tender.id, "opening-record"))
        digest, now = row.sha256, house.now()
        assert sealing.ending(session, now) == []
        # As if its time-stamp were by a certificate of before, which ends in a month.
        session.execute(
            update(SealedDocument)
            .where(SealedDocument.sha256 == digest)
            .values(stamped_until=now + timedelta(days=30))
        )
    with platform.database.reading() as session:
        assert sealing.ending(session, now) == [digest]
    house.work()
    again = house.call("GET", place).body
    assert again.startswith(first) and len(check_document(again, platform.keys.roots).stamps) == 2
    with platform.database.reading() as session:
        assert sealing.ending(session, now) == []
    assert house.package(tender) == package
    (tmp_path / "evidence.zip").write_bytes(package)
    (tmp_path / "record.pdf").write_bytes(again)
    command = ("document", "check", tmp_path / "record.pdf", tmp_path / "evidence.zip")
    told = said(capsys, 0, *command, "--lang", "zh")
    assert "record.pdf（开标记录）: 与签名记录一致" in told


def test_documents_are_compared_with_the_record(
    house: OpeningHouse, custodians: tuple[Who, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those in the package and those handed out; a false one, and one of another edition, are told apart."""
    tender, (out, _, second), _ = awarded(house, custodians, 3, {0: "资质证书已过期"})
    roots, package = tmp_path / "roots.pem", tmp_path / "evidence.zip"
    roots.write_bytes(house.call("GET", "/certificates/roots.pem").body)
    package.write_bytes(house.package(tender))
    anchors = ("--roots", roots, "--log-key", house.platform.keys.log.vkey)

    told = said(capsys, 0, "verify", package, *anchors, "--documents", "--lang", "en")
    assert told.count("it is the same to the byte") == 3 and "The package holds" in told
    assert "the platform's address http://127.0.0.1:6543" in told and "nanchored" not in told
    told = said(capsys, 0, "verify", package, "--no-documents", "--lang", "zh")
    assert "逐字节相同" not in told and "没有与签名记录比较" in told

    papers = []
    for who in (out, second):
        papers.append(tmp_path / f"{who.id}.pdf")
        place = f"/tenders/{tender.id}/result-notices/{who.id}.pdf"
        papers[-1].write_bytes(house.call("GET", place, who).body)
        assert "逐字节相同" in said(capsys, 0, "document", "check", papers[-1], package, "--lang", "zh")
    papers[0].write_bytes(b"%PDF-1.7")
    assert "cannot be read" in said(capsys, 1, "document", "check", papers[0], package, "--lang", "en")

    with house.platform.database.reading() as session:
        honest = FactsOf(house.platform, session, session.get_one(Tender, tender.id)).award_notice()
    dearer = replace(honest, winner=replace(honest.winner, total=Decimal("93141.63")))
    false = tmp_path / "false.pdf"
    false.write_bytes(sealed_pdf(house, award_notice.render(dearer)))
    told = said(capsys, 1, "document", "check", false, package, *anchors, "--lang", "en")
    assert "false.pdf (award notice): CONTRADICTS" in told and "93,141.63" in told and "13,141.63" in told

    # A platform cannot have a false document pass for one of another edition without its being said.
    monkeypatch.setattr("reports.layout.producer", lambda: "Sunseal edition 0")
    false.write_bytes(sealed_pdf(house, award_notice.render(dearer)))
    monkeypatch.undo()
    told = said(capsys, 3, "document", "check", false, package, *anchors, "--lang", "en")
    assert "NOT COMPARED" in told and "edition 0" in told and "93,141.63" in told

    monkeypatch.setattr(award_notice, "TITLE_EN", "Award letter")
    false.write_bytes(sealed_pdf(house, award_notice.render(honest)))
    monkeypatch.undo()
    told = said(capsys, 1, "document", "check", false, package, *anchors, "--lang", "zh")
    assert "不属于此证据包的标段" in told and "Award letter" in told


def sealed_pdf(house: OpeningHouse, pdf: bytes) -> bytes:
    """A document as the platform signs it."""
    stored = Sealing(house.platform).seal(pdf).stored
    return b"".join(house.platform.storage.chunks(stored.key, stored.parts))
