"""The adversary's attacks by name: what the platform does with its database, its storage and its keys.

Each begins at a moment, does its work, lets the tender go on, and returns what everybody found. `by` are the
parties that must find it; where nobody does, `why` says what stands against it all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from signing.encoding import format_time
from tests.adversary.forger import Forger, Members
from tests.adversary.moments import Moment
from tests.adversary.parties import Book, Party, after, custodians, drafting_agency, everybody, reader
from tests.adversary.world import World
from tests.functional.opening_house import AFTER

C, S, W, V = Party.CUSTODIAN, Party.SUPPLIER, Party.WITNESS, Party.VERIFIER
A, R = Party.AGENCY, Party.READER

Run = Callable[[World, Forger], Book]


@dataclass(frozen=True)
class Attack:
    """One attack: its title on the page, the parties that must find it, and how it runs."""

    title: str
    moment: Moment
    by: frozenset[Party]
    why: str
    run: Run = field(repr=False)

    @property
    def name(self) -> str:
        return self.run.__name__


ATTACKS: list[Attack] = []


def attack(title: str, moment: Moment, *by: Party, why: str = "") -> Callable[[Run], Run]:
    """Enter an attack in the list; with nobody who finds it, it needs a `why`."""

    def enter(run: Run) -> Run:
        ATTACKS.append(Attack(title, moment, frozenset(by), why, run))
        return run

    return enter


# --- a bid is dropped


@attack("Drops a bid before the closing: its rows and its leaf are gone", Moment.BIDDING, S)
def bid_dropped(world: World, forger: Forger) -> Book:
    bid = world.other.bid
    forger.relay([leaf for leaf in forger.leaves() if leaf[0] != bid])
    forger.forget_bid(bid)
    return everybody(world)


@attack("Rolls a supplier back to the bid that it had replaced", Moment.BIDDING, S)
def bid_rolled_back(world: World, forger: Forger) -> Book:
    bid = world.winner.bid
    forger.relay([leaf for leaf in forger.leaves() if leaf[0] != bid])
    forger.forget_bid(bid)
    return everybody(world)


@attack("Drops a bid after the closing", Moment.CLOSED, C, S)
def bid_dropped_late(world: World, forger: Forger) -> Book:
    bid = world.other.bid
    forger.relay([leaf for leaf in forger.leaves() if leaf[0] != bid])
    forger.forget_bid(bid)
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


# --- opening early, and with keys of its own


@attack("Opens early: sets its own clock past the deadline", Moment.BIDDING, C)
def opened_early(world: World, forger: Forger) -> Book:
    for agent in world.agents:
        agent.fast = -AFTER
    return everybody(world)


@attack("Opens early: a closing that names an earlier deadline", Moment.CLOSED, C)
def deadline_moved(world: World, forger: Forger) -> Book:
    def earlier(closing: Members) -> None:
        closing["deadline"] = format_time(world.tender.notice.deadline - timedelta(minutes=30))

    forger.resign("closings", earlier)
    return everybody(world)


@attack("Puts keys of its own in two custodians' places before the agency signs the notice",
        Moment.DRAFTED, A)  # fmt: skip
def custodians_replaced(world: World, forger: Forger) -> Book:
    forger.replace_custodians(2)
    return everybody(world)


@attack("… certified in their names, and the agency, which knows none of their keys, signs it",
        Moment.DRAFTED, C)  # fmt: skip
def custodians_replaced_unseen(world: World, forger: Forger) -> Book:
    forger.replace_custodians(2, [forger.impersonate(who).key for who in world.custodians[:2]])
    book = Book()
    drafting_agency(world, book, known=False)
    for agent in world.agents:
        agent.step()
        if (refusal := agent.refusal(world.id)) is not None:
            book.add(Party.CUSTODIAN, refusal)
    return book


@attack("Puts an envelope key of its own in the agency's place, to read the attachments", Moment.CLOSED, C)
def envelope_replaced(world: World, forger: Forger) -> Book:
    forger.replace_envelope_key(world.platform.keys.statement)
    return everybody(world)


@attack("Makes up a custodian's release", Moment.AWARDED, V)
def release_made_up(world: World, forger: Forger) -> Book:
    ((custodian, raw),) = world.rows("SELECT custodian_id, raw FROM releases ORDER BY custodian_id LIMIT 1")
    statement = json.loads(raw)["statement"]
    statement["shares"][0]["share"] = statement["shares"][1].get("share", statement["shares"][0]["share"])
    world.execute(
        "UPDATE releases SET raw = ? WHERE custodian_id = ?", forger.sign(statement), custodian
    )
    return everybody(world)


@attack("Tells custodians to erase their keys before the opening", Moment.CLOSED, C)
def erasure_asked(world: World, forger: Forger) -> Book:
    def ended(page: dict[str, Any]) -> dict[str, Any]:
        return page | {"items": [one | {"state": "cancelled", "erase": True} for one in page["items"]]}

    for agent in world.agents:
        agent.line.lies["/custody/tenders"] = ended
    return everybody(world)


# --- the log


@attack("Rewrites an entry of the log", Moment.CLOSED, C, W)
def log_rewritten(world: World, forger: Forger) -> Book:
    forger.rewrite_log(lambda entry: entry.update(act="organisation.changed") if "who" in entry else None)
    return everybody(world)


@attack("Cuts the log's last entries off", Moment.ARCHIVED, W)
def log_cut(world: World, forger: Forger) -> Book:
    last = world.rows("SELECT max(position) FROM log_entries")[0][0]
    forger.cut_log(last - 1)
    return everybody(world)


@attack("Dates an act back: an entry older than those before it", Moment.AWARDED, V)
def entry_back_dated(world: World, forger: Forger) -> Book:
    world.house.clock.ahead(AFTER + timedelta(days=20))
    world.house.enrol("agency")
    world.house.clock.ahead(AFTER + timedelta(minutes=5))
    return everybody(world)


# --- ranking, award, documents


@attack("Alters the ranking and the winner in the award statement", Moment.AWARDED, V, W)
def award_altered(world: World, forger: Forger) -> Book:
    def alter(award: Members) -> None:
        first, second = award["ranking"][0], award["ranking"][1]
        first["rank"], second["rank"] = second["rank"], first["rank"]
        award["ranking"][:2] = [second, first]
        award["winner"] = second["bid"]

    forger.resign("awards", alter)
    return everybody(world)


@attack("Takes back the agency's rejection of a bid", Moment.AWARDED, V, W)
def evaluation_altered(world: World, forger: Forger) -> Book:
    def accept(entry: Members) -> None:
        if entry["act"] == "tender.evaluated":
            statement = entry["statement"]["statement"] | {"rejections": []}
            entry["statement"] = json.loads(forger.sign(statement))

    forger.rewrite_log(accept)
    return everybody(world)


@attack("Publishes the evidence a second time, with another award", Moment.ARCHIVED, V)
def evidence_again(world: World, forger: Forger) -> Book:
    world.execute("DELETE FROM evidence_statements")
    world.execute("DELETE FROM published_files WHERE kind = 'evidence'")
    world.publish()
    return everybody(world)


@attack("Edits a PDF report inside the evidence package", Moment.ARCHIVED, V)
def pdf_edited_in_package(world: World, forger: Forger) -> Book:
    ((key,),) = world.rows("SELECT storage_key FROM published_files WHERE kind = 'evidence'")
    forger.edit_zip(world.stored(key), "award-report.pdf")
    return everybody(world)


@attack("Edits a PDF report that is handed out", Moment.ARCHIVED, R)
def pdf_edited(world: World, forger: Forger) -> Book:
    world.overwrite(world.stored(forger.document("award-report")), forger.other_pdf)
    return everybody(world)


@attack("Edits a PDF report before the evidence is stated, which then has the edited one's digest",
        Moment.AWARDED, R)  # fmt: skip
def pdf_edited_before_the_evidence(world: World, forger: Forger) -> Book:
    world.overwrite(world.stored(forger.document("award-report")), forger.other_pdf)
    book = everybody(world)
    reader(world, book)
    return book


@attack(
    "Renders and signs a PDF report that contradicts the signed record", Moment.AWARDED,
    why="no program reads PDFs; whoever compares finds one thing in the PDF and another in the record, both "
    "of them signed by the platform",
)  # fmt: skip
def pdf_false_from_the_start(world: World, forger: Forger) -> Book:
    forger.render_other_award()
    book = everybody(world)
    reader(world, book)
    return book


# --- in other parties' names


_VOUCHING = (
    "the platform's own authority vouches for parties; the log names the certificate that its party never "
    "asked for, and certificates of an outside authority take that power from the platform"
)


@attack(
    "Issues itself a certificate in the agency's name, puts an envelope key of its own in the agency's "
    "place, reads the attachments, and seals their shares to the agency again", Moment.CLOSED,
    why=_VOUCHING,
)  # fmt: skip
def agency_impersonated(world: World, forger: Forger) -> Book:
    ((honest,),) = world.rows("SELECT statement FROM envelope_keys")
    key = forger.replace_envelope_key(forger.impersonate(world.agency))
    book = Book()
    custodians(world, book)
    forger.seal_again(key)
    world.execute("UPDATE envelope_keys SET statement = ?", honest)
    return after(world, Moment.RELEASED, book)


@attack("Issues itself a certificate in the name of a supplier that does not bid, and bids", Moment.BIDDING,
        why=_VOUCHING)  # fmt: skip
def supplier_impersonated(world: World, forger: Forger) -> Book:
    who = world.bystander
    world.bid_as(who, forger.impersonate(who))
    return everybody(world)
