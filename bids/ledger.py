"""A tender's ledger: its leaves, and which bids are current."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

from bids.errors import BidError, refusing
from bids.objects import check_size, type_of, write_object
from bids.schemas import SCHEMAS, check
from signing import canonical
from signing.encoding import is_id

_REMEMBERED = 4096
_KINDS = {type_of("acceptance"): "acceptance", type_of("withdrawal-leaf"): "withdrawal-leaf"}


@dataclass(frozen=True)
class Leaf:
    """A leaf; `document` is the digest of manifest or withdrawal, `receipt` that of the receipt statement."""

    raw: bytes
    kind: Literal["acceptance", "withdrawal"]
    bid: str
    supplier: str
    document: str
    signature: str
    receipt: str


def ledger_origin(log_origin: str, tender: str) -> str:
    """The origin, and checkpoint key name, of a tender's ledger: <log>/tender/<id>."""
    if not is_id(tender):
        raise BidError("form-id", path="tender")
    return f"{log_origin}/tender/{tender}"


def acceptance_leaf(
    bid: str, supplier: str, manifest_digest: str, signature_digest: str, receipt_digest: str
) -> bytes:
    """The canonical bytes of the leaf for an accepted bid."""
    return write_object(
        "acceptance",
        {
            "bid": bid,
            "supplier": supplier,
            "manifest": manifest_digest,
            "signature": signature_digest,
            "receipt": receipt_digest,
        },
    )


def withdrawal_leaf(
    bid: str, supplier: str, withdrawal_digest: str, signature_digest: str, receipt_digest: str
) -> bytes:
    """The canonical bytes of the leaf for a withdrawal."""
    return write_object(
        "withdrawal-leaf",
        {
            "bid": bid,
            "supplier": supplier,
            "withdrawal": withdrawal_digest,
            "signature": signature_digest,
            "receipt": receipt_digest,
        },
    )


@lru_cache(_REMEMBERED)
def parse_leaf(raw: bytes) -> Leaf:
    """A leaf from its exact bytes; BidError. All in a process read the same ones: they are remembered."""
    check_size(raw, "leaf")
    with refusing("leaf"):
        members = canonical.loads(raw)
    kind = _KINDS.get(str(members.get("type"))) if isinstance(members, dict) else None
    if kind is None:
        raise BidError("wrong-type", wanted=" / ".join(_KINDS))
    check(members, SCHEMAS[kind])
    accepted = kind == "acceptance"
    return Leaf(
        raw=raw,
        kind="acceptance" if accepted else "withdrawal",
        bid=members["bid"],
        supplier=members["supplier"],
        document=members["manifest" if accepted else "withdrawal"],
        signature=members["signature"],
        receipt=members["receipt"],
    )


class Link(Protocol):
    """What of a manifest says where its bid stands: a Manifest has it, and so has a row of a database."""

    @property
    def supplier(self) -> str: ...

    @property
    def policy(self) -> str: ...

    @property
    def replaces(self) -> str | None: ...


def current_bids(leaves: Sequence[Leaf], links: Mapping[str, Link], policy: str) -> tuple[Leaf, ...]:
    """The acceptances of the current bids under `policy` (its digest), in the ledger's order.

    `links` holds the manifest of every accepted bid, by bid id. Current is the end of a supplier's chain of
    `replaces` if it was not withdrawn; the order of leaves decides nothing. A bid under another policy is
    void: it may have been replaced, but it is never current. Raises BidError:

    1. "ledger-bid-twice": a bid id is accepted twice, or withdrawn twice.
    2. "ledger-manifest-missing", "ledger-supplier": a bid's manifest is not there or of another supplier.
    3. "ledger-replaces-unknown": `replaces` names a bid that the same supplier does not have here.
    4. "ledger-replaced-twice": two bids replace the same one.
    5. "ledger-withdrawn-unknown", "ledger-withdrawn-replaced": a withdrawal of a bid that the same supplier
       does not have, or that was not current any more.
    6. "ledger-cycle": bids replace each other in a circle.
    7. "ledger-two-current": a supplier has two bids at once under one policy.
    """
    accepted, withdrawn = _sorted_out(leaves, links)
    replaced = _replaced(accepted, links)
    for bid in withdrawn:
        if bid in replaced:
            raise BidError("ledger-withdrawn-replaced", bid=bid)
    _refuse_cycles(accepted, links)
    ends: set[tuple[str, str]] = set()
    current = []
    for bid, leaf in accepted.items():
        if bid in replaced or bid in withdrawn:
            continue
        place = (leaf.supplier, links[bid].policy)
        if place in ends:
            raise BidError("ledger-two-current", supplier=leaf.supplier)
        ends.add(place)
        if links[bid].policy == policy:
            current.append(leaf)
    return tuple(current)


def next_replaces(leaves: Sequence[Leaf], links: Mapping[str, Link]) -> str | None:
    """The bid that a supplier's next one must name in `replaces`, from that supplier's leaves; None if none.

    It is the latest bid neither replaced nor withdrawn, also one that a change of policy made void.
    """
    accepted, withdrawn = _sorted_out(leaves, links)
    gone = _replaced(accepted, links) | set(withdrawn)
    return next((bid for bid in reversed(accepted) if bid not in gone), None)


def check_replaces(
    replaces: str | None, leaves: Sequence[Leaf], links: Mapping[str, Link], policy: str
) -> None:
    """Compare before swapping: BidError "replaces-stale" unless a new bid may say `replaces`.

    `leaves` and `links` are those of its supplier, `policy` the digest of the policy now in force. Where the
    supplier's last bid is void, the new one may replace it or start afresh.
    """
    expected = next_replaces(leaves, links)
    void = expected is not None and links[expected].policy != policy
    if replaces != expected and not (void and replaces is None):
        raise BidError("replaces-stale", wanted=expected or "null", replaces=replaces or "null")


def _sorted_out(leaves: Sequence[Leaf], links: Mapping[str, Link]) -> tuple[dict[str, Leaf], Collection[str]]:
    """Acceptances by bid, in order, and the bids withdrawn."""
    accepted: dict[str, Leaf] = {}
    withdrawn: dict[str, Leaf] = {}
    for leaf in leaves:
        into = accepted if leaf.kind == "acceptance" else withdrawn
        if leaf.bid in into:
            raise BidError("ledger-bid-twice", bid=leaf.bid)
        into[leaf.bid] = leaf
    for bid, leaf in accepted.items():
        if bid not in links:
            raise BidError("ledger-manifest-missing", bid=bid)
        if links[bid].supplier != leaf.supplier:
            raise BidError("ledger-supplier", bid=bid)
    for bid, leaf in withdrawn.items():
        if bid not in accepted or accepted[bid].supplier != leaf.supplier:
            raise BidError("ledger-withdrawn-unknown", bid=bid)
    return accepted, withdrawn


def _replaced(accepted: Mapping[str, Leaf], links: Mapping[str, Link]) -> set[str]:
    replaced: set[str] = set()
    for bid, leaf in accepted.items():
        before = links[bid].replaces
        if before is None:
            continue
        if before not in accepted or accepted[before].supplier != leaf.supplier:
            raise BidError("ledger-replaces-unknown", bid=bid, replaces=before)
        if before in replaced:
            raise BidError("ledger-replaced-twice", bid=before)
        replaced.add(before)
    return replaced


def _refuse_cycles(accepted: Mapping[str, Leaf], links: Mapping[str, Link]) -> None:
    """Each bid replaces one and is replaced by one at most, so what no beginning leads to is a circle."""
    following = {links[bid].replaces: bid for bid in accepted if links[bid].replaces is not None}
    reached = 0
    for bid in accepted:
        step: str | None = bid if links[bid].replaces is None else None
        while step is not None:
            reached += 1
            step = following.get(step)
    if reached != len(accepted):
        raise BidError("ledger-cycle")
