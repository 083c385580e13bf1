"""The demonstration's course: enrol, publish, bid, wait for the jobs, evaluate, award, check, compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from signing.notes import NoteVerifier
from signing.suite import by_name
from trading.client.agency import Agency
from trading.client.api import Api, ApiProblem
from trading.client.errors import ClientError, Language
from trading.client.transport import HttpTransport
from trading.demo.compare import compare
from trading.demo.errors import DemoError
from trading.demo.parties import CustodianMember, Enrolment, Member
from trading.demo.platform import PlatformProcess
from trading.demo.progress import Progress
from trading.demo.source import Contract, Source, SourceBid
from trading.demo.tender import DemoTender, Outcome

_BIDDING_THREADS = 4
_POLL_SECONDS = 0.25
_OPEN_SECONDS = 120.0
_LATE = frozenset({"tender-late", "bid-late", "deadline-passed"})


@dataclass(frozen=True)
class Plan:
    """What to replay: the tenders, the rule pack and the bidders it wants at least, seconds to bid in."""

    source: Source
    rules: str
    minimum: int
    lead: float


class Replay:
    """Replays a plan against a platform that runs.

    Args:
        work: a folder that goes away, for what parties keep to themselves. out: where results go.
    """

    def __init__(
        self,
        plan: Plan,
        platform: PlatformProcess,
        work: Path,
        out: Path,
        progress: Progress,
        language: Language,
    ) -> None:
        self._plan = plan
        self._platform = platform
        self._work = work
        self._out = out
        self._progress = progress
        self._language = language
        self._transport = HttpTransport(platform.address, connections=16)
        self._public = Api(self._transport, None, language)

    def run(self) -> list[Outcome]:
        """All of it; each tender's outcome, with every difference from what the file demands.

        Raises:
            DemoError: a bid missed the opening time, or the platform stopped.
        """
        self._progress.stage("启动平台", "Starting the platform")
        self._platform.wait()
        agency, suppliers, custodians = self._enrol()
        log = NoteVerifier.from_vkey(self._public.raw("/log/key").decode().strip())
        tenders = self._tenders(self._plan.source.contracts, agency)
        deadline = self._publish(tenders, agency, custodians)
        self._bid(tenders, suppliers, deadline)
        self._wait_for_deadline(deadline)
        self._open(tenders, agency, log)
        self._finish(tenders, agency, log)
        return [tender.outcome for tender in tenders]

    # --- before the deadline

    def _enrol(self) -> tuple[Member, dict[str, Member], list[CustodianMember]]:
        names = self._plan.source.bidders
        self._progress.stage(
            f"注册招标人、3 位保管人和 {len(names)} 家供应商：密钥、证书",
            f"Enrolling the agency, 3 custodians and {len(names)} suppliers: keys and certificates",
        )
        enrolment = Enrolment(self._transport, self._platform.token, self._language)
        custodians = enrolment.custodians(self._platform.custodians_dir)
        agency = enrolment.agency()
        return agency, enrolment.suppliers(names), custodians

    def _tenders(self, contracts: Iterable[Contract], agency: Member) -> list[DemoTender]:
        suite = by_name("sunseal-1")
        key = suite.sealing_key(suite.new_sealing_seed())
        client = Agency(agency.api, agency.key.signer, agency.key.roots)
        client.put_envelope_key(key.public)
        tenders = [DemoTender(one, client, key, self._work, self._out) for one in contracts]
        for tender in tenders:
            tender.make_letters()
        return tenders

    def _publish(
        self, tenders: list[DemoTender], agency: Member, custodians: list[CustodianMember]
    ) -> datetime:
        self._progress.stage(
            "起草、收集保管人密钥、签名并发布公告",
            "Drafting, collecting custodians' keys, signing, publishing",
        )
        project = Agency(agency.api, agency.key.signer, agency.key.roots).project(
            "BID211", "Bids opened 2011-05-05"
        )
        # To the millisecond, as the database keeps it.
        soon = datetime.now(UTC) + timedelta(seconds=self._plan.lead)
        deadline = soon.replace(microsecond=soon.microsecond // 1000 * 1000)

        def publish(tender: DemoTender) -> None:
            try:
                tender.publish(project, deadline, self._plan.rules, custodians)
            except (ApiProblem, ClientError) as error:
                if datetime.now(UTC) >= deadline:
                    late = sum(len(one.contract.bids) for one in tenders)
                    raise DemoError("lead-too-short", late=late, seconds=self._plan.lead) from error
                raise
            self._progress.state(tender.contract.number, "published")

        self._together(len(tenders), [partial(publish, tender) for tender in tenders])
        return deadline

    def _bid(self, tenders: list[DemoTender], suppliers: dict[str, Member], deadline: datetime) -> None:
        left = (deadline - datetime.now(UTC)).total_seconds()
        self._progress.stage(
            "供应商密封、签名、投递；开标倒计时", "Suppliers seal, sign and submit; opening in", left
        )
        late: list[str] = []

        def submit(tender: DemoTender, bids: list[SourceBid]) -> None:
            for bid in bids:
                try:
                    tender.bid(bid, suppliers[bid.bidder], datetime.now(UTC))
                except (ApiProblem, ClientError) as error:
                    if error.code not in _LATE and datetime.now(UTC) < deadline:
                        raise
                    late.append(bid.bidder)
                else:
                    self._progress.submitted(tender.contract.number)

        self._together(
            _BIDDING_THREADS,
            [
                partial(submit, tender, group)
                for tender in tenders
                for group in _by_total(tender.contract)
            ],
        )
        if late:
            raise DemoError("lead-too-short", late=len(late), seconds=self._plan.lead)

    def _together(self, threads: int, acts: list[Callable[[], None]]) -> None:
        """Do all acts, a few at a time; the first failure ends it."""
        with ThreadPoolExecutor(threads) as pool:
            futures: list[Future[None]] = [pool.submit(act) for act in acts]
            done, open_ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in open_:
                future.cancel()
            for future in done:
                future.result()

    # --- after it

    def _wait_for_deadline(self, deadline: datetime) -> None:
        left = (deadline - datetime.now(UTC)).total_seconds()
        self._progress.stage("全部投标已送达，等待开标", "All bids are in; opening in", max(left, 0))
        while (left := (deadline - datetime.now(UTC)).total_seconds()) > 0:
            self._platform.check()
            time.sleep(min(left, 0.5))

    def _open(self, tenders: list[DemoTender], agency: Member, log: NoteVerifier) -> None:
        self._progress.stage(
            "平台定时截止、保管人核对后释放份额、开标", "Closing, custodians' checks and releases, opening"
        )
        end = time.monotonic() + _OPEN_SECONDS
        waiting = list(tenders)
        while waiting:
            self._platform.check()
            for tender in list(waiting):
                state = tender.state(self._public)
                self._progress.state(tender.contract.number, state)
                if state in ("opened", "failed"):
                    waiting.remove(tender)
                elif time.monotonic() > end:
                    raise DemoError(
                        "stuck", contract=tender.contract.number, state=state, seconds=int(_OPEN_SECONDS)
                    )
            if waiting:
                time.sleep(_POLL_SECONDS)
        self._progress.stage(
            "招标人开启附件并核对，否决不响应的投标，定标", "The agency opens attachments, rejects, awards"
        )
        for tender in tenders:
            self._decide(tender, agency, log)

    def _decide(self, tender: DemoTender, agency: Member, log: NoteVerifier) -> None:
        record = Agency(agency.api, agency.key.signer, agency.key.roots).opening_record(tender.id)
        if record is None:
            return
        tender.open_letters(tender.check_closing(agency.api, agency, log), record)
        tender.decide(record)
        if tender.outcome.winner is not None:
            total = f"{tender.outcome.winner.total} {tender.contract.currency}"
            self._progress.winner(tender.contract.number, tender.outcome.winner.bidder, total)
        self._progress.state(tender.contract.number, tender.state(self._public))

    def _finish(self, tenders: list[DemoTender], agency: Member, log: NoteVerifier) -> None:
        self._progress.stage(
            "下载证据包与报告，离线核对，与官方结果比较",
            "Downloading evidence and reports, checking them, comparing with the official results",
        )
        end = time.monotonic() + _OPEN_SECONDS
        for tender in tenders:
            while not tender.evidence_ready(self._public):
                self._platform.check()
                if time.monotonic() > end:
                    raise DemoError(
                        "stuck", contract=tender.contract.number, state=tender.state(self._public),
                        seconds=int(_OPEN_SECONDS),
                    )  # fmt: skip
                time.sleep(_POLL_SECONDS)
            outcome = tender.outcome
            outcome.status = tender.state(self._public)
            tender.download(self._public)
            tender.verify(agency, log.vkey)
            tender.take_times(self._public)
            winner = None if outcome.winner is None else outcome.winner.bidder
            outcome.differences += compare(
                tender.contract, self._plan.minimum, outcome.status, outcome.ranking, winner
            )
            self._progress.state(tender.contract.number, "verified")


def _by_total(contract: Contract) -> list[list[SourceBid]]:
    """Bids that may come in any order apart, equal totals together: the earlier received ranks first."""
    groups: dict[str, list[SourceBid]] = {}
    for bid in contract.bids:
        groups.setdefault(bid.total, []).append(bid)
    return list(groups.values())
