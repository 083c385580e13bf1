"""A bidder's own lock (Order 20 art. 30, 31): who unlocked in the window, and what becomes of who did not.

The platform says it in one signed statement when the window has ended for all, before anything is opened.
What it says of somebody who stayed silent follows from three facts that stand beside it: whether the bidder
came, how many attempts were refused, and when the platform was down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bids.closing import Closing
from bids.entries import Entry
from bids.errors import BidError
from bids.notice import Policy
from bids.objects import build_statement, read_signed
from bids.releases import CheckedClosing
from bids.trust import Trust
from signing.canonical import JSON
from signing.encoding import b64decode, b64encode, format_time, parse_time
from signing.statements import Statement

REVOKED, WITHDRAWN, UNDECIDED = "revoked", "withdrawn", "unknown"
"""撤销: the bidder's fault; 撤回: not the bidder's; not known until the agency decides."""


@dataclass(frozen=True)
class Outage:
    """A time (UTC) in which the platform answered nobody, by its own record."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Unlock:
    """One current bid in the window: its `secret` and when it came, or why there is none.

    `fetched`: the bidder came to unlock; `attempts`: how many of its attempts were refused; `verdict` follows
    from them.
    """

    bid: str
    secret: bytes | None = None
    received_at: datetime | None = None
    fetched: bool = False
    attempts: int = 0
    verdict: str | None = None

    @classmethod
    def silent(
        cls,
        bid: str,
        fetched: bool,
        attempts: int,
        outages: Sequence[Outage],
        window: tuple[datetime, datetime],
    ) -> Unlock:
        """Who did not unlock, and what follows by the record."""
        verdict = verdict_of(fetched, attempts, outages, *window)
        return cls(bid, fetched=fetched, attempts=attempts, verdict=verdict)


def verdict_of(
    fetched: bool, attempts: int, outages: Sequence[Outage], since: datetime, until: datetime
) -> str:
    """What the record shows of a bidder who did not unlock between `since` and `until` (UTC).

    The platform was down for half of the window or more: withdrawn. It was never down, and the bidder neither
    came nor tried: revoked. Everything else the agency has to decide.
    """
    down = sum((one.until - one.since for one in outages), timedelta())
    if down * 2 >= until - since:
        return WITHDRAWN
    return UNDECIDED if fetched or attempts or outages else REVOKED


@dataclass(frozen=True)
class Unlocking:
    """The statement that ends the window; `digest` is that of the statement, times are UTC.

    The window ran from `opened_at` to `until`, or ended at `at` because all had unlocked.
    """

    raw: bytes
    digest: str
    at: datetime
    tender: str
    closing: str
    opened_at: datetime
    until: datetime
    outages: tuple[Outage, ...]
    bids: tuple[Unlock, ...]

    @classmethod
    def parse(cls, source: bytes | Statement) -> Unlocking:
        """From its file or statement, the signature unchecked; BidError, "unlocking-row"."""
        read = read_signed(source, "unlocking")
        members = read.statement
        return cls(
            raw=read.statement_bytes,
            digest=read.digest,
            at=parse_time(members["at"]),
            tender=members["tender"],
            closing=members["closing"],
            opened_at=parse_time(members["opened_at"]),
            until=parse_time(members["until"]),
            outages=tuple(
                Outage(parse_time(one["since"]), parse_time(one["until"])) for one in members["outages"]
            ),
            bids=tuple(map(_read_row, members["bids"])),
        )

    def of(self, bid: str) -> Unlock | None:
        """What it says of a bid."""
        return next((row for row in self.bids if row.bid == bid), None)

    @property
    def by_bid(self) -> Mapping[str, Unlock]:
        """Its rows by bid."""
        return {row.bid: row for row in self.bids}

    @property
    def undecided(self) -> frozenset[str]:
        """The bids of which the agency has to decide."""
        return frozenset(row.bid for row in self.bids if row.verdict == UNDECIDED)


_UNLOCKED = {"bid", "secret", "received_at"}
_SILENT = {"bid", "fetched", "attempts", "verdict"}


def _read_row(row: Mapping[str, Any]) -> Unlock:
    if row.keys() not in (_UNLOCKED, _SILENT):
        raise BidError("unlocking-row", bid=row["bid"])
    if "secret" in row:
        return Unlock(row["bid"], b64decode(row["secret"]), parse_time(row["received_at"]))
    return Unlock(row["bid"], fetched=row["fetched"], attempts=row["attempts"], verdict=row["verdict"])


def build_unlocking(
    *,
    at: datetime,
    tender: str,
    closing: str,
    opened_at: datetime,
    until: datetime,
    outages: Sequence[Outage],
    bids: Sequence[Unlock],
) -> dict[str, JSON]:
    """The statement, to be signed by the platform; `bids` are the current ones in the ledger's order."""
    return build_statement(
        "unlocking",
        {
            "at": format_time(at),
            "tender": tender,
            "closing": closing,
            "opened_at": format_time(opened_at),
            "until": format_time(until),
            "outages": [
                {"since": format_time(one.since), "until": format_time(one.until)} for one in outages
            ],
            "bids": list(map(_row, bids)),
        },
    )


def _row(one: Unlock) -> JSON:
    if one.secret is not None and one.received_at is not None:
        return {
            "bid": one.bid,
            "secret": b64encode(one.secret),
            "received_at": format_time(one.received_at),
        }
    return {"bid": one.bid, "fetched": one.fetched, "attempts": one.attempts, "verdict": one.verdict}


def unlocking_problems(unlocking: Unlocking, checked: CheckedClosing) -> Iterator[BidError]:
    """Whatever does not hold in the statement, beside its signature.

    1. It is of this tender and closing, and lists exactly the current bids in the ledger's order.
    2. The window began after the closing, and ended at its end or when all had unlocked.
    3. Outages lie in the window, in order.
    4. Each secret is the one whose digest its bidder signed, received in the window.
    5. What it says of who did not unlock follows from what it says happened.
    """
    if (unlocking.tender, unlocking.closing) != (checked.notice.tender, checked.closing_digest):
        yield BidError("unlocking-other-closing")
        return
    if [row.bid for row in unlocking.bids] != [bid.bid for bid in checked.current]:
        yield BidError("unlocking-other-bids")
        return
    window = (unlocking.opened_at, unlocking.until)
    if not checked.closing.at <= unlocking.opened_at < unlocking.until:
        yield BidError("unlocking-window")
    if unlocking.at < unlocking.until and any(row.secret is None for row in unlocking.bids):
        yield BidError("unlocking-early")
    edges = [edge for one in unlocking.outages for edge in (one.since, one.until)]
    edges = [unlocking.opened_at, *edges, unlocking.until]
    if edges != sorted(edges):
        yield BidError("unlocking-outages")
    for row, bid in zip(unlocking.bids, checked.current, strict=True):
        if row.secret is None or row.received_at is None:
            wanted = verdict_of(row.fetched, row.attempts, unlocking.outages, *window)
            if row.verdict != wanted:
                yield BidError("unlocking-verdict", bid=row.bid, said=row.verdict, wanted=wanted)
            continue
        if not bid.manifest.is_secret(row.secret):
            yield BidError("unlocking-secret", bid=row.bid)
        if not unlocking.opened_at <= row.received_at <= min(unlocking.until, unlocking.at):
            yield BidError("unlocking-time", bid=row.bid)


def check_frozen(entries: Sequence[bytes], closing: Closing, policy: Policy, trust: Trust) -> None:
    """That it is time to unlock: the tender's log entries have a release set that the platform froze for this
    closing, of at least the threshold. A bidder's client asks before it lets the secret go.

    Raises BidError "unlock-not-frozen", or what is wrong with the statement.
    """
    found = [entry for entry in map(Entry.parse, entries) if entry.act == "opening.frozen"]
    frozen = next((entry for entry in found if entry.tender == closing.tender), None)
    if frozen is None or frozen.statement_file is None:
        raise BidError("unlock-not-frozen")
    members = read_signed(
        trust.platform_statement("release-set", frozen.statement_file), "release-set"
    ).statement
    same = (members["tender"], members["closing"]) == (closing.tender, closing.digest)
    if not same or len({row["custodian"] for row in members["releases"]}) < policy.threshold:
        raise BidError("unlock-not-frozen")


def build_unlock_decision(
    tender: str, unlocking: str, decisions: Mapping[str, tuple[str, str]], at: datetime
) -> dict[str, JSON]:
    """The agency's decision on bids that the record left open, to be signed by it.

    `unlocking` is the digest of the platform's statement; `decisions` by bid: "revoked" or "withdrawn", and
    why.
    """
    rows: list[JSON] = [
        {"bid": bid, "verdict": verdict, "reason": reason} for bid, (verdict, reason) in decisions.items()
    ]
    members: dict[str, JSON] = {"at": format_time(at), "tender": tender, "unlocking": unlocking}
    return build_statement("unlock-decision", {**members, "decisions": rows})


def read_unlock_decision(
    read: Statement, unlocking: Unlocking, decided: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Verdict and reason by bid of a decision; `decided` are bids decided before.

    Raises BidError: "unlock-decision-other" if it is not for this statement or names a bid that is not left
    open, or one twice.
    """
    members = read_signed(read, "unlock-decision").statement
    rows = {row["bid"]: (row["verdict"], row["reason"]) for row in members["decisions"]}
    known = (members["tender"], members["unlocking"]) == (unlocking.tender, unlocking.digest)
    if not known or len(rows) != len(members["decisions"]):
        raise BidError("unlock-decision-other")
    if not rows.keys() <= unlocking.undecided - decided.keys():
        raise BidError("unlock-decision-other")
    return rows
