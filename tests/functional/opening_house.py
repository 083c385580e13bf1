"""A House whose tenders close and open: custodians that check and release over HTTP, and real jobs.

Jobs are found by a real Scanner and run by a real Dramatiq Worker on the embedded broker.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from dramatiq import Worker
from webtest import TestResponse

from bids.custody import (
    BidFiles,
    CheckedClosing,
    ClosedTender,
    build_release,
    check_closed,
    seal_files_share,
)
from bids.entries import Entry
from bids.objects import build_statement, read_signed
from bids.opening_record import OpeningRecord
from bids.package import Package, read_package
from bids.receipts import build_withdrawal
from bids.stages import build_stage
from bids.trust import Trust, enrolments_of
from bids.verification import Report, verify
from signing import canonical
from signing.certificates import dump_pem, load_pem, new_root
from signing.encoding import b64decode, b64encode, format_time
from signing.notes import NoteVerifier
from signing.statements import sign_statement
from signing.suite import SUNSEAL_1
from tests.functional.house import House, Sealed, Tendering, Who
from tests.typescript.agreement import agree
from trading.opening.record import StoredObject
from trading.queue import QUEUES, Scanner

DATABASES = ("sqlite", "postgresql")
AFTER = timedelta(hours=1, seconds=5)


class OpeningHouse(House):
    """The house, its jobs, and acts of custodians and agency after the deadline."""

    def __init__(self, folder: Path, database_url: str, **settings: Any) -> None:
        super().__init__(folder, database_url, **settings)
        self.storage_folder = folder / "storage"
        self._worker = Worker(self.platform.queue.broker, worker_threads=2, worker_timeout=50)
        self._worker.start()

    def close(self) -> None:
        self._worker.stop()
        super().close()

    # --- jobs

    def past_resupply(self) -> None:
        """Past the window in which bidders may supply again what storage lost, and what follows it."""
        self.clock.ahead(AFTER + timedelta(minutes=31))
        self.work()

    def start_over(self) -> OpeningHouse:
        """The clock back to the present, for a test's own tenders."""
        self.clock.ahead(timedelta(0))
        return self

    def work(self, rounds: int = 12) -> None:
        """Scan and let the worker finish, until a scan finds nothing due."""
        for _ in range(rounds):
            # A new scanner sends again at once what is due; the running one waits two seconds.
            if not Scanner(self.platform).scan():
                return
            self.settle()

    def settle(self) -> None:
        """Let the worker finish what it was sent."""
        for queue in QUEUES:
            self.platform.queue.broker.join(queue)  # type: ignore[attr-defined]
        self._worker.join()

    def past_deadline(self) -> None:
        """All clocks are the database's: past every deadline of an hour."""
        self.clock.ahead(AFTER)

    # --- misfortune

    def spoil(self, place: StoredObject) -> None:
        """Change a byte of a stored object, as a failing disk does."""
        path = next(self.storage_folder.glob(f"{place.key}/*"))
        path.chmod(0o600)
        data = bytearray(path.read_bytes())
        data[1000] ^= 1
        path.write_bytes(data)

    def other_root(self) -> bytes:
        """A root that has nothing to do with this platform, in PEM."""
        return dump_pem([new_root("Another root", self.now()).certificate])

    # --- reading

    def state(self, tender: Tendering) -> str:
        return str(self.call("GET", f"/tenders/{tender.id}/opening").json["state"])

    def opening(self, tender: Tendering) -> dict[str, Any]:
        return dict(self.call("GET", f"/tenders/{tender.id}/opening").json)

    def record(self, tender: Tendering) -> dict[str, Any]:
        """The opening record's statement."""
        raw = b64decode(self.opening(tender)["record"])
        return dict(read_signed(raw, "opening-record").statement)

    def acts(self, tender: Tendering) -> list[str]:
        """What the public log says was done on the tender, in order."""
        entries = self.call("GET", f"/log/entries?tender={tender.id}").json["entries"]
        return [Entry.parse(b64decode(entry["raw"])).act for entry in entries]

    def opening_digest(self, tender: Tendering) -> str:
        return read_signed(b64decode(self.opening(tender)["record"]), "opening-record").digest

    def trust(self, tender: Tendering) -> Trust:
        """What a custodian knows: roots from the platform here, but everything else as served."""
        served = self.call("GET", f"/tenders/{tender.id}/trust").json
        roots = tuple(load_pem(served["roots"].encode()))
        ders = [b64decode(each) for each in served["crls"]]
        return Trust(
            roots=roots,
            crls={canonical.digest(der): x509.load_der_x509_crl(der) for der in ders},
            enrolments=enrolments_of([b64decode(each) for each in served["enrolments"]], roots),
            log=NoteVerifier.from_vkey(self.platform.keys.log.vkey),
            log_origin=self.platform.keys.log_origin,
            outside=tuple(load_pem(served["outside"].encode())) if served["outside"] else (),
        )

    def closed(self, tender: Tendering, page: int = 2) -> ClosedTender:
        """The closed tender over HTTP, page by page."""
        closing = self.call("GET", f"/tenders/{tender.id}/closing").json
        leaves: list[bytes] = []
        bids: dict[str, BidFiles] = {}
        start: int | None = 0
        while start is not None:
            answer = self.call("GET", f"/tenders/{tender.id}/ledger?start={start}&limit={page}").json
            for item in answer["items"]:
                leaves.append(b64decode(item["leaf"]))
                _file(bids, canonical.loads(leaves[-1])["bid"], item)  # type: ignore[call-overload, index]
            start = answer["next"]
        return ClosedTender(
            notice=tender.notice.raw,
            notice_signature=tender.signature,
            closing=b64decode(closing["file"]),
            leaves=tuple(leaves),
            bids=bids,
            closing_proof=closing["proof"].encode(),
            closing_entry=b64decode(closing["entry"]),
        )

    def checked(self, tender: Tendering) -> CheckedClosing:
        """Every check a custodian makes of what the platform serves."""
        trust, closed = self.trust(tender), self.closed(tender)
        return check_closed(closed, trust, tender.notice.policy.digest, self.now())

    # --- suppliers

    def withdraw(self, supplier: Who, tender: Tendering, sealed: Sealed) -> None:
        """Take a bid back before the deadline."""
        raw = build_withdrawal(
            tender.id, tender.notice.policy.digest, supplier.id, sealed.bid, "不参加了"
        )
        body = {"document": b64encode(raw), "signature": b64encode(self.sign(supplier, raw))}
        self.call("POST", f"/tenders/{tender.id}/withdrawals", supplier, body, 201)

    def submit_sealed(
        self, supplier: Who, tender: Tendering, manifest: bytes, objects: Sequence[bytes]
    ) -> None:
        """Upload and submit a manifest that was made by hand."""
        for data in objects:
            self.upload_bytes(supplier, tender.id, data)
        body = {"document": b64encode(manifest), "signature": b64encode(self.sign(supplier, manifest))}
        self.call("POST", f"/tenders/{tender.id}/bids", supplier, body, 201)

    # --- custodians

    def release(self, tender: Tendering, custodian: Who, status: int = 200) -> TestResponse:
        """The custodian checks everything and releases."""
        return self.hand_in(custodian, tender, *self.released(tender, custodian), status=status)

    def released(self, tender: Tendering, custodian: Who) -> tuple[dict[str, Any], dict[str, bytes]]:
        """A release's statement and the custodian's shares of files parts."""
        key = SUNSEAL_1.sealing_key(custodian.sealing_seed)
        return build_release(self.checked(tender), custodian.id, key, "bid", self.now())

    def hand_in(
        self,
        custodian: Who,
        tender: Tendering,
        statement: Mapping[str, Any],
        files: Mapping[str, bytes],
        status: int = 200,
    ) -> TestResponse:
        body = self.release_body(custodian, tender, statement, files)
        return self.call("PUT", f"/custody/tenders/{tender.id}/release", custodian, body, status)

    def release_body(
        self, custodian: Who, tender: Tendering, statement: Mapping[str, Any], files: Mapping[str, bytes]
    ) -> dict[str, Any]:
        envelope = self.envelope_key(tender.agency)
        shares = [
            {"bid": bid, "sealed": seal_files_share(envelope, tender.id, bid, "bid", custodian.id, share)}
            for bid, share in files.items()
            if envelope
        ]
        return {"file": b64encode(self.state_as(custodian, statement)), "files_shares": shares}

    def envelope_key(self, agency: Who) -> bytes:
        answer = self.app.get(f"/api/v1/organisations/{agency.id}/envelope-key", status="*")
        if answer.status_code == 404:
            return b""
        return b64decode(read_signed(b64decode(answer.json["file"]), "envelope-key").statement["key"])

    def erasure(self, tender: Tendering, custodian: Who, key: bytes | None = None) -> dict[str, str]:
        public = key or SUNSEAL_1.sealing_key(custodian.sealing_seed).public
        members: dict[str, Any] = {
            "at": format_time(self.now()), "tender": tender.id, "custodian": custodian.id,
            "sealing_key": canonical.digest(public),
        }
        return {"file": b64encode(self.state_as(custodian, build_statement("erasure", members)))}

    def state_as(self, who: Who, statement: Mapping[str, Any]) -> bytes:
        """A statement signed by a party: the file."""
        return sign_statement(statement, who.signer, self.now())

    def open(self, tender: Tendering, custodians: Sequence[Who] | None = None) -> None:
        """Close, release, freeze, open, record: what the jobs and custodians do at the deadline."""
        self.past_deadline()
        self.work()
        for custodian in tender.custodians if custodians is None else custodians:
            self.release(tender, custodian)
        self.work()

    # --- agency

    def evaluation(
        self, tender: Tendering, rejected: Mapping[str, str] | None = None, /, **more: Any
    ) -> dict[str, str]:
        members = {
            "at": format_time(self.now()), "tender": tender.id, "opening": self.opening_digest(tender),
            "rejections": [{"bid": bid, "reason": why} for bid, why in (rejected or {}).items()], **more,
        }
        file = self.state_as(tender.agency, build_statement("evaluation", members))
        return {"file": b64encode(file)}

    def judge(self, tender: Tendering, rejected: Mapping[str, str] | None = None) -> None:
        """The agency signs its stage statement on the segment that is open."""
        shown, out = self.opening(tender)["stages"][-1], rejected or {}
        record = OpeningRecord.parse(b64decode(shown["record"]))
        statement = build_stage(
            at=self.now(), tender=tender.id, closing=record.closing, segment=shown["opens"],
            opening=record.digest, rejections=out,
            admitted=[row.bid for row in record.bids if row.opened and row.bid not in out],
        )  # fmt: skip
        body = {"file": b64encode(self.state_as(tender.agency, statement))}
        self.call("POST", f"/tenders/{tender.id}/stage", tender.agency, body, 200)

    def evaluate(self, tender: Tendering, rejected: Mapping[str, str] | None = None, **more: Any) -> Any:
        body = self.evaluation(tender, rejected, **more)
        return self.call("POST", f"/tenders/{tender.id}/evaluation", tender.agency, body, 200).json

    def decision(self, tender: Tendering, winner: str, /, **more: Any) -> dict[str, str]:
        members = {
            "at": format_time(self.now()), "tender": tender.id, "opening": self.opening_digest(tender),
            "winner": winner, **more,
        }
        file = self.state_as(tender.agency, build_statement("award-decision", members))
        return {"file": b64encode(file)}

    def award(self, tender: Tendering, winner: str) -> bytes:
        body = self.decision(tender, winner)
        answer = self.call("POST", f"/tenders/{tender.id}/award", tender.agency, body, 201)
        return b64decode(answer.json["award"])

    def cancel(self, tender: Tendering, reason: str = "预算取消") -> None:
        members: dict[str, Any] = {
            "at": format_time(self.now()), "tender": tender.id, "notice": tender.notice.digest,
            "reason": reason,
        }
        file = self.state_as(tender.agency, build_statement("cancellation", members))
        self.call("POST", f"/tenders/{tender.id}/cancellation", tender.agency, {"file": b64encode(file)}, 200)

    # --- evidence

    def package(self, tender: Tendering) -> bytes:
        """The evidence package, when the jobs have built it."""
        self.work()
        return self.call("GET", f"/tenders/{tender.id}/evidence.zip").body

    def verified(self, tender: Tendering) -> tuple[Package, Report]:
        """The package as read, and the verifier's report with anchors of the reader's own; Node agrees."""
        data = self.package(tender)
        package = read_package(io.BytesIO(data))
        roots, key = self.call("GET", "/certificates/roots.pem").body, self.platform.keys.log.vkey
        report = verify(package, roots, key)
        agree(data, report, roots, key)
        return package, report


def shared_house(request: pytest.FixtureRequest, folder: Path) -> Iterator[OpeningHouse]:
    """A house for a module's tests, each of which makes tenders of its own; `request.param` of DATABASES."""
    url = f"sqlite:///{folder / 'sunseal.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_module_url")
    house = OpeningHouse(folder, url)
    yield house
    house.close()


def failures(report: Report) -> list[str]:
    return [f"{one.number} {one.text('en')}" for one in report.findings if one.ok is False]


def _file(bids: dict[str, BidFiles], bid: str, item: Mapping[str, str]) -> None:
    files = {name: b64decode(value) for name, value in item.items() if name != "leaf"}
    if "manifest" in files:
        bids[bid] = BidFiles(files["manifest"], files["signature"], files["receipt"])
    else:
        bids[bid] = replace(
            bids[bid],
            withdrawal=files["withdrawal"],
            withdrawal_signature=files["withdrawal_signature"],
            withdrawal_receipt=files["receipt"],
        )
