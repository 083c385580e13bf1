"""Attacks on bids: dropped, called rubbish, destroyed, let in late, dated back, swapped, reordered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.adversary.attack_list import C, S, V, W, attack
from tests.adversary.forger import Forger, Members
from tests.adversary.moments import Moment
from tests.adversary.parties import (
    Book,
    after,
    everybody,
    promise,
)
from tests.adversary.world import World
from tests.functional.opening_house import AFTER

# --- a bid is dropped


def drop(forger: Forger, bid: str) -> None:
    """A bid's leaf and rows go."""
    forger.relay([leaf for leaf in forger.leaves() if leaf[0] != bid])
    forger.forget_bid(bid)


@attack("Drops a bid before the closing: its rows and its leaf are gone", Moment.BIDDING, S)
def bid_dropped(world: World, forger: Forger) -> Book:
    bid = world.other.bid
    drop(forger, bid)
    book = everybody(world)
    assert promise(world, bid) == "broken", "and the platform's two signatures prove it to anybody"
    assert promise(world, world.winner.bid) == "kept"
    return book


@attack("Rolls a supplier back to the bid that it had replaced", Moment.BIDDING, S)
def bid_rolled_back(world: World, forger: Forger) -> Book:
    bid = world.winner.bid
    drop(forger, bid)
    return everybody(world)


@attack("Drops a bid after the closing", Moment.CLOSED, C, S)
def bid_dropped_late(world: World, forger: Forger) -> Book:
    bid = world.other.bid
    drop(forger, bid)
    return everybody(world)


@attack("… and makes the closing anew, in a log that never had the first one", Moment.CLOSED, S, W)
def bid_dropped_closed_again(world: World, forger: Forger) -> Book:
    bid = world.other.bid
    forger.close_again([leaf for leaf in forger.leaves() if leaf[0] != bid])
    forger.forget_bid(bid)
    return everybody(world)


@attack("Hides a bid of the ledger from one custodian", Moment.CLOSED, C)
def bid_hidden(world: World, forger: Forger) -> Book:
    def hide(page: dict[str, Any]) -> dict[str, Any]:
        return page | {"size": page["size"] - 1, "items": page["items"][:-1]}

    world.agents[0].line.lies["/ledger"] = hide
    return everybody(world)


@attack("Leaves a bid out of the opening record", Moment.RELEASED, V)
def bid_unrecorded(world: World, forger: Forger) -> Book:
    world.open()
    bid = world.other.bid
    world.execute("DELETE FROM opened_bids WHERE bid_id = ?", bid)

    def leave_out(record: Members) -> None:
        record["bids"] = [row for row in record["bids"] if row["bid"] != bid]

    forger.resign("opening_records", leave_out)
    return after(world, Moment.OPENED)


@attack("Calls a bid that opens one that does not, by its bidder's fault", Moment.RELEASED, V)
def bid_called_rubbish(world: World, forger: Forger) -> Book:
    world.open()
    bid = world.other.bid
    world.execute(
        "UPDATE opened_bids SET opened = 0, offer = NULL, fault = 'bidder', reason = 'dealing-failed' "
        "WHERE bid_id = ?", bid,
    )  # fmt: skip

    def call(record: Members) -> None:
        for row in record["bids"]:
            if row["bid"] == bid:
                row.update(opened=False, fault="bidder", reason="dealing-failed")
                del row["total"], row["announced"]

    forger.resign("opening_records", call)
    return after(world, Moment.OPENED)


@attack("Destroys a bid's ciphertext before the opening", Moment.RELEASED, V)
def ciphertext_destroyed(world: World, forger: Forger) -> Book:
    (upload,) = world.rows(
        "SELECT upload_id FROM bid_objects WHERE bid_id = ? AND part = 'public'", world.other.bid
    )[0]
    world.overwrite(world.stored(f"uploads/{upload}"), lambda data: bytes(len(data)))
    world.open()
    world.house.clock.ahead(AFTER + timedelta(minutes=31))  # the bidder's time to supply it again is over
    world.open_rest()
    return after(world, Moment.OPENED)


# --- a bid is added, swapped, back-dated


@attack("Lets a bid in after the deadline", Moment.BIDDING, C)
def bid_late(world: World, forger: Forger) -> Book:
    world.bid_after_the_deadline()
    return after(world, Moment.BIDDING)


@attack(
    "Lets a bid in between the deadline and the closing, and dates its receipt back", Moment.BIDDING,
    why="the time-stamp of an outside authority on the receipt would tell; and the bid was made in the dark, "
    "as no custodian releases a share before the ledger is closed in the log",
)  # fmt: skip
def bid_back_dated(world: World, forger: Forger) -> Book:
    bid = world.bid_after_the_deadline()
    forger.redate(bid, world.tender.notice.deadline - timedelta(milliseconds=1))
    return after(world, Moment.BIDDING)


@attack("Adds a bid to the ledger after the closing", Moment.CLOSED, C)
def bid_added_late(world: World, forger: Forger) -> Book:
    forger.insert_bid(world.late, world.late_bid())
    return everybody(world)


@attack("… and makes the closing anew, in a log that never had the first one", Moment.CLOSED, W)
def bid_added_closed_again(world: World, forger: Forger) -> Book:
    forger.insert_bid(world.late, world.late_bid())
    forger.close_again(forger.leaves())
    return everybody(world)


@attack("Swaps a bid's manifest for one that its supplier, an accomplice, signs after the closing",
        Moment.CLOSED, C)  # fmt: skip
def manifest_swapped(world: World, forger: Forger) -> Book:
    forger.swap_manifest(world.other.bid, world.cheaper(world.other))
    return everybody(world)


@attack("Gives out one supplier's manifest as another's", Moment.CLOSED, C)
def manifest_exchanged(world: World, forger: Forger) -> Book:
    ((manifest, signature),) = world.rows(
        "SELECT manifest, signature FROM bids WHERE id = ?", world.winner.bid
    )
    world.execute(
        "UPDATE bids SET manifest = ?, signature = ? WHERE id = ?", manifest, signature, world.other.bid
    )
    return everybody(world)


@attack("Reorders the ledger", Moment.BIDDING, C)
def ledger_reordered(world: World, forger: Forger) -> Book:
    leaves = forger.leaves()
    leaves[2], leaves[3] = leaves[3], leaves[2]
    forger.relay(leaves)
    return everybody(world)


@attack("Reorders the ledger and signs receipts with times to match", Moment.BIDDING, S)
def ledger_reordered_with_receipts(world: World, forger: Forger) -> Book:
    earlier, later = world.bids[world.suppliers[2].id].bid, world.bids[world.suppliers[3].id].bid
    (before,), (then,) = (
        world.rows("SELECT received_at FROM bids WHERE id = ?", bid)[0] for bid in (earlier, later)
    )
    forger.redate(earlier, world.time(then))
    forger.redate(later, world.time(before))
    leaves = forger.leaves()
    places = [place for place, leaf in enumerate(leaves) if leaf[0] in (earlier, later)]
    leaves[places[0]], leaves[places[1]] = leaves[places[1]], leaves[places[0]]
    forger.relay(leaves)
    return everybody(world)
