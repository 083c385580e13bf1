"""What an agency does: draft, build and sign the notice, publish, open attachments, evaluate, award."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from cryptography import x509

from bids.awards import Award
from bids.errors import BidError
from bids.notice import Notice, build_notice, build_policy
from bids.objects import build_statement
from bids.opening_record import OpeningRecord
from bids.trust import Trust
from bids.unlocking import build_unlock_decision
from signing import cms
from signing.certificates import party_of
from signing.encoding import b64decode, b64encode, format_time, parse_time
from signing.keys import Signer
from signing.statements import sign_statement
from trading.client.api import Api, ApiProblem, JsonObject, signed, statement, unfile
from trading.client.errors import ClientError
from trading.client.unlocking import fetch_unlocking

_SAME = (
    "title", "category", "currency", "estimate", "ceiling", "deadline", "sandbox", "items", "threshold",
    "minimum_bidders", "grace_seconds", "independent", "lock", "segments",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    """A published notice, its signature's file, and its place in the log."""

    notice: Notice
    signature: bytes
    log_position: int


@dataclass(frozen=True)
class LastOpening:
    """The segment that was opened last, with its record; `opens` is the one that waits for its judgement."""

    segment: str
    record: OpeningRecord
    opens: str | None


class Agency:
    """An agency at the platform.

    Args:
        api: with the agency's token. signer: its signing key. roots: that the platform must sign under.
        now: UTC.
    """

    def __init__(
        self,
        api: Api,
        signer: Signer,
        roots: Sequence[x509.Certificate],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.id = party_of(signer.certificate).id
        self.api = api
        self._signer = signer
        self._trust = Trust(tuple(roots))
        self._now = now

    def project(self, number: str, title: str) -> str:
        """The id of a new project, or of the agency's own that has this number and title already.

        Raises:
            ApiProblem: its project of that number has another title.
        """
        try:
            return str(self.api.post("/projects", {"number": number, "title": title})["id"])
        except ApiProblem as refusal:
            if refusal.code != "project-number-taken":
                raise
            wanted = {"organisation": self.id, "number": number, "title": title}
            for known in self.api.pages("/projects"):
                if wanted.items() <= known.items():
                    return str(known["id"])
            raise

    def draft(self, facts: JsonObject) -> str:
        """A new draft's id; the members of `facts` are those of POST /tenders."""
        return str(self.api.post("/tenders", facts)["id"])

    def put_envelope_key(self, public: bytes) -> None:
        """Publish the key that custodians seal the shares of attachments to."""
        now = self._now()
        members = build_statement(
            "envelope-key", {"at": format_time(now), "party": self.id, "key": b64encode(public)}
        )
        self.api.put("/envelope-key", statement(sign_statement(members, self._signer, now)))

    def wait_for_keys(self, tender: str, seconds: float) -> JsonObject:
        """The sealing policy once all custodians' keys are in; ClientError "keys-not-ready"."""
        end = time.monotonic() + seconds
        while True:
            policy = self.api.get(f"/tenders/{tender}/sealing-policy")
            if policy["ready"]:
                return policy
            if time.monotonic() > end:
                raise ClientError("keys-not-ready", seconds=seconds)
            time.sleep(0.1)

    def build_notice(
        self,
        tender: str,
        drafted: Mapping[str, Any],
        policy: Mapping[str, Any],
        custodian_keys: Mapping[str, bytes] | None = None,
        replaces: str | None = None,
        documents: Mapping[str, str] | None = None,
    ) -> bytes:
        """The notice's bytes, from the draft that the platform shows and the keys it collected.

        1. The platform shows what was drafted: what stands in `drafted` and the notice must agree.
        2. Each custodian's sealing key is signed by the signing key shown for it.
        3. Where the agency knows a custodian's signing key (SPKI, by id), it is that one.
        4. Where it knows the bidding documents (SHA-256 by name), they are these and no others.

        Raises:
            ClientError: "draft-other", "custodian-key-other". BidError: "sealing-key-signature" and others.
        """
        shown = self.api.get(f"/tenders/{tender}")
        _check_draft(drafted, shown)
        if shown["buyer"]["id"] != self.id:
            raise ClientError("draft-other", field="buyer")
        stored = {str(one["name"]): str(one["sha256"]) for one in shown["documents"]}
        if documents is not None and stored != documents:
            raise ClientError("draft-other", field="documents")
        custodians = cast("list[dict[str, str]]", policy["custodians"])
        for custodian in custodians:
            known = (custodian_keys or {}).get(custodian["id"])
            if known is not None and b64decode(custodian["signing_key"]) != known:
                raise ClientError("custodian-key-other", custodian=custodian["name"])
        deadline = parse_time(str(shown["deadline"]))
        return build_notice(
            tender=tender,
            project=shown["project"],
            at=self._now(),
            sandbox=shown["sandbox"],
            title=shown["title"],
            category=shown["category"],
            buyer=shown["buyer"],
            items=shown["items"],
            currency=shown["currency"],
            deadline=deadline,
            rules=shown["rules"],
            documents=shown["documents"],
            policy=build_policy(
                tender=tender,
                threshold=shown["threshold"],
                custodians=custodians,
                opens_at=deadline,
                minimum_bidders=shown["minimum_bidders"],
                independent=shown["independent"],
                grace_seconds=shown["grace_seconds"],
                lock=shown["lock"],
                segments=shown["segments"],
            ),
            estimate=shown.get("estimate"),
            ceiling=shown.get("ceiling"),
            replaces=replaces,
        )

    def publish(self, tender: str, notice: bytes) -> Published:
        """Sign a notice that was built here, and publish it."""
        signature = cms.sign(notice, self._signer, self._now())
        answer = self.api.post(f"/tenders/{tender}/publication", signed(notice, signature))
        return Published(Notice.parse(notice), signature, int(answer["log_position"]))

    def cancel(self, tender: str, notice_digest: str, reason: str) -> None:
        """End a tender for a stated reason; nobody opens its bids any more."""
        self._state("cancellation", tender, "cancellation", {"notice": notice_digest, "reason": reason})

    def opening_record(self, tender: str) -> OpeningRecord | None:
        """The opening record of the last segment, once it is there, its signature checked."""
        file = self.api.get(f"/tenders/{tender}/opening")["record"]
        return None if file is None else self._record(str(file))

    def last_opening(self, tender: str) -> LastOpening | None:
        """The record of the segment that was opened last, its signature checked; None before any."""
        shown = self.api.get(f"/tenders/{tender}/opening")
        if shown["record"] is not None:
            return LastOpening(str(shown["segment"]), self._record(str(shown["record"])), None)
        if not shown["stages"]:
            return None
        last = shown["stages"][-1]
        opens = str(last["opens"]) if last["statement"] is None else None
        return LastOpening(str(last["segment"]), self._record(str(last["record"])), opens)

    def _record(self, file: str) -> OpeningRecord:
        return OpeningRecord.parse(self._trust.platform_statement("opening-record", b64decode(file)))

    def judge(self, tender: str, opening: LastOpening, rejections: Mapping[str, str]) -> JsonObject:
        """Sign the stage statement on a segment: the bids named are rejected, each with its reason, all
        others that opened go on; custodians release the next segment for those alone."""
        record = opening.record
        opened = [row.bid for row in record.bids if row.opened]
        members: dict[str, Any] = {
            "closing": record.closing,
            "segment": opening.opens,
            "opening": record.digest,
            "admitted": [bid for bid in opened if bid not in rejections],
            "rejections": [{"bid": bid, "reason": reason} for bid, reason in rejections.items()],
        }
        return self._state("stage", tender, "stage", members)

    def evaluate(
        self,
        tender: str,
        opening: OpeningRecord,
        rejections: Mapping[str, str],
        order: Sequence[str] | None = None,
    ) -> JsonObject:
        """Reject the bids named, each with its reason; the ranking that follows.

        `order` parts ties where the rules leave it to the agency: the bids, best first.
        """
        members: dict[str, Any] = {
            "opening": opening.digest,
            "rejections": [{"bid": bid, "reason": reason} for bid, reason in rejections.items()],
        }
        if order is not None:
            members["order"] = list(order)
        return self._state("evaluation", tender, "evaluation", members)

    def decide_unlocking(self, tender: str, decisions: Mapping[str, tuple[str, str]]) -> list[str]:
        """Decide whose fault it was that bids were not unlocked: verdict and reason by bid; the bids decided.

        Raises:
            ClientError: "unlocking-not-over". BidError: a bid is not one that is left open.
        """
        unlocking = fetch_unlocking(self.api, tender, self._trust)
        if unlocking is None or not unlocking.undecided:
            raise ClientError("unlocking-not-over")
        if not decisions.keys() <= unlocking.undecided:
            raise BidError("unlock-decision-other")
        now = self._now()
        built = build_unlock_decision(tender, unlocking.digest, decisions, now)
        file = sign_statement(built, self._signer, now)
        return list(self.api.post(f"/tenders/{tender}/unlock-decisions", statement(file))["bids"])

    def award(self, tender: str, opening: OpeningRecord, winner: str) -> Award:
        """Decide for the winner; the platform's award statement, its signature checked."""
        answer = self._state("award-decision", tender, "award", {"opening": opening.digest, "winner": winner})
        return Award.parse(self._trust.platform_statement("award", unfile(answer, "award")))

    def _state(self, kind: str, tender: str, address: str, members: dict[str, Any]) -> JsonObject:
        now = self._now()
        built = build_statement(kind, {"at": format_time(now), "tender": tender, **members})
        file = sign_statement(built, self._signer, now)
        return self.api.post(f"/tenders/{tender}/{address}", statement(file))


def _check_draft(drafted: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
    for name in _SAME:
        if name not in drafted:
            continue
        mine, theirs = drafted[name], shown.get(name)
        if name == "deadline":
            mine, theirs = parse_time(mine), parse_time(str(theirs))
        if mine != theirs:
            raise ClientError("draft-other", field=name)
    if bool(shown.get("lock")) != bool(drafted.get("lock")):
        raise ClientError("draft-other", field="lock")
    if "rules" in drafted and shown["rules"]["pack"] != drafted["rules"]:
        raise ClientError("draft-other", field="rules")
    wanted = [(one["organisation"], one.get("role")) for one in drafted.get("custodians", [])]
    found = [(one["organisation"], one["role"]) for one in shown["custodians"]]
    if wanted and wanted != found:
        raise ClientError("draft-other", field="custodians")
