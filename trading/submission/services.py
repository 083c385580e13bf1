"""Receiving bids and withdrawals: each is a leaf of the private ledger and gets a receipt at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from sqlalchemy.orm import Session

from bids.errors import BidError
from bids.ledger import acceptance_leaf, check_replaces, withdrawal_leaf
from bids.manifest import Manifest, check_manifest
from bids.receipts import Withdrawal as SignedWithdrawal
from bids.receipts import build_receipt
from signing import canonical
from signing.certificates import fingerprint
from signing.statements import sign_statement
from trading.accounts.models import Crl
from trading.accounts.services import Accounts
from trading.audit import private
from trading.errors import NotFound, TradingError
from trading.platform import Platform
from trading.submission.finding import find, stored_objects
from trading.submission.history import History, own_history
from trading.submission.judging import judge, refuse_other_key, under
from trading.submission.models import Bid, LedgerLeaf, Withdrawal
from trading.submission.opening_hours import refuse_unless_open
from trading.submission.writing import write_bid
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.tenders.reading import lock_tender, notice_in_force
from trading.tenders.rules import RulePack, pack_named
from trading.timestamps.services import Stamping
from trading.web.security import Actor


@dataclass(frozen=True)
class Received:
    """What was received: bid id, the signed receipt's file; `new` unless it was here before."""

    bid: str
    receipt: bytes
    new: bool = False


@dataclass(frozen=True)
class Receipt:
    """A receipt's file, and for the ledger the digests of its statement and of the signature it is for."""

    file: bytes
    digest: str
    signature: str


class Submission:
    """The acts of a supplier on its bids."""

    def __init__(self, platform: Platform) -> None:
        self._clock = platform.clock
        self._keys = platform.keys
        self._accounts = Accounts(platform)
        self._stamping = Stamping(platform)

    def submit(
        self, session: Session, actor: Actor, address: str, tender_id: str, raw: bytes, signature: bytes
    ) -> Received:
        """Receive a bid whose ciphertext is up.

        The costly part of 3 and 4 is done first; then, under the lock of the tender's row and by the clock
        read then, in the protocol's order:

        1. The tender is open.
        2. The supplier is entitled.
        3. Signature, chain, revocation.
        4. The manifest is canonical and for this tender, notice and policy.
        5. `replaces` names the supplier's current bid, or is null if there is none; the same key signed both.
        6. Every ciphertext is here with its digest and size.

        The very same bid again gets the same receipt, also after the deadline.

        Raises:
            TradingError: refused, with rule and article; what was uploaded stays.
        """
        judged = judge(session, self._accounts, raw, signature, self._before(session, actor), "manifest")
        parsed = _parse(raw)
        tender = _locked(session, tender_id)
        found = find(
            session, self._clock, tender.id, actor.organisation, judged.fingerprint, *_wanted(parsed)
        )
        pack = pack_named(tender.pack, tender.pack_version)
        try:
            refuse_unless_open(tender, found.now)
        except TradingError:
            if (before := _received_before(session, actor, tender, parsed, signature)) is not None:
                return before
            raise
        notice = notice_in_force(session, tender)
        _refuse_unentitled(pack, tender, actor, [each.id for each in notice.policy.custodians])
        certificate, crl = judged.stand(pack, actor, found.standing, found.now)
        with under(pack, "unencrypted-bid", "manifest"):
            if isinstance(parsed, BidError):
                raise parsed
            manifest = parsed
            check_manifest(manifest, notice, actor.organisation)
        history = History((), {})
        if found.history:
            history = own_history(session, tender.id, actor.organisation, manifest.bid)
            if (known := history.known(manifest.bid)) is not None:
                return _same_or_refused(pack, known, actor, raw, signature)
        _refuse_stale(pack, history, manifest, certificate)
        objects = stored_objects(pack, manifest, found)
        receipt = self._receipt(tender, manifest.bid, signature, crl, found.now, manifest=manifest.digest)
        row = {
            "id": manifest.bid,
            "tender_id": tender.id,
            "supplier_id": actor.organisation,
            "person_id": actor.person,
            "policy_digest": manifest.policy,
            "replaces": manifest.replaces,
            "manifest": raw,
            "signature": signature,
            "receipt": receipt.file,
            "certificate": fingerprint(certificate),
            "crl_sha256": crl.sha256,
            "received_at": found.now,
        }
        leaf = acceptance_leaf(
            manifest.bid, actor.organisation, manifest.digest, receipt.signature, receipt.digest
        )
        act = private.columns(actor, address, "bid.received", found.now, tender.id, {"bid": manifest.bid})
        write_bid(session, row, objects, found.position, leaf, act)
        self._stamping.later(session, tender.id, manifest.bid, "receipt", found.now)
        return Received(manifest.bid, receipt.file, new=True)

    def withdraw(
        self, session: Session, actor: Actor, address: str, tender_id: str, raw: bytes, signature: bytes
    ) -> Received:
        """Take the supplier's current bid back; bidding again afterwards is allowed.

        The very same withdrawal again gets the same receipt, also after the deadline.

        Raises:
            TradingError: refused, with rule and article.
        """
        judged = judge(session, self._accounts, raw, signature, self._before(session, actor), "withdrawal")
        tender = _locked(session, tender_id)
        found = find(session, self._clock, tender.id, actor.organisation, judged.fingerprint)
        pack = pack_named(tender.pack, tender.pack_version)
        if (before := _withdrawn_before(session, actor, raw, signature)) is not None:
            return before
        refuse_unless_open(tender, found.now)
        certificate, crl = judged.stand(pack, actor, found.standing, found.now)
        with under(pack, "replacement", "withdrawal"):
            document = SignedWithdrawal.parse(raw)
        for field, wanted in (
            ("tender", tender.id),
            ("policy", tender.policy_digest),
            ("supplier", actor.organisation),
        ):
            if getattr(document, field) != wanted:
                raise pack.refuse("replacement", "withdrawal-disagrees", field=field)
        bid = own_history(session, tender.id, actor.organisation, None).current(document.policy)
        if bid is None or bid.id != document.bid:
            raise pack.refuse("replacement", "withdrawal-not-current", bid=document.bid)
        refuse_other_key(pack, bid, certificate)
        receipt = self._receipt(tender, bid.id, signature, crl, found.now, withdrawal=document.digest)
        session.add(
            Withdrawal(
                bid_id=bid.id,
                tender_id=tender.id,
                supplier_id=actor.organisation,
                person_id=actor.person,
                raw=raw,
                signature=signature,
                receipt=receipt.file,
                crl_sha256=crl.sha256,
                received_at=found.now,
            )
        )
        leaf = withdrawal_leaf(bid.id, actor.organisation, document.digest, receipt.signature, receipt.digest)
        place = {"tender_id": tender.id, "position": found.position, "bid_id": bid.id}
        session.add(LedgerLeaf(**place, kind="withdrawal-leaf", raw=leaf))
        details = {"bid": bid.id}
        private.keep(session, actor, address, "bid.withdrawn", found.now, tender.id, details)
        session.flush()
        self._stamping.later(session, tender.id, bid.id, "withdrawal-receipt", found.now)
        return Received(bid.id, receipt.file, new=True)

    def _before(self, session: Session, actor: Actor) -> datetime:
        """A time shortly before the receipt, to judge the signature by before the lock."""
        return actor.at or self._clock.now(session)

    def _receipt(
        self,
        tender: Tender,
        bid: str,
        signature: bytes,
        crl: Crl,
        now: datetime,
        *,
        manifest: str | None = None,
        withdrawal: str | None = None,
    ) -> Receipt:
        statement = build_receipt(
            at=now,
            tender=tender.id,
            policy=tender.policy_digest or "",
            bid=bid,
            manifest=manifest,
            withdrawal=withdrawal,
            signature=canonical.digest(signature),
            crl=crl.sha256,
            received_at=now,
        )
        file = self._stamping.at_once(sign_statement(statement, self._keys.receipt, now), now)
        return Receipt(file, canonical.digest(canonical.dumps(statement)), canonical.digest(signature))


def _parse(raw: bytes) -> Manifest | BidError:
    try:
        return Manifest.parse(raw)
    except BidError as error:
        return error


def _wanted(manifest: Manifest | BidError) -> tuple[str, list[str]]:
    if isinstance(manifest, BidError):
        return "", []
    return manifest.bid, [entry.sha256 for part in manifest.parts for entry in part.objects]


def _locked(session: Session, tender_id: str) -> Tender:
    """The tender locked; the clock is read after this."""
    tender = lock_tender(session, tender_id)
    if not State(tender.state).public:
        raise NotFound("tender-not-found")
    return tender


def _refuse_unentitled(pack: RulePack, tender: Tender, actor: Actor, custodians: Sequence[str]) -> None:
    if actor.organisation == tender.organisation_id:
        raise pack.refuse("entitled-supplier", "supplier-is-buyer")
    if actor.organisation in custodians:
        raise pack.refuse("entitled-supplier", "supplier-is-custodian")


def _refuse_stale(
    pack: RulePack, history: History, manifest: Manifest, certificate: x509.Certificate
) -> None:
    with under(pack, "replacement", "manifest"):
        check_replaces(manifest.replaces, history.leaves, history.links, manifest.policy)
    if manifest.replaces is not None:
        refuse_other_key(pack, history.links[manifest.replaces], certificate)


def _same_or_refused(pack: RulePack, known: Bid, actor: Actor, raw: bytes, signature: bytes) -> Received:
    if (known.supplier_id, known.manifest, known.signature) != (actor.organisation, raw, signature):
        raise pack.refuse("replacement", "bid-duplicate", bid=known.id)
    return Received(known.id, known.receipt)


def _received_before(
    session: Session, actor: Actor, tender: Tender, manifest: Manifest | BidError, signature: bytes
) -> Received | None:
    """The very same bid, received in time."""
    bid = session.get(Bid, manifest.bid) if isinstance(manifest, Manifest) else None
    if bid is None or isinstance(manifest, BidError):
        return None
    given = (tender.id, actor.organisation, manifest.raw, signature)
    if (bid.tender_id, bid.supplier_id, bid.manifest, bid.signature) != given:
        return None
    return Received(bid.id, bid.receipt)


def _withdrawn_before(session: Session, actor: Actor, raw: bytes, signature: bytes) -> Received | None:
    """The very same withdrawal, received in time."""
    try:
        row = session.get(Withdrawal, SignedWithdrawal.parse(raw).bid)
    except BidError:
        return None
    if row is None or (row.supplier_id, row.raw, row.signature) != (actor.organisation, raw, signature):
        return None
    return Received(row.bid_id, row.receipt)
