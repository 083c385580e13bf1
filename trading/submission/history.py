"""A supplier's bids in a tender, in the ledger's order: which replaces which, which is current."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from bids.ledger import Leaf, next_replaces
from bids.manifest import Manifest
from trading.submission.models import Bid, LedgerLeaf, Withdrawal
from trading.tenders.models import Tender


@dataclass(frozen=True)
class History:
    """One supplier's leaves and bids; `other` is a bid found by id that is not among them."""

    leaves: tuple[Leaf, ...]
    links: Mapping[str, Bid]
    other: Bid | None = None

    def known(self, bid_id: str) -> Bid | None:
        """The bid of that id, whoever's it is."""
        if self.other is not None and self.other.id == bid_id:
            return self.other
        return self.links.get(bid_id)

    def current(self, policy: str) -> Bid | None:
        """The bid that counts under the policy, if there is one."""
        latest = next_replaces(self.leaves, self.links)
        bid = self.links[latest] if latest is not None else None
        return bid if bid is not None and bid.policy_digest == policy else None

    def states(self, policy: str) -> dict[str, str]:
        """Each bid's state under the policy now in force: current, replaced, withdrawn or void."""
        withdrawn = {leaf.bid for leaf in self.leaves if leaf.kind == "withdrawal"}
        replaced = {bid.replaces for bid in self.links.values()}
        found = {}
        for id, bid in self.links.items():
            void = "void" if bid.policy_digest != policy else "current"
            found[id] = "withdrawn" if id in withdrawn else "replaced" if id in replaced else void
        return found


def own_history(session: Session, tender_id: str, supplier_id: str, bid_id: str | None) -> History:
    """What the supplier has in this tender, and whatever bid has the id `bid_id`, in one query."""
    mine = and_(Bid.tender_id == tender_id, Bid.supplier_id == supplier_id)
    wanted: ColumnElement[bool] = mine if bid_id is None else or_(mine, Bid.id == bid_id)
    rows = session.execute(
        select(Bid, LedgerLeaf.position, Withdrawal.bid_id)
        .join(LedgerLeaf, and_(LedgerLeaf.bid_id == Bid.id, LedgerLeaf.kind == "acceptance"))
        .outerjoin(Withdrawal, Withdrawal.bid_id == Bid.id)
        .where(wanted)
        .order_by(LedgerLeaf.position)
    ).all()
    leaves: list[Leaf] = []
    links: dict[str, Bid] = {}
    other = None
    for bid, _, withdrawn in rows:
        if (bid.tender_id, bid.supplier_id) != (tender_id, supplier_id):
            other = bid
            continue
        links[bid.id] = bid
        leaves.append(_leaf("acceptance", bid))
        if withdrawn is not None:
            leaves.append(_leaf("withdrawal", bid))
    return History(tuple(leaves), links, other)


def after_amendment(session: Session, tender: Tender, supplier_id: str) -> str:
    """What the notice's amendment means to a supplier's own bid: "void", "good", or "" where it has none that
    was sealed before. Call it for an amended tender.
    """
    policy = tender.policy_digest or ""
    history = own_history(session, tender.id, supplier_id, None)
    current = history.current(policy)
    if current is not None:
        return "good" if Manifest.parse(current.manifest).notice != tender.notice_digest else ""
    return "void" if "void" in history.states(policy).values() else ""


def _leaf(kind: str, bid: Bid) -> Leaf:
    """As much of a leaf as the order of replacements needs."""
    return Leaf(
        raw=b"",
        kind="acceptance" if kind == "acceptance" else "withdrawal",
        bid=bid.id,
        supplier=bid.supplier_id,
        document="",
        signature="",
        receipt="",
    )
