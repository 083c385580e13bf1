"""Examining a closed tender object by object: what custodian, opener and verifier all do alike.

Every refusal names the file it is about (`params["file"]`, as the evidence package calls it), so that a
custodian's operator and a verifier's reader both see which object is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from bids.closing import Closing
from bids.entries import Entry
from bids.errors import BidError, refusing
from bids.ledger import Leaf, current_bids, parse_leaf
from bids.manifest import Manifest, check_sealing
from bids.notice import Notice, VerifiedNotice
from bids.package import CLOSING, LEDGER, LOG_ENTRIES, NOTICE, bid_name
from bids.receipts import Receipt, Withdrawal, verify_receipt
from bids.trust import SKEW, Trust
from signing import canonical, cms, merkle, notes, statements
from signing.certificates import Party
from signing.encoding import b64decode
from signing.keys import require_p256, spki
from signing.notes import Checkpoint, NoteVerifier

PUBLISHING_ACTS = ("tender.published", "tender.amended")
ENDING_ACTS = ("tender.cancelled", "tender.suspended")


@dataclass(frozen=True)
class BidFiles:
    """What stands behind a bid's leaves: its manifest, signature and receipt files, and if it was withdrawn
    the withdrawal's too."""

    manifest: bytes
    signature: bytes
    receipt: bytes
    withdrawal: bytes | None = None
    withdrawal_signature: bytes | None = None
    withdrawal_receipt: bytes | None = None


@dataclass(frozen=True)
class Accepted:
    """A bid of the ledger that was examined: received at `received_at` (UTC) by its receipt.

    `revoked_at`: when its signer's certificate was revoked, by any list there is; None if by none.
    """

    bid: str
    supplier: str
    manifest: Manifest
    received_at: datetime
    certificate: x509.Certificate
    revoked_at: datetime | None = None


@dataclass
class Course:
    """What is followed along a ledger, leaf by leaf: times of receipt, and who each supplier is."""

    closing: datetime
    last: datetime | None = None
    suppliers: dict[str, str] = field(default_factory=dict)

    def follow(self, receipt: Receipt) -> None:
        """Take the next leaf's receipt: times never go back, and none is after the closing.

        Raises BidError "receipt-after-closing", "receipt-order".
        """
        if receipt.at > self.closing:
            raise BidError("receipt-after-closing", bid=receipt.bid)
        if self.last is not None and receipt.received_at < self.last:
            raise BidError("receipt-order", bid=receipt.bid)
        self.last = receipt.received_at

    def meet(self, supplier: Party) -> None:
        """One organisation is one supplier, or it could make up the minimum by itself.

        Raises BidError "organisation-twice".
        """
        if self.suppliers.setdefault(supplier.organisation, supplier.id) != supplier.id:
            raise BidError("organisation-twice", organisation=supplier.organisation)


@contextmanager
def about(file: str) -> Iterator[None]:
    """Make every refusal inside name `file`, unless it names one already."""
    try:
        yield
    except BidError as error:
        error.params.setdefault("file", file)
        raise


def examine_notice(raw: bytes, signature: bytes, trust: Trust, file: str = NOTICE) -> VerifiedNotice:
    """The notice: signature and chain as of its own time, signer = buyer, enrolled as an agency; BidError."""
    with about(file):
        notice = Notice.parse(raw)
        party, verified = trust.verify_signature("notice", raw, signature, notice.at)
        if party.role != "agency":
            raise BidError("signer-role", what="notice", wanted="agency", role=party.role)
        if (party.id, party.organisation) != (notice.buyer.id, notice.buyer.organisation):
            raise BidError("signer-not-buyer")
        trust.resolve(verified.certificate, notice.at)
    return VerifiedNotice(notice, verified.certificate, party)


def examine_closing(data: bytes, notice: Notice, trust: Trust) -> Closing:
    """The closing statement: signed by the platform, for this notice's tender, policy and deadline and for
    the log that is trusted. Raises BidError "closing-other-…"."""
    with about(CLOSING):
        closing = Closing.parse(trust.platform_statement("closing", data))
        for name, stated, wanted in (
            ("tender", closing.tender, notice.tender),
            ("policy", closing.policy, notice.policy.digest),
            ("deadline", closing.deadline, notice.deadline),
            ("log", closing.log, trust.log_origin),
        ):
            if stated != wanted:
                raise BidError(f"closing-other-{name}")
    return closing


def examine_closing_entry(entry: bytes, proof: bytes, closing: Closing, trust: Trust) -> Checkpoint:
    """The log's entry of the closing, and that it is in the log; the checkpoint it is proved against.

    Raises BidError: "log-key-missing", "closing-not-logged", or what is wrong with the proof.
    """
    with about(LOG_ENTRIES):
        checkpoint, read = examine_entry(entry, proof, trust, "closing proof")
        named = read.act == "tender.closed" and read.tender == closing.tender
        if not named or read.digests.get("closing") != closing.digest:
            raise BidError("closing-not-logged")
    return checkpoint


def examine_entry(entry: bytes, proof: bytes, trust: Trust, what: str) -> tuple[Checkpoint, Entry]:
    """An entry that its proof shows to be in the log, and the checkpoint it is proved against.

    Raises BidError "log-key-missing", or what is wrong with entry or proof, which it calls `what`.
    """
    with refusing(what):
        checkpoint = notes.verify_proof(proof, entry, log_verifier(trust), trust.log_origin)
    return checkpoint, Entry.parse(entry)


def log_verifier(trust: Trust) -> NoteVerifier:
    """The verifier of the public log's checkpoints; BidError "log-key-missing" if there is none."""
    if trust.log is None:
        raise BidError("log-key-missing")
    return trust.log


def ledger_verifier(log: NoteVerifier, origin: str) -> NoteVerifier:
    """The log's own key under the key name of a tender's ledger, which is its origin (C2SP signed-note)."""
    key = log.vkey.split("+", 2)[2]  # base64 has plus signs of its own
    key_id = canonical.digest(origin.encode() + b"\n" + b64decode(key))[:8]
    return NoteVerifier.from_vkey(f"{origin}+{key_id}+{key}")


def examine_ledger(raw_leaves: Sequence[bytes], closing: Closing, trust: Trust) -> tuple[Leaf, ...]:
    """The leaves, if they are exactly those under the closing's checkpoint.

    Raises BidError: "ledger-size", "ledger-root", or what is wrong with checkpoint or leaf.
    """
    with about(CLOSING), refusing("ledger checkpoint"):
        verifier = ledger_verifier(log_verifier(trust), closing.ledger_origin)
        checkpoint = notes.parse_checkpoint(closing.checkpoint, verifier, closing.ledger_origin)
    with about(LEDGER):
        if checkpoint.size != len(raw_leaves):
            raise BidError("ledger-size", wanted=checkpoint.size, found=len(raw_leaves))
        if merkle.root([merkle.leaf_hash(leaf) for leaf in raw_leaves]) != checkpoint.root:
            raise BidError("ledger-root")
        return tuple(map(parse_leaf, raw_leaves))


def examine_acceptance(leaf: Leaf, files: BidFiles, notice: Notice, trust: Trust, course: Course) -> Accepted:
    """A bid as accepted: receipt, manifest, and the supplier's signature as of the time of receipt.

    1. The receipt is the platform's, for this tender, bid, manifest and signature, all as in the leaf.
    2. It was received by the deadline, and not before what stands before it in the ledger.
    3. The manifest is for this tender and, if under the present policy, sealed as that says.
    4. Signature and chain hold by the receipt's revocation list and time; the signer is the leaf's supplier.
    """
    bid = leaf.bid
    receipt = _receipt(leaf, files.receipt, bid_name(bid, "receipt.json"), notice, trust, course)
    with about(bid_name(bid, "manifest.json")):
        manifest = Manifest.parse(files.manifest)
        if manifest.digest != leaf.document:
            raise BidError("leaf-mismatch", bid=bid, member="manifest")
        for name, stated, wanted in (
            ("tender", manifest.tender, notice.tender),
            ("suite", manifest.suite, notice.policy.suite),
            ("supplier", manifest.supplier, leaf.supplier),
            ("bid", manifest.bid, bid),
        ):
            if stated != wanted:
                raise BidError(f"manifest-other-{name}")
        if receipt.policy != manifest.policy:
            raise BidError("receipt-mismatch", member="policy", bid=bid)
        if manifest.policy == notice.policy.digest:
            check_sealing(manifest, notice.policy)
    name = bid_name(bid, "manifest.p7s")
    party, signer = _signer(leaf, "manifest", files.manifest, files.signature, receipt, name, trust)
    with about(name):
        course.meet(party)
    revoked_at = trust.revoked_at(signer)
    return Accepted(bid, leaf.supplier, manifest, receipt.received_at, signer.certificate, revoked_at)


def examine_withdrawal(
    leaf: Leaf, files: BidFiles, accepted: Accepted, notice: Notice, trust: Trust, course: Course
) -> Withdrawal:
    """A withdrawal: as an acceptance is examined, and signed under the key of the bid that it takes back."""
    bid = leaf.bid
    document = _wanted(files.withdrawal, bid_name(bid, "withdrawal.json"))
    signature = _wanted(files.withdrawal_signature, bid_name(bid, "withdrawal.p7s"))
    name = bid_name(bid, "withdrawal-receipt.json")
    receipt = _receipt(leaf, _wanted(files.withdrawal_receipt, name), name, notice, trust, course)
    with about(bid_name(bid, "withdrawal.json")):
        withdrawal = Withdrawal.parse(document)
        stated = (withdrawal.tender, withdrawal.supplier, withdrawal.bid, withdrawal.policy)
        if withdrawal.digest != leaf.document:
            raise BidError("leaf-mismatch", bid=bid, member="withdrawal")
        if stated != (notice.tender, leaf.supplier, bid, receipt.policy):
            raise BidError("withdrawal-other", bid=bid)
    name = bid_name(bid, "withdrawal.p7s")
    _, signer = _signer(leaf, "withdrawal", document, signature, receipt, name, trust)
    with about(name):
        _same_key(signer.certificate, accepted)
    return withdrawal


def _wanted(data: bytes | None, file: str) -> bytes:
    if data is None:
        raise BidError("file-missing", file=file)
    return data


def _receipt(leaf: Leaf, data: bytes, file: str, notice: Notice, trust: Trust, course: Course) -> Receipt:
    with about(file):
        receipt = verify_receipt(data, trust.roots, trust.revocations)
        if receipt.digest != leaf.receipt:
            raise BidError("leaf-mismatch", bid=leaf.bid, member="receipt")
        kind = "manifest" if leaf.kind == "acceptance" else "withdrawal"
        for name, stated, wanted in (
            ("tender", receipt.tender, notice.tender),
            ("bid", receipt.bid, leaf.bid),
            ("kind", receipt.kind, kind),
            (kind, receipt.document, leaf.document),
            ("signature", receipt.signature, leaf.signature),
        ):
            if stated != wanted:
                raise BidError("receipt-mismatch", member=name, bid=leaf.bid)
        if receipt.received_at > notice.deadline:
            raise BidError("receipt-late", bid=leaf.bid)
        course.follow(receipt)
    return receipt


def _signer(
    leaf: Leaf, what: str, document: bytes, signature: bytes, receipt: Receipt, file: str, trust: Trust
) -> tuple[Party, cms.Verified]:
    with about(file):
        if canonical.digest(signature) != leaf.signature:
            raise BidError("leaf-mismatch", bid=leaf.bid, member="signature")
        party, verified = trust.verify(
            what, document, signature, receipt.received_at, "supplier", receipt.crl
        )
        if party.id != leaf.supplier:
            raise BidError("signer-not-supplier", bid=leaf.bid)
    return party, verified


def _same_key(certificate: x509.Certificate, accepted: Accepted) -> None:
    """BidError "other-key" unless both certificates are for one key: only who made a bid takes it back."""
    if certificate == accepted.certificate:
        return
    with refusing("certificate"):
        keys = {spki(require_p256(one.public_key())) for one in (certificate, accepted.certificate)}
    if len(keys) != 1:
        raise BidError("other-key", bid=accepted.bid)


def examine_current(
    leaves: Sequence[Leaf], accepted: Mapping[str, Accepted], notice: Notice
) -> tuple[Accepted, ...]:
    """The current bids, computed from the whole ledger, in its order; replacements are by the same key.

    Raises BidError "ledger-…" where the ledger contradicts itself, "other-key".
    """
    links = {bid: one.manifest for bid, one in accepted.items()}
    with about(LEDGER):
        current = current_bids(leaves, links, notice.policy.digest)
    for one in accepted.values():
        replaced = one.manifest.replaces
        if replaced is not None:
            with about(bid_name(one.bid, "manifest.p7s")):
                _same_key(one.certificate, accepted[replaced])
    return tuple(accepted[leaf.bid] for leaf in current)


def check_manifest_notices(
    accepted: Iterable[Accepted], notice: Notice, earlier: Sequence[Notice], complete: bool
) -> None:
    """Each manifest is for a notice of the tender, under that notice's policy, and was received after it.

    `complete`: all earlier notices are given. Otherwise only bids under the present policy are judged, and
    only where the present notice replaces none; its digest, which every share is bound to, has to do.
    Raises BidError.
    """
    if notice.replaces is not None and not complete:
        return
    known = {one.digest: one for one in (notice, *earlier)}
    for one in accepted:
        if not complete and one.manifest.policy != notice.policy.digest:
            continue
        with about(bid_name(one.bid, "manifest.json")):
            named = known.get(one.manifest.notice)
            if named is None or named.policy.digest != one.manifest.policy:
                raise BidError("manifest-other-notice")
            if one.received_at < named.at - SKEW:
                raise BidError("receipt-before-notice", bid=one.bid)


def check_entries(entries: Iterable[bytes], notice: Notice, closing: str) -> None:
    """What the log says of the tender: this notice is the last one published, it was closed once, by the
    closing with this digest, and nothing ended it.

    `entries` are the tender's log entries so far, in log order. Raises BidError:
    "tender-ended" (cancelled or suspended), "notice-not-last", "notice-not-logged", "closing-second",
    "closing-not-logged".
    """
    last: str | None = None
    closings: list[str | None] = []
    with about(LOG_ENTRIES):
        for entry in map(Entry.parse, entries):
            if entry.tender != notice.tender:
                continue
            if entry.act in ENDING_ACTS:
                raise BidError("tender-ended", act=entry.act)
            if entry.act in PUBLISHING_ACTS:
                last = entry.digests.get("notice")
            if entry.act == "tender.closed":
                closings.append(entry.digests.get("closing"))
        if last is None:
            raise BidError("notice-not-logged")
        if last != notice.digest:
            raise BidError("notice-not-last")
        if not closings:
            raise BidError("closing-not-logged")
        if closings != [closing]:
            raise BidError("closing-second")


def verify_release_statement(data: bytes, trust: Trust) -> tuple[Party, statements.Statement, bytes]:
    """A release's signature and chain as of its own time, its signer enrolled as a custodian.

    Returns that party, the statement and the signer's public key (DER). Raises BidError.
    """
    party, read = trust.verify_statement("release", data, "custodian")
    assert read.verified is not None
    with refusing("release"):
        key = spki(require_p256(read.verified.certificate.public_key()))
    return party, read, key
