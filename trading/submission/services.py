"""Receiving bids and withdrawals: each is a leaf of the private ledger and gets a receipt at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from sqlalchemy import Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from bids.errors import BidError, from_signing
from bids.ledger import acceptance_leaf, check_replaces, withdrawal_leaf
from bids.manifest import Manifest, check_manifest
from bids.receipts import Withdrawal as SignedWithdrawal
from bids.receipts import build_receipt
from signing import canonical, cms
from signing.certificates import fingerprint
from signing.errors import SigningError
from signing.keys import spki
from signing.statements import sign_statement
from trading.accounts.models import Crl
from trading.accounts.services import Accounts
from trading.clock import clock_column
from trading.errors import Conflict, NotFound, TradingError
from trading.platform import Platform
from trading.submission.history import History, own_history
from trading.submission.models import Bid, LedgerLeaf, Upload, Withdrawal
from trading.submission.opening_hours import refuse_unless_open
from trading.submission.writing import StoredObject, next_position, write_bid
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.tenders.reading import lock_tender, notice_in_force
from trading.tenders.rules import RulePack, pack_named
from trading.web.security import Actor


@dataclass(frozen=True)
class Received:
    """What was received and when: bid id, the signed receipt's file; `new` unless it was here before."""

    bid: str
    receipt: bytes
    at: datetime
    new: bool = False


@dataclass(frozen=True)
class Judged:
    """What a signature's check came to: the signer's certificate and the list used, or why not."""

    what: str
    certificate: x509.Certificate | None = None
    crl: Crl | None = None
    error: Exception | None = None

    def stand(self, pack: RulePack, now: datetime) -> tuple[x509.Certificate, Crl]:
        """Certificate and list, if both still hold at `now`, the instant of receipt.

        Raises:
            TradingError: the refusal kept, under its rule. Conflict: one of the two ran out in between.
        """
        with _under(pack, "unsigned-bid", self.what):
            if self.error is not None:
                raise self.error
        if self.certificate is None or self.crl is None:
            raise Conflict("busy")
        if now > min(self.certificate.not_valid_after_utc, self.crl.next_update):
            # It held a moment ago; judged again from the beginning it will say which of the two ran out.
            raise Conflict("busy")
        return self.certificate, self.crl


@dataclass(frozen=True)
class Receipt:
    """A receipt's file, and for the ledger the digests of its statement and of the signature it is for."""

    file: bytes
    digest: str
    signature: str


@dataclass(frozen=True)
class _Found:
    """What is here for a manifest: the instant, uploads by digest, the next leaf's place, earlier bids."""

    now: datetime
    uploads: dict[str, tuple[str, int]]  # id and size of the complete upload with that digest
    position: int
    history: bool


class Submission:
    """The acts of a supplier on its bids."""

    def __init__(self, platform: Platform) -> None:
        self._clock = platform.clock
        self._keys = platform.keys
        self._accounts = Accounts(platform)

    def submit(
        self, session: Session, actor: Actor, tender_id: str, raw: bytes, signature: bytes
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
        judged = self._judge(session, actor, raw, signature, "manifest")
        parsed = _parse(raw)
        tender = _locked(session, tender_id)
        found = self._find(session, tender.id, actor.organisation, parsed)
        now = found.now
        pack = pack_named(tender.pack, tender.pack_version)
        try:
            refuse_unless_open(tender, now)
        except TradingError:
            if (before := self._received_before(session, actor, tender, raw, signature)) is not None:
                return before
            raise
        notice = notice_in_force(session, tender)
        _refuse_unentitled(pack, tender, actor, [each.id for each in notice.policy.custodians])
        certificate, crl = judged.stand(pack, now)
        with _under(pack, "unencrypted-bid", "manifest"):
            if isinstance(parsed, BidError):
                raise parsed
            manifest = parsed
            check_manifest(manifest, notice, actor.organisation)
        if found.history:
            history = own_history(session, tender.id, actor.organisation, manifest.bid)
            if (known := history.known(manifest.bid)) is not None:
                return _same_or_refused(pack, known, actor, raw, signature)
        else:
            history = History((), {})
        self._check_replaces(session, pack, history, manifest, certificate)
        objects = _objects(pack, manifest, found.uploads)
        receipt = self._receipt(tender, manifest.bid, signature, crl, now, manifest=manifest.digest)
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
            "received_at": now,
        }
        leaf = acceptance_leaf(
            manifest.bid, actor.organisation, manifest.digest, receipt.signature, receipt.digest
        )
        write_bid(session, row, objects, found.position, leaf)
        return Received(manifest.bid, receipt.file, now, new=True)

    def withdraw(
        self, session: Session, actor: Actor, tender_id: str, raw: bytes, signature: bytes
    ) -> Received:
        """Take the supplier's current bid back; bidding again afterwards is allowed.

        The very same withdrawal again gets the same receipt, also after the deadline.

        Raises:
            TradingError: refused, with rule and article.
        """
        judged = self._judge(session, actor, raw, signature, "withdrawal")
        tender = _locked(session, tender_id)
        now = self._clock.now(session)
        pack = pack_named(tender.pack, tender.pack_version)
        if (before := self._withdrawn_before(session, actor, raw, signature)) is not None:
            return before
        refuse_unless_open(tender, now)
        certificate, crl = judged.stand(pack, now)
        with _under(pack, "replacement", "withdrawal"):
            document = SignedWithdrawal.parse(raw)
        for field, wanted in (
            ("tender", tender.id),
            ("policy", tender.policy_digest),
            ("supplier", actor.organisation),
        ):
            if getattr(document, field) != wanted:
                raise pack.refuse("replacement", "withdrawal-disagrees", field=field)
        history = own_history(session, tender.id, actor.organisation, None)
        bid = history.current(document.policy)
        if bid is None or bid.id != document.bid:
            raise pack.refuse("replacement", "withdrawal-not-current", bid=document.bid)
        _refuse_other_key(session, pack, bid, certificate)
        receipt = self._receipt(tender, bid.id, signature, crl, now, withdrawal=document.digest)
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
                received_at=now,
            )
        )
        leaf = withdrawal_leaf(bid.id, actor.organisation, document.digest, receipt.signature, receipt.digest)
        session.add(
            LedgerLeaf(tender_id=tender.id, position=session.scalar(select(next_position(tender.id))),
                       bid_id=bid.id, kind="withdrawal-leaf", raw=leaf)
        )  # fmt: skip
        session.flush()
        return Received(bid.id, receipt.file, now, new=True)

    def _judge(self, session: Session, actor: Actor, raw: bytes, signature: bytes, what: str) -> Judged:
        """Signature, chain and revocation, before the lock; the answer is used when its turn comes."""
        if not signature:
            return Judged(what, error=TradingError("signature-missing"))
        try:
            verified, crl = self._accounts.verify_party_signature(
                session,
                raw,
                signature,
                actor.at or self._clock.now(session),
                "supplier",
                actor.organisation,
            )
        except (BidError, SigningError, TradingError) as error:
            return Judged(what, error=error)
        return Judged(what, verified.certificate, crl)

    def _find(
        self, session: Session, tender_id: str, organisation: str, manifest: Manifest | BidError
    ) -> _Found:
        """In one query, under the lock; `history` also if the bid's id is taken by anybody."""
        if isinstance(manifest, BidError):
            return _Found(self._clock.now(session), {}, 0, True)
        rows = session.execute(
            _FIND[session.get_bind().dialect.name],
            {
                "tender": tender_id,
                "organisation": organisation,
                "bid": manifest.bid,
                "digests": [entry.sha256 for part in manifest.parts for entry in part.objects],
            },
        ).all()
        if not rows:
            return _Found(self._clock.now(session), {}, 0, True)
        uploads = {row.sha256: (row.id, row.size) for row in rows}
        first = rows[0]
        return _Found(self._clock.moment(first.reading), uploads, first.position, bool(first.history))

    def _check_replaces(
        self,
        session: Session,
        pack: RulePack,
        history: History,
        manifest: Manifest,
        certificate: x509.Certificate,
    ) -> None:
        with _under(pack, "replacement", "manifest"):
            check_replaces(manifest.replaces, history.leaves, history.links, manifest.policy)
        if manifest.replaces is not None:
            _refuse_other_key(session, pack, history.links[manifest.replaces], certificate)

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
        file = sign_statement(statement, self._keys.receipt, now)
        return Receipt(file, canonical.digest(canonical.dumps(statement)), canonical.digest(signature))

    def _received_before(
        self, session: Session, actor: Actor, tender: Tender, raw: bytes, signature: bytes
    ) -> Received | None:
        try:
            bid = session.get(Bid, Manifest.parse(raw).bid)
        except BidError:
            return None
        same = bid is not None and (bid.tender_id, bid.supplier_id, bid.manifest, bid.signature) == (
            tender.id,
            actor.organisation,
            raw,
            signature,
        )
        return Received(bid.id, bid.receipt, bid.received_at) if bid is not None and same else None

    def _withdrawn_before(
        self, session: Session, actor: Actor, raw: bytes, signature: bytes
    ) -> Received | None:
        try:
            row = session.get(Withdrawal, SignedWithdrawal.parse(raw).bid)
        except BidError:
            return None
        if row is None or (row.supplier_id, row.raw, row.signature) != (actor.organisation, raw, signature):
            return None
        return Received(row.bid_id, row.receipt, row.received_at)


def _same_or_refused(pack: RulePack, known: Bid, actor: Actor, raw: bytes, signature: bytes) -> Received:
    if (known.supplier_id, known.manifest, known.signature) != (actor.organisation, raw, signature):
        raise pack.refuse("replacement", "bid-duplicate", bid=known.id)
    return Received(known.id, known.receipt, known.received_at)


def _refuse_unentitled(pack: RulePack, tender: Tender, actor: Actor, custodians: Sequence[str]) -> None:
    if actor.organisation == tender.organisation_id:
        raise pack.refuse("entitled-supplier", "supplier-is-buyer")
    if actor.organisation in custodians:
        raise pack.refuse("entitled-supplier", "supplier-is-custodian")


def _refuse_other_key(session: Session, pack: RulePack, bid: Bid, certificate: x509.Certificate) -> None:
    """Whoever could get a second certificate for an organisation must not be able to remove its bid."""
    if bid.certificate == fingerprint(certificate):
        return
    first = cms.verify(bid.manifest, bid.signature).certificate
    if _public(first) != _public(certificate):
        raise pack.refuse("replacement", "bid-key-differs")


def _public(certificate: x509.Certificate) -> bytes:
    return spki(certificate.public_key())  # type: ignore[arg-type]


def _parse(raw: bytes) -> Manifest | BidError:
    try:
        return Manifest.parse(raw)
    except BidError as error:
        return error


def _find_statement(dialect: str) -> Select[str, str, int, int, bool, int]:
    """Made once: making a statement costs as much as running it."""
    mine = and_(Bid.tender_id == bindparam("tender"), Bid.supplier_id == bindparam("organisation"))
    return select(
        Upload.sha256,
        Upload.id,
        Upload.size,
        next_position(bindparam("tender")).label("position"),
        exists().where(or_(mine, Bid.id == bindparam("bid"))).label("history"),
        clock_column(dialect).label("reading"),
    ).where(
        Upload.tender_id == bindparam("tender"),
        Upload.organisation_id == bindparam("organisation"),
        Upload.sha256.in_(bindparam("digests", expanding=True)),
        Upload.completed_at.is_not(None),
    )


_FIND = {dialect: _find_statement(dialect) for dialect in ("sqlite", "postgresql")}


def _locked(session: Session, tender_id: str) -> Tender:
    """The tender locked; the clock is read after this."""
    tender = lock_tender(session, tender_id)
    if not State(tender.state).public:
        raise NotFound("tender-not-found")
    return tender


def _objects(
    pack: RulePack, manifest: Manifest, uploads: Mapping[str, tuple[str, int]]
) -> list[StoredObject]:
    """Each object of the manifest with the upload that holds it, or a refusal."""
    found = []
    for part in manifest.parts:
        for number, entry in enumerate(part.objects):
            upload, size = uploads.get(entry.sha256, ("", 0))
            if not upload:
                raise pack.refuse("incomplete-bid", "bid-object-missing", sha256=entry.sha256)
            if size != entry.size:
                raise pack.refuse(
                    "incomplete-bid",
                    "bid-object-size",
                    sha256=entry.sha256,
                    found=size,
                    stated=entry.size,
                )
            found.append(StoredObject(part.segment, part.part, number, upload))
    return found


@contextmanager
def _under(pack: RulePack, rule: str, what: str) -> Iterator[None]:
    """Give refusals of the lower floors the rule and article they fall under."""
    try:
        yield
    except (BidError, SigningError) as error:
        refusal = from_signing(error, what=what) if isinstance(error, SigningError) else error
        raise pack.refuse(rule, refusal.code, **refusal.params) from None
    except TradingError as error:
        if not error.rule:
            error.rule, error.article = rule, pack.rule(rule).article.text
        raise
