"""One tender of the demonstration, from the draft to the checked evidence package."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bids.awards import Award
from bids.custody import CheckedClosing, check_closed
from bids.entries import Entry
from bids.money import format_amount
from bids.opening_record import OpeningRecord
from bids.package import read_package
from bids.segments import BID
from bids.verification import Report, verify
from signing.certificates import dump_pem
from signing.encoding import b64decode, format_time
from signing.hpke import SealingKey
from signing.notes import NoteVerifier
from trading.client.agency import Agency, Published
from trading.client.api import Api
from trading.client.attachments import open_attachments
from trading.client.closed import fetch_closed, fetch_trust
from trading.client.files import new_file
from trading.client.supplier import Submitted, Supplier, prepare_bid
from trading.commands.anchors import Anchors
from trading.commands.documents import sentence
from trading.demo.compare import Difference, Row, rejection_reason
from trading.demo.errors import DemoError
from trading.demo.letter import bid_letter
from trading.demo.parties import CustodianMember, Member
from trading.demo.source import Contract, SourceBid
from trading.evidence.comparing import compare_all
from trading.evidence.pades_check import examine

LETTER = "bid-letter.pdf"
THRESHOLD = 2
_KEY_SECONDS = 30.0
GRACE_SECONDS = 10


@dataclass
class Outcome:
    """What became of a tender; the paths are of the files downloaded, in its folder."""

    contract: Contract
    tender: str
    status: str = ""
    ranking: tuple[Row, ...] = ()
    winner: Row | None = None
    files: dict[str, Path] = field(default_factory=dict)
    report: Report | None = None
    attachments: int = 0
    began_after: float | None = None
    opened_after: float | None = None
    differences: list[Difference] = field(default_factory=list)


class DemoTender:
    """A tender and everybody's acts on it.

    Args:
        work: a folder that goes away. folder: where results go.
    """

    def __init__(
        self, contract: Contract, agency: Agency, agency_key: SealingKey, work: Path, folder: Path
    ) -> None:
        self.contract = contract
        self._agency = agency
        self._agency_key = agency_key
        self._work = work / _file_name(contract.number)
        self._folder = folder / _file_name(contract.number)
        self._work.mkdir()
        self._folder.mkdir(parents=True)
        self._letters: dict[str, bytes] = {}
        self._published: Published | None = None
        self._suppliers: dict[str, str] = {}
        self._project = ""
        self.id = ""
        self.outcome = Outcome(contract, "")

    @property
    def name(self) -> str:
        """Its folder's name."""
        return self._folder.name

    @property
    def published(self) -> Published:
        """The notice; there once `publish` is done."""
        assert self._published is not None
        return self._published

    def make_letters(self) -> None:
        """Each bidder's attachment."""
        for bid in self.contract.bids:
            self._letters[bid.bidder] = bid_letter(self.contract, bid)

    def enter_project(self) -> None:
        """The project that it is the only tender of, with the contract's number."""
        title = self.contract.place or self.contract.title
        self._project = self._agency.project(self.contract.number, title)

    def publish(
        self,
        deadline: datetime,
        rules: str,
        custodians: Sequence[CustodianMember],
        independent: bool = False,
    ) -> None:
        """Draft it, wait for the custodians' keys, build the notice, sign and publish it.

        `independent`: the custodians run on machines, or at least in processes, of their own.
        """
        facts = {
            "project": self._project,
            "category": "works",
            "title": self.contract.title,
            "currency": self.contract.currency,
            "deadline": format_time(deadline),
            "items": [
                {
                    "number": item.number, "code": item.code, "description": item.description,
                    "unit": item.unit, "quantity": item.quantity,
                }
                for item in self.contract.items
            ],
            "rules": rules,
            "sandbox": True,
            "threshold": THRESHOLD,
            "grace_seconds": GRACE_SECONDS,
            "custodians": [{"organisation": one.id, "role": one.role} for one in custodians],
            "independent": independent,
        }  # fmt: skip
        if self.contract.estimate is not None:
            facts["estimate"] = self.contract.estimate
        self.id = self.outcome.tender = self._agency.draft(facts)
        policy = self._agency.wait_for_keys(self.id, _KEY_SECONDS)
        known = {one.id: one.signing_key for one in custodians}
        notice = self._agency.build_notice(self.id, facts, policy, known)
        self._published = self._agency.publish(self.id, notice)

    def bid(self, bid: SourceBid, supplier: Member, now: datetime) -> Submitted:
        """Seal a bid as its bidder would on its own machine, from files, and submit it.

        Raises:
            ApiProblem, ClientError: refused, as for a bid that is late.
        """
        place = self._work / f"bid-{bid.rank:03d}-{supplier.id[:8]}"
        place.mkdir()
        (place / LETTER).write_bytes(self._letters[bid.bidder])
        offer = {"unit_prices": dict(bid.unit_prices), "quality": "As specified."}
        (place / "offer.json").write_text(json.dumps(offer), "utf-8")
        raw = supplier.api.raw(f"/tenders/{self.id}/notice.json")
        sealed = place / "bid.sealed"
        prepare_bid(
            notice=raw,
            signature=supplier.api.raw(f"/tenders/{self.id}/notice.p7s"),
            offer=place / "offer.json",
            attachments=[place / LETTER],
            key=supplier.key,
            roots=supplier.key.roots,
            out=sealed,
            at=now,
        )
        self._suppliers[supplier.id] = bid.bidder
        with sealed.open("rb") as source:
            return Supplier(supplier.api, supplier.key.roots).submit(source)

    # --- after the deadline

    def state(self, api: Api) -> str:
        """What the public record says."""
        return str(api.get(f"/tenders/{self.id}")["state"])

    def check_closing(self, api: Api, roots: Member, log: NoteVerifier) -> CheckedClosing:
        """The agency's own check of the closed tender, as a custodian checks it."""
        trust = fetch_trust(api, self.id, roots.key.roots, log)
        return check_closed(
            fetch_closed(api, self.id).closed, trust, self.published.notice.policy.digest, None
        )

    def record(self) -> OpeningRecord:
        """The opening record, its signature checked; DemoError "not-in-time" if there is none."""
        record = self._agency.opening_record(self.id)
        if record is None:
            raise DemoError("not-in-time", seconds=0, what="opened", what_zh="开标", log="")
        return record

    def open_letters(self, checked: CheckedClosing, record: OpeningRecord) -> None:
        """Open every bid's attachments with the agency's key and compare them with what was attached."""
        opened = {row.bid for row in record.bids if row.opened}
        for current in checked.current:
            if current.bid not in opened:
                continue
            bidder = self._suppliers[current.supplier]
            place = self._folder / "attachments" / _file_name(bidder)
            place.mkdir(parents=True)
            files = open_attachments(
                self._agency.api, self.published.notice, current.manifest, self._agency_key, place, BID
            )
            letter = place / LETTER
            same = letter.is_file() and letter.read_bytes() == self._letters[bidder]
            if not same or [file.problem for file in files] != [None]:
                self.outcome.differences.append(
                    Difference(self.contract.number, bidder, "attachment", "as attached", "another one")
                )
            self.outcome.attachments += 1

    def decide(self, record: OpeningRecord) -> None:
        """Reject what the file calls not responsive, with its note as reason, and award to the winner."""
        bids = {self._suppliers[row.supplier]: row.bid for row in record.bids if row.opened}
        rejections = {
            bids[bid.bidder]: rejection_reason(bid.note)
            for bid in self.contract.bids
            if not bid.responsive and bid.bidder in bids
        }
        ranking = self._agency.evaluate(self.id, record, rejections)
        if ranking["tied"]:
            order = [bids[bid.bidder] for bid in self.contract.bids if bid.bidder in bids]
            ranking = self._agency.evaluate(self.id, record, rejections, order)
        self.outcome.ranking = tuple(
            Row(
                int(row["rank"]), self._suppliers[str(row["supplier"])], str(row["total"]),
                bool(row["responsive"]), row["reason"],
            )
            for row in ranking["ranking"]
        )  # fmt: skip
        if ranking["winner"] is None:
            return
        award = self._agency.award(self.id, record, str(ranking["winner"]))
        self._take_award(award)

    def _take_award(self, award: Award) -> None:
        digits = self.published.notice.digits
        rows = {
            row.bid: Row(
                row.rank, self._suppliers[row.supplier], format_amount(row.total, digits), row.responsive,
                row.reason,
            )
            for row in award.ranking
        }  # fmt: skip
        self.outcome.ranking = tuple(rows.values())
        self.outcome.winner = rows[award.winner]

    def evidence_ready(self, api: Api) -> bool:
        """Whether the package has been built."""
        return bool(api.get(f"/tenders/{self.id}/evidence")["ready"])

    def download(self, api: Api) -> None:
        """The package and, if it was opened and awarded, the documents."""
        wanted = {"evidence": "evidence.zip"}
        if self.outcome.ranking:
            wanted["opening_record"] = "opening-record.pdf"
        if self.outcome.winner is not None:
            wanted["award_report"] = "award-report.pdf"
        for key, name in wanted.items():
            path = self._folder / name
            with new_file(path) as sink:
                for piece in api.stream(f"/tenders/{self.id}/{name}"):
                    sink.write(piece)
            self.outcome.files[key] = path

    def verify(self, roots: Member, log_key: str) -> None:
        """What `sunseal verify` does, with the anchors that the agency had from the beginning."""
        anchors = Anchors(dump_pem(roots.key.roots), log_key, None)
        with self.outcome.files["evidence"].open("rb") as source:
            package = read_package(io.BytesIO(source.read()))
        report = verify(package, anchors.roots, anchors.log_key, documents=examine)
        self.outcome.report = report
        wrong = [("evidence", finding.text("en")) for finding in report.findings if finding.ok is False]
        if report.ok:
            compared = compare_all(package, anchors.trust(package))
            wrong = [(name, sentence(one, "en")) for name, one in compared.items() if one.verdict != "same"]
        for what, said in wrong:
            self.outcome.differences.append(Difference(self.contract.number, "", what, "sound", said))

    def acts(self, api: Api) -> Counter[str]:
        """How often which act on this tender stands in the public log."""
        return Counter(entry.act for entry in self._entries(api))

    def _entries(self, api: Api) -> list[Entry]:
        answer = api.get("/log/entries", tender=self.id)
        return [Entry.parse(b64decode(str(each["raw"]))) for each in answer["entries"]]

    def take_times(self, api: Api) -> None:
        """Seconds from the deadline to closing and opening, by the log."""
        deadline = self.published.notice.deadline
        times: Mapping[str, datetime] = {entry.act: entry.at for entry in self._entries(api)}
        if "tender.closed" in times:
            self.outcome.began_after = (times["tender.closed"] - deadline).total_seconds()
        if "tender.opened" in times:
            self.outcome.opened_after = (times["tender.opened"] - deadline).total_seconds()


def _file_name(text: str) -> str:
    """A name that every system takes, and that resembles the text."""
    kept = "".join(one if one.isascii() and one.isalnum() or one in "-." else "-" for one in text)
    return "-".join(part for part in kept.split("-") if part).strip(".")[:80] or "tender"
