"""The adversary's attacks by name: what the platform does with its database, its storage and its keys.

Each begins at a moment, does its work, lets the tender go on, and returns what everybody found. `by` are the
parties that must find it; where nobody does, `why` says what stands against it all the same.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from signing.certificates import fingerprint
from signing.cosignatures import CosignatureSigner
from signing.encoding import format_time
from signing.notes import NoteVerifier, generate_note_key, read_checkpoint
from tests.adversary import attacks_on_bids
from tests.adversary.attack_list import ATTACKS, A, Attack, C, R, S, V, W, attack
from tests.adversary.forger import Forger, Members
from tests.adversary.moments import Moment
from tests.adversary.parties import (
    Book,
    Party,
    after,
    comparer,
    custodians,
    drafting_agency,
    everybody,
    owner,
    reader,
    verifier,
)
from tests.adversary.world import World
from tests.functional.opening_house import AFTER
from trading.client.witness import Witness

__all__ = ["ATTACKS", "Attack", "attacks_on_bids"]

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


@attack("Shows a witness one log and everybody else another one, whole and consistent", Moment.AWARDED, W, V)
def two_logs(world: World, forger: Forger) -> Book:
    book = Book()
    signer = CosignatureSigner("archives.example/witness", generate_note_key())
    log = NoteVerifier.from_vkey(world.log_key)
    watching = Witness(world.live / "cosigner", signer, {log.name: [log]})
    try:
        seen = world.house.call("GET", "/log/checkpoint").body
        assert watching.add_checkpoint(b"old 0\n\n" + seen).status == 200
        # An entry that no check of this tender is about; digests, hashes and signatures all agree with it.
        forger.rewrite_log(
            lambda entry: entry.update(act="organisation.changed")
            if entry["act"] == "organisation.enrolled" else None
        )  # fmt: skip
        size = read_checkpoint(seen).size
        answer = watching.add_checkpoint(
            f"old {size}\n\n".encode() + world.house.call("GET", "/log/checkpoint").body
        )
        if answer.status != 200:
            book.add(Party.WITNESS, f"refused-{answer.status}")
    finally:
        watching.close()
    world.publish()
    verifier(world, book)
    assert Party.VERIFIER not in book.parties, "to who asks for no witness both logs are the log"
    policy = f"log {world.log_key}\nwitness archives {signer.vkey}\ngroup all 1 archives\nquorum all\n"
    verifier(world, book, policy.encode())
    return book


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


@attack("States, logs and publishes the evidence a second time", Moment.ARCHIVED, V)
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


def compared_alone(world: World) -> Book:
    """What the comparison with the record finds, where nobody else can find anything."""
    book = everybody(world)
    reader(world, book)
    assert not book.found, "nobody else can know"
    comparer(world, book)
    return book


_COMPARED = "when the evidence is verified with its documents (`sunseal verify` with `sunseal[platform]`)"


@attack("Renders and signs a PDF report that contradicts the signed record", Moment.AWARDED, V,
        when=_COMPARED)  # fmt: skip
def pdf_false_from_the_start(world: World, forger: Forger) -> Book:
    forger.render_other_award()
    book = compared_alone(world)
    assert {one.code for one in book.found} == {"words"}
    return book


@attack(
    "Signs a PDF report that contradicts the record and says that another version of Sunseal made it",
    Moment.AWARDED,
    why="it may be an honest one of long ago: `sunseal verify` says that it was not compared, names both "
    "versions and shows what differs, and ends with status 3 where `--documents` was asked for",
)  # fmt: skip
def pdf_false_in_another_edition(world: World, forger: Forger) -> Book:
    forger.render_other_award(made_by="Sunseal edition 0")
    book = everybody(world)
    reader(world, book)
    told = comparer(world, book)["award-report.pdf"]
    assert (told.verdict, told.code, bool(told.texts)) == ("incomparable", "other-version", True)
    return book


@attack("Signs an award report whose text is the record's and whose seal covers it with another winner",
        Moment.AWARDED, V, when=_COMPARED)  # fmt: skip
def pdf_false_by_its_seal(world: World, forger: Forger) -> Book:
    forger.sign_with_other_seal()
    return compared_alone(world)


@attack("Hides an award report with another winner in the file of the true one, for readers that mend what "
        "is odd in a file", Moment.AWARDED, V, when=_COMPARED)  # fmt: skip
def pdf_false_when_mended(world: World, forger: Forger) -> Book:
    forger.hide_other_award()
    book = compared_alone(world)
    assert {one.code for one in book.found} == {"hidden"}
    return book


# --- in other parties' names


@attack("Shows custodians an envelope key that the agency has replaced, its copy stolen", Moment.CLOSED, C)
def envelope_replayed(world: World, forger: Forger) -> Book:
    ((stolen,),) = world.rows("SELECT statement FROM envelope_keys")
    world.house.put_envelope_key(world.agency)
    world.execute("UPDATE envelope_keys SET statement = ?", stolen)
    book = Book()
    custodians(world, book)
    return book


@attack(
    "Issues itself a certificate in the agency's name, puts an envelope key of its own in the agency's "
    "place, reads the attachments, and seals their shares to the agency again", Moment.CLOSED, A,
    when="when it checks the certificates in its name: at once, as the log has them in the clear",
)  # fmt: skip
def agency_impersonated(world: World, forger: Forger) -> Book:
    ((honest,),) = world.rows("SELECT statement FROM envelope_keys")
    key = forger.set_envelope_key(forger.impersonate(world.agency))
    book = Book()
    custodians(world, book)
    forger.seal_again(key)
    world.execute("UPDATE envelope_keys SET statement = ?", honest)
    book = after(world, Moment.RELEASED, book)
    owner(world, book, world.agency)
    return book


@attack("… with a certificate that the log never has, where the agency would find it", Moment.CLOSED, C)
def agency_impersonated_unlogged(world: World, forger: Forger) -> Book:
    forger.replace_envelope_key(forger.impersonate_unlogged(world.agency))
    book = everybody(world)
    assert "certificate-unlogged" in [one.code for one in book.found]
    return book


@attack(
    "Issues itself a certificate in the name of a supplier that does not bid, and bids", Moment.BIDDING, S,
    when="when it checks the certificates in its name: from the closing on the ledger has the bid, and the "
    "next day's root has the certificate",
)  # fmt: skip
def supplier_impersonated(world: World, forger: Forger) -> Book:
    who = world.bystander
    world.bid_as(who, forger.impersonate(who))
    book = everybody(world)
    assert not book.found, "to all others it is the supplier's"
    owner(world, book, who)
    return book


@attack("… and keeps that certificate out of the daily roots, where the supplier would find it",
        Moment.BIDDING, V)  # fmt: skip
def supplier_impersonated_unlisted(world: World, forger: Forger) -> Book:
    who, world.slow = world.bystander, True
    signer = forger.impersonate(who)
    world.execute(
        "UPDATE party_certificates SET enrolment_day = '9999-12-31' WHERE fingerprint = ?",
        fingerprint(signer.certificate),
    )
    world.bid_as(who, signer)
    book = everybody(world)
    assert [one.code for one in book.found] == ["enrolment-unlisted"]
    return book
