"""The parties, each running its own real code against the platform as the adversary left it.

Each says what it finds wrong by the code of its own refusal; nobody is told where to look.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from bids.custody import check_closed
from bids.errors import BidError
from bids.package import read_package
from bids.receipt_bundle import Kept
from bids.verification import Report, verify
from bids.verification.anchors import read_trust
from bids.verification.findings import Book as Findings
from signing.certificates import party_of
from signing.encoding import b64decode
from signing.errors import SigningError
from signing.keys import spki
from signing.notes import NoteVerifier
from tests.adversary.moments import Moment
from tests.adversary.world import DOCUMENTS, World
from tests.functional.house import Who
from tests.functional.wsgi_transport import LyingTransport
from trading.client.api import Api, ApiProblem
from trading.client.attachments import open_attachments
from trading.client.closed import fetch_closed, fetch_trust
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError
from trading.client.log_follower import LogFollower
from trading.client.own_judgement import Own, judge
from trading.client.own_name import OwnName
from trading.client.receipts import Anchors, fetch_published, judge_kept
from trading.client.supplier import Supplier
from trading.evidence.comparing import Compared, compare_all
from trading.evidence.pades_check import DocumentInvalid, check_document
from trading.supervision.services import Supervision


class Party(StrEnum):
    """Who detects an attack; `WHEN` says when."""

    CUSTODIAN = "custodian"
    SUPPLIER = "supplier"
    WITNESS = "witness"
    VERIFIER = "verifier"
    AGENCY = "agency"
    SUPERVISOR = "supervisor"
    READER = "reader"
    EVERYBODY = "everybody"


WHEN = {
    Party.CUSTODIAN: "before it releases its shares",
    Party.SUPPLIER: "when it checks its receipt after the closing",
    Party.WITNESS: "at the log's next checkpoint",
    Party.VERIFIER: "when the evidence is verified",
    Party.AGENCY: "when it opens the attachments",
    Party.SUPERVISOR: "when the day's acts are checked",
    Party.READER: "when the document's signature is checked",
    Party.EVERYBODY: "at once: the tender stands still",
}

_REFUSED = (BidError, ClientError, ApiProblem, SigningError)
_GARBLED = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class Found:
    """What a party found: the code of its refusal."""

    party: Party
    code: str


class Book:
    """What has been found so far; once all of `wanted` have found something, nobody needs to look on."""

    def __init__(self, wanted: frozenset[Party] = frozenset()) -> None:
        self.found: list[Found] = []
        self._wanted = wanted

    @property
    def enough(self) -> bool:
        return bool(self._wanted) and self._wanted <= self.parties

    def wants(self, party: Party) -> bool:
        """Whether somebody asks what this very party finds."""
        return party in self._wanted

    @contextmanager
    def of(self, party: Party) -> Iterator[None]:
        """Whatever is refused inside was found by `party`."""
        try:
            yield
        except _REFUSED as error:
            self.add(party, getattr(error, "code", "signature-refused"))
        except _GARBLED:
            self.add(party, "answer-malformed")

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """The platform's own work: where it breaks, everybody sees that nothing happens."""
        try:
            yield
        except Exception as error:  # whatever the adversary's edit makes of its own platform
            self.add(Party.EVERYBODY, type(error).__name__)

    def add(self, party: Party, code: str) -> None:
        """`internal`: the platform itself broke, which everybody sees."""
        party = Party.EVERYBODY if code == "internal" else party
        self.found.append(Found(party, code))

    @property
    def parties(self) -> frozenset[Party]:
        return frozenset(one.party for one in self.found)


def custodians(world: World, book: Book) -> int:
    """Every agent's round; how many released."""
    released = 0
    for agent in world.agents:
        if book.enough:
            break
        with book.of(Party.CUSTODIAN):
            agent.step()
        refusal = agent.refusal(world.id)
        if refusal is not None:
            book.add(Party.CUSTODIAN, refusal)
        released += agent.state.read(world.id, "sent") is not None
    return released


def suppliers(world: World, book: Book) -> None:
    """Every supplier, with what it keeps: its bid, its receipt, the roots and the log's key.

    `sunseal bid receipt --proofs`, and `sunseal receipt check`, which tells whether that proves anything.
    """
    log = NoteVerifier.from_vkey(world.log_key)
    for who in world.suppliers:
        for bid in world.bids_of(who):
            if book.enough:
                return
            api = Api(LyingTransport(world.house.app.app), who.token, "en")
            with book.of(Party.SUPPLIER):
                Supplier(api, world.platform_roots).check_proofs(world.id, bid, log, world.receipts[bid])


def promise(world: World, bid: str) -> str:
    """What `sunseal receipt check` says of a bid's receipt: kept, broken, nothing or open."""
    api, sealed = Api(LyingTransport(world.house.app.app), None, "en"), world.sealed[bid]
    kept = fetch_published(Kept(world.receipts[bid], sealed.manifest.raw, sealed.signature), api)
    log = NoteVerifier.from_vkey(world.log_key)
    return judge_kept(kept, Anchors(world.platform_roots, log)).verdict


def witness(world: World, book: Book) -> None:
    """Somebody who has followed the log since the beginning."""
    follower = witness_of(world)
    with book.of(Party.WITNESS):
        follower.follow()


def witness_of(world: World) -> LogFollower:
    api = Api(LyingTransport(world.house.app.app), None, "en")
    state = CustodianState(world.live / "witness")
    return LogFollower(api, state, NoteVerifier.from_vkey(world.log_key))


def verifier(world: World, book: Book, policy: bytes | None = None) -> Report | None:
    """Anybody with the evidence package, the roots, the log's key, the log's entries as served, and perhaps a
    policy that says whose cosignatures of the log are wanted."""
    house = world.house
    with book.going_on():
        answer = house.app.get(f"/api/v1/tenders/{world.id}/evidence.zip", status="*")
        if answer.status_code != 200:
            book.add(Party.EVERYBODY, "evidence-missing")
            return None
        data = answer.body
        entries = house.call("GET", "/log/entries?limit=500").json["entries"]
        lines = b"".join(b64decode(entry) + b"\n" for entry in entries)
        with book.of(Party.VERIFIER):
            report = verify(read_package(io.BytesIO(data)), world.roots, world.log_key, lines, policy=policy)
            for finding in report.findings:
                for reason in finding.reasons:
                    book.add(Party.VERIFIER, reason.code)
            return report
    return None


def comparer(world: World, book: Book) -> dict[str, Compared]:
    """A verifier who has the platform's parts too, and compares the documents with the record that holds."""
    package = read_package(io.BytesIO(world.house.call("GET", f"/tenders/{world.id}/evidence.zip").body))
    trust = read_trust(package, Findings(), world.roots, world.log_key)
    assert trust is not None
    found = compare_all(package, trust)
    for compared in found.values():
        if compared.verdict == "differs":
            book.add(Party.VERIFIER, compared.code)
    return found


def agency(world: World, book: Book) -> None:
    """The agency checks the closed tender as a custodian does, then opens every attachment."""
    api = Api(LyingTransport(world.house.app.app), world.agency.token, "en")
    log = NoteVerifier.from_vkey(world.log_key)
    folder = world.folder / "attachments"
    with book.of(Party.AGENCY):
        trust = fetch_trust(api, world.id, world.platform_roots, log)
        policy = world.tender.notice.policy.digest
        checked = check_closed(fetch_closed(api, world.id).closed, trust, policy, None)
        for current in checked.current:
            if book.enough:
                break
            with book.of(Party.AGENCY):
                folder.mkdir()
                try:
                    notice, key = world.tender.notice, world.envelope
                    for file in open_attachments(api, notice, current.manifest, key, folder, "bid"):
                        if file.problem is not None:
                            book.add(Party.AGENCY, file.problem.code)
                finally:
                    shutil.rmtree(folder, ignore_errors=True)


def supervisor(world: World, book: Book) -> None:
    """The day's private acts against the root that the log has of it."""
    with book.going_on():
        checked = Supervision(world.platform).check_day(world.day)
        if checked.fault is not None:
            book.add(Party.SUPERVISOR, str(checked.fault))


def owner(world: World, book: Book, who: Who) -> None:
    """`sunseal certificates check`: a party looks for what was certified in its name."""
    api = Api(LyingTransport(world.house.app.app), who.token, "en")
    log, certificate = NoteVerifier.from_vkey(world.log_key), who.signer.certificate
    party, state = party_of(certificate), CustodianState(world.live / "owners" / who.id)
    found = Party.AGENCY if party.role == "agency" else Party.SUPPLIER
    with book.of(found):
        since = certificate.not_valid_before_utc
        looked = OwnName(api, state, world.platform_roots, log, party, since).look(True)
        judged = judge(looked, Own(frozenset(), ((certificate, party),)))
        for fault in judged.faults:
            book.add(found, fault.code)
        if judged.foreign or looked.withheld:
            book.add(found, "certificate-foreign")


def winner(world: World, book: Book) -> None:
    """The winner looks for what was certified in its name."""
    owner(world, book, world.suppliers[1])


def reader(world: World, book: Book) -> None:
    """Somebody who downloads the documents and checks their signatures as AdES validation does."""
    for kind in DOCUMENTS:
        if book.enough:
            break
        try:
            served = world.house.call("GET", f"/tenders/{world.id}/{kind}.pdf").body
            check_document(served, world.platform_roots)
        except DocumentInvalid as error:
            book.add(Party.READER, error.code)
        except Exception as error:  # it cannot be downloaded, or not whole
            book.add(Party.READER, type(error).__name__)


def drafting_agency(world: World, book: Book, known: bool = True) -> None:
    """The agency builds the notice from what it drafted, the custodians it knows, and what it is shown.

    `known`: it has the custodians' signing keys from themselves.
    """
    keys = {who.id: spki(who.signer.certificate.public_key()) for who in world.custodians}
    with book.of(Party.AGENCY):
        policy = world.client.api.get(f"/tenders/{world.id}/sealing-policy")
        notice = world.client.build_notice(
            world.id, world.facts, policy, keys if known else None, documents=world.documents
        )
        world.client.publish(world.id, notice)


def everybody(world: World, wanted: frozenset[Party] = frozenset()) -> Book:
    """What all find, or as many as are wanted, as the tender takes its course from the attack on.

    It ends where somebody has found something: custodians release nothing then, and the agency decides
    nothing.
    """
    book = Book(wanted)
    if world.moment is Moment.DRAFTED:
        drafting_agency(world, book)
        return book
    return go_on(world, book, list(Moment).index(world.moment) - 1)


def after(world: World, moment: Moment, book: Book | None = None) -> Book:
    """As `everybody`, for a world that an attack has led to `moment` by itself."""
    return go_on(world, book or Book(), list(Moment).index(moment) - 1)


def go_on(world: World, book: Book, done: int) -> Book:
    """The rest of the course, of which so many steps are done."""
    for step in _COURSE[done:]:
        step(world, book)
        if book.found:
            break
    if not book.found or done > 1:
        _afterwards(world, book)
    return book


def _close(world: World, book: Book) -> None:
    with book.going_on():
        world.close()


def _release(world: World, book: Book) -> None:
    released = custodians(world, book)
    for look in (suppliers, witness):
        if not book.enough:
            look(world, book)
    if not book.found and released < world.tender.notice.policy.threshold:
        book.add(Party.EVERYBODY, "nothing-released")


def _open(world: World, book: Book) -> None:
    with book.going_on():
        world.open()


def _evaluate(world: World, book: Book) -> None:
    with book.going_on(), book.of(Party.AGENCY):
        world.evaluate()


def _award(world: World, book: Book) -> None:
    with book.going_on(), book.of(Party.AGENCY):
        world.award()
    with book.going_on():
        world.report()


def _publish(world: World, book: Book) -> None:
    with book.going_on():
        world.publish()


# What follows each moment but the first and the last.
_COURSE = (_close, _release, _open, _evaluate, _award, _publish)


def _afterwards(world: World, book: Book) -> None:
    """What is checked when the evidence is out, or did not come."""
    looks: list[Callable[[World, Book], object]] = [verifier, witness, suppliers, agency]
    if world.moment is Moment.ARCHIVED:
        looks += [supervisor, reader]
        looks.insert(0 if book.wants(Party.SUPPLIER) else len(looks), winner)
    for look in looks:
        if not book.enough:
            look(world, book)
