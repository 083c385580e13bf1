"""One platform with a tender in each stage and people in every role, for tests that walk the whole API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bids.notice import Notice
from signing import canonical
from signing.encoding import b64decode, b64encode, format_time
from signing.suite import SUNSEAL_1
from tests.functional.house import Tendering, Who
from tests.functional.opening_house import OpeningHouse
from tests.functional.test_evaluators import appoint, expert
from trading.evaluation.handover import SEALED

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Scene:
    """Ids are of what is really there, so that requests get past "not found"."""

    house: OpeningHouse
    agency: Who
    custodians: tuple[Who, ...]
    suppliers: tuple[Who, ...]
    spare: Who
    supervisor: str
    evaluator: str
    watching: str
    awarded: Tendering
    opened: Tendering
    published: Tendering
    draft: str
    project: str
    crl: str
    bids: tuple[str, ...]
    uploads: tuple[str, ...]

    @property
    def tokens(self) -> dict[str, str | None]:
        """A token of each role, and the public's, which is none."""
        return {
            "public": None,
            "supplier": self.suppliers[0].token,
            "agency": self.agency.token,
            "custodian": self.custodians[0].token,
            "supervisor": self.supervisor,
            "evaluator": self.evaluator,
            "operator": self.house.operator,
        }


def watcher(house: OpeningHouse) -> tuple[str, str]:
    """A supervising organisation and a token; it signs nothing and so has no certificate."""
    facts = {"scheme": "CN-USCC", "identifier": "SUPERVISOR", "name": "监督机构", "roles": ["supervisor"]}
    id = house.call("POST", "/organisations", house.operator, facts, 201).json["id"]
    person = {"person": "监督员", "role": "supervisor", "days": 30}
    issued = house.call("POST", f"/organisations/{id}/tokens", house.operator, person, 201).json
    return id, issued["token"]


def handed(house: OpeningHouse, tender: Tendering, bids: list[str]) -> str:
    """A token of an evaluator of the tender, to whom its attachments are handed."""
    chen = expert(house, "专家")
    appoint(house, tender, chen)
    public = b64encode(SUNSEAL_1.sealing_key(bytes(32)).public)
    key = house.call("PUT", "/evaluator-key", chen.token, {"key": public}).json["sha256"]
    opened = [row["bid"] for row in house.record(tender)["bids"]]
    rows = [{"bid": bid, "sealed": b64encode(bytes(SEALED))} for bid in bids if bid in opened]
    place, body = f"/tenders/{tender.id}/handover/{chen.person}", {"key": key, "bids": rows}
    house.call("PUT", place, tender.agency, body)
    return chen.token


def documented(house: OpeningHouse, agency: Who, custodians: tuple[Who, ...]) -> Tendering:
    """A published tender with a bidding document."""
    id = house.draft(agency, custodians)["id"]
    house.call("PUT", f"/tenders/{id}/documents/招标文件.pdf", agency, b"%PDF-1.7", 201)
    for custodian in custodians:
        house.hand_in_key(custodian, id)
    raw, signature = house.notice(agency, id)
    house.publish(agency, id, raw, signature)
    return Tendering(id, agency, custodians, Notice.parse(raw), signature, {})


def build_scene(folder: Path) -> Scene:
    """A tender awarded with its package, one opened, one that takes bids, and a draft."""
    house = OpeningHouse(folder, f"sqlite:///{folder / 'sunseal.db'}")
    agency, (watching, supervisor) = house.enrol("agency"), watcher(house)
    custodians = tuple(house.enrol("custodian") for _ in range(2))
    suppliers = tuple(house.enrol("supplier") for _ in range(2))
    house.put_envelope_key(agency)
    awarded, opened = documented(house, agency, custodians), house.tender(agency, custodians, lock=True)
    sealed = [(each, house.bid(each, tender)) for each in suppliers for tender in (awarded, opened)]
    bids = [one.bid for _, one in sealed]
    house.open(awarded)
    for custodian in custodians:
        house.release(opened, custodian)
    house.work()
    for supplier, one in sealed:
        if one.secret is not None:
            place, body = f"/tenders/{opened.id}/bids/{one.bid}/unlocking", {"secret": b64encode(one.secret)}
            house.call("POST", place, supplier, body, 200)
    house.work()
    evaluator = handed(house, awarded, bids)
    winner = house.evaluate(awarded)["winner"]
    house.award(awarded, winner)
    house.work()
    late = format_time(house.now() + DAY)
    drafted = house.draft(agency, custodians, deadline=late)
    draft, project = drafted["id"], drafted["project"]["id"]
    house.call("PUT", f"/tenders/{draft}/documents/招标文件.pdf", agency, b"%PDF-1.7", 201)
    published = house.tender(agency, custodians, deadline=late)
    bids += [house.bid(each, published).bid for each in suppliers]
    uploads = tuple(house.upload_bytes(suppliers[0], published.id, bytes([n]) * 70_000) for n in range(2))
    spare = house.enrol("supplier")
    trust = house.call("GET", f"/tenders/{awarded.id}/trust").json
    crl = canonical.digest(b64decode(trust["crls"][0]))
    return Scene(
        house, agency, custodians, suppliers, spare, supervisor, evaluator, watching, awarded, opened,
        published, draft, project, crl, tuple(bids), uploads,
    )  # fmt: skip
