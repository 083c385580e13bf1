"""Whether a tender receives bids at a given moment, and what is said if not."""

from __future__ import annotations

from datetime import datetime

from signing.encoding import format_time
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.tenders.rules import pack_named


def refuse_unless_open(tender: Tender, now: datetime) -> None:
    """Refuse what comes before publication, at or after the deadline, or to a cancelled tender.

    Args:
        now: the database's clock; where something is received, read under the tender's lock.

    Raises:
        TradingError: "tender-cancelled", "tender-not-open" or "bid-late", with rule and article.
    """
    pack = pack_named(tender.pack, tender.pack_version)
    if tender.state == State.CANCELLED.value:
        raise pack.refuse("cancelled-tender", "tender-cancelled", reason=tender.ended_reason)
    if tender.state == State.DRAFT.value:
        raise pack.refuse("cancelled-tender", "tender-not-open", state=tender.state)
    if tender.state != State.PUBLISHED.value or now >= tender.deadline:
        raise pack.refuse("late-bid", "bid-late", deadline=format_time(tender.deadline))
