"""The demonstration's course: enrol, publish, bid, wait for the jobs, evaluate, award, check, compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from bids.errors import BidError
from signing.notes import NoteVerifier
from signing.suite import by_name
from trading.client.agency import Agency
from trading.client.api import Api, ApiProblem
from trading.client.errors import ClientError, Language
from trading.client.transport import HttpTransport
from trading.demo.compare import Difference, compare
from trading.demo.errors import DemoError
from trading.demo.parties import CustodianMember, Enrolment, Member
from trading.demo.platform import PlatformProcess
from trading.demo.progress import Progress
from trading.demo.source import Contract, Source, SourceBid
from trading.demo.tender import DemoTender, Outcome

_BIDDING_THREADS = 4
_POLL_SECONDS = 0.4
_OPEN_SECONDS = 120.0
_ERASE_SECONDS = 30.0
# Drafting and bidding take two to three times as long as enrolling as many members.
_LEAD_LEAST, _LEAD_BASE, _LEAD_FACTOR = 8.0, 6.0, 6.0
_LATE = frozenset({"tender-late", "bid-late", "deadline-passed"})


@dataclass(frozen=True)
class Plan:
    """What to replay: the tenders, the rule pack and the bidders it wants at least, seconds to bid in."""

    source: Source
    rules: str
    minimum: int
    lead: float | None


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
        agency, suppliers, custodians = self.members = self._enrol()
        log = NoteVerifier.from_vkey(self._public.raw("/log/key").decode().strip())
        tenders = self._tenders(self._plan.source.contracts, agency)
        deadline = self._publish(tenders, agency, custodians)
        self._bid(tenders, suppliers, deadline)
        self._wait_for_deadline(deadline)
        self._open(tenders)
        self._conclude(tenders, agency, log)
        return [tender.outcome for tender in tenders]

    # --- before the deadline

    def _enrol(self) -> tuple[Member, dict[str, Member], list[CustodianMember]]:
        names = self._plan.source.bidders
        self._progress.stage(
            f"注册招标人、3 位保管人和 {len(names)} 家供应商：密钥、证书",
            f"Enrolling the agency, 3 custodians and {len(names)} suppliers: keys and certificates",
        )
        began = time.monotonic()
        enrolment = Enrolment(self._transport, self._platform.token, self._language)
        custodians = enrolment.custodians(self._platform.custodians_dir, self._plan.source.agency)
        agency = enrolment.agency(self._plan.source.agency)
        suppliers = enrolment.suppliers(names)
        self._set_lead(time.monotonic() - began, len(names) + len(custodians) + 1)
        return agency, suppliers, custodians

    def _set_lead(self, seconds: float, members: int) -> None:
        """Without a wish: as long as the bids surely need, by how long this machine took to enrol members."""
        if self._plan.lead is None:
            needed = _LEAD_BASE + _LEAD_FACTOR * seconds * self._plan.source.bid_count / members
            self._plan = replace(self._plan, lead=round(max(_LEAD_LEAST, needed), 1))

    @property
    def _lead(self) -> float:
        assert self._plan.lead is not None
        return self._plan.lead

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
        for tender in tenders:
            tender.enter_project()
        # To the millisecond, as the database keeps it.
        soon = datetime.now(UTC) + timedelta(seconds=self._lead)
        deadline = soon.replace(microsecond=soon.microsecond // 1000 * 1000)

        def publish(tender: DemoTender) -> None:
            try:
                tender.publish(deadline, self._plan.rules, custodians)
            except (ApiProblem, BidError, ClientError) as error:
                if datetime.now(UTC) >= deadline:
                    late = sum(len(one.contract.bids) for one in tenders)
                    raise DemoError("lead-too-short", late=late, seconds=self._lead) from error
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
            [partial(submit, tender, group) for tender in tenders for group in _by_total(tender.contract)],
        )
        if late:
            raise DemoError("lead-too-short", late=len(late), seconds=self._lead)

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

    def _open(self, tenders: list[DemoTender]) -> None:
        self._progress.stage(
            "平台定时截止、保管人核对后释放份额、开标", "Closing, custodians' checks and releases, opening"
        )
        waiting = {tender.id: tender for tender in tenders}
        for states in self._states():
            for id_, tender in list(waiting.items()):
                state = states[id_]
                self._progress.state(tender.contract.number, state)
                if state in ("opened", "failed"):
                    del waiting[id_]
            if not waiting:
                return
        first = next(iter(waiting.values()))
        raise self._stuck(first)

    def _states(self) -> Iterator[dict[str, str]]:
        """What the public record says of all tenders, again and again for a while."""
        end = time.monotonic() + _OPEN_SECONDS
        while time.monotonic() < end:
            self._platform.check()
            yield {str(one["id"]): str(one["state"]) for one in self._public.pages("/tenders")}
            time.sleep(_POLL_SECONDS)

    def _stuck(self, tender: DemoTender) -> DemoError:
        return DemoError(
            "stuck",
            contract=tender.contract.number,
            state=tender.state(self._public),
            seconds=int(_OPEN_SECONDS),
            log=self._platform.tail(),
        )

    def _conclude(self, tenders: list[DemoTender], agency: Member, log: NoteVerifier) -> None:
        self._progress.stage(
            "招标人开启附件、否决、定标；证据包与报告下载、离线核对",
            "Attachments opened, bids rejected, awards; evidence and reports downloaded and checked",
        )

        def conclude(tender: DemoTender) -> None:
            self._decide(tender, agency, log)
            self._finish(tender, agency, log)

        self._together(_BIDDING_THREADS, [partial(conclude, tender) for tender in tenders])

    def _decide(self, tender: DemoTender, agency: Member, log: NoteVerifier) -> None:
        record = Agency(agency.api, agency.key.signer, agency.key.roots).opening_record(tender.id)
        if record is None:
            return
        tender.open_letters(tender.check_closing(agency.api, agency, log), record)
        tender.decide(record)
        if tender.outcome.winner is not None:
            total = f"{Decimal(tender.outcome.winner.total):,} {tender.contract.currency}"
            self._progress.winner(tender.contract.number, tender.outcome.winner.bidder, total)
        self._progress.state(tender.contract.number, tender.state(self._public))

    def _finish(self, tender: DemoTender, agency: Member, log: NoteVerifier) -> None:
        end = time.monotonic() + _OPEN_SECONDS
        while not tender.evidence_ready(self._public):
            self._platform.check()
            if time.monotonic() > end:
                raise self._stuck(tender)
            time.sleep(_POLL_SECONDS)
        outcome = tender.outcome
        outcome.status = tender.state(self._public)
        tender.download(self._public)
        tender.verify(agency, log.vkey)
        tender.take_times(self._public)
        winner = None if outcome.winner is None else outcome.winner.bidder
        if len(tender.contract.bids) < self._plan.minimum:
            self._check_unopened(tender)
        outcome.differences += compare(
            tender.contract, self._plan.minimum, outcome.status, outcome.ranking, winner
        )
        self._progress.state(tender.contract.number, "verified")

    def _check_unopened(self, tender: DemoTender) -> None:
        """That no share of it was released, and every custodian has erased its key."""
        keys = len(tender.published.notice.policy.custodians)
        end = time.monotonic() + _ERASE_SECONDS
        while (acts := tender.acts(self._public))["custody.erased"] < keys and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        for what, act, wanted in (("releases", "custody.released", 0), ("erasures", "custody.erased", keys)):
            if acts[act] != wanted:
                tender.outcome.differences.append(
                    Difference(tender.contract.number, "", what, str(wanted), str(acts[act]))
                )


def _by_total(contract: Contract) -> list[list[SourceBid]]:
    """Bids that may come in any order apart, equal totals together: the earlier received ranks first."""
    groups: dict[str, list[SourceBid]] = {}
    for bid in contract.bids:
        groups.setdefault(bid.total, []).append(bid)
    return list(groups.values())
