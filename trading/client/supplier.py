"""What a supplier does: prepare a bid off-line, submit it with resume, withdraw it, keep its receipts."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cryptography import x509

from bids.closing import Closing
from bids.container import SealedBid, SealedObject
from bids.envelope import Attachment, Contents, Prepared, prepare
from bids.errors import BidError
from bids.examination import examine_closing_entry, examine_notice, ledger_verifier
from bids.ledger import parse_leaf
from bids.notice import Notice, VerifiedNotice, verify_notice
from bids.receipts import Receipt, build_withdrawal, check_receipt
from bids.trust import Trust
from bids.unlock_file import UnlockFile, write_unlock_file
from signing import cms, notes, suite
from signing.encoding import format_time, new_id
from signing.keys import Signer
from signing.notes import NoteVerifier
from trading.client.api import Api, ApiProblem, JsonObject, signed, unfile
from trading.client.closed import fetch_trust
from trading.client.errors import ClientError
from trading.client.files import new_file, write_file
from trading.client.keyfile import KeyFile
from trading.client.offers import read_announcements, read_offer

Progress = Callable[[int, int], None]  # bytes done, bytes in all


@dataclass(frozen=True)
class PreparedBid:
    """A bid sealed into a file, the verified notice whose keys it was sealed to, and the file that keeps the
    secret of the bidder's own lock, where there is one."""

    notice: VerifiedNotice
    prepared: Prepared
    unlock: Path | None = None


def read_notice(
    notice: bytes, signature: bytes, roots: Sequence[x509.Certificate], trust: Trust | None = None
) -> VerifiedNotice:
    """A notice whose signature holds under `roots`, or, with `trust`, by the enrolments in it as well: an
    agency may sign with a certificate from outside the platform.

    Raises:
        ClientError: no roots. BidError: it does not hold.
    """
    if not roots:
        raise ClientError("roots-missing")
    if trust is None:
        return verify_notice(notice, signature, roots)
    return examine_notice(notice, signature, trust)


def attachment(path: Path) -> Attachment:
    """A file as an attachment, under its own name; ClientError if it is no readable plain file."""
    if not path.is_file():
        raise ClientError("attachment-not-file", path=path)
    try:
        size = path.stat().st_size
        path.open("rb").close()
    except OSError as error:
        raise ClientError("file-unreadable", path=path, reason=error.strerror) from None
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Attachment(path.name, kind, size, lambda: path.open("rb"))


def prepare_bid(
    *,
    notice: bytes,
    signature: bytes,
    offer: Path,
    attachments: Sequence[Path],
    key: KeyFile,
    roots: Sequence[x509.Certificate],
    out: Path,
    at: datetime,
    replaces: str | None = None,
    unlock: Path | None = None,
    trust: Trust | None = None,
) -> PreparedBid:
    """Seal and sign a bid into the file `out`, with no network; `out` appears whole or not at all.

    Where the tender opens in stages, an attachment whose path begins with the name of a segment and a colon
    goes into that segment, all others to the prices.

    Where the notice asks for a bidder's own lock its secret goes into the file `unlock` alone, by default
    `out` with the ending `.unlock`, before anything is sealed with it.

    1. The notice's signature holds under `roots`; the sealing keys come from it alone.
    2. The deadline is still ahead, and the key is a supplier's.
    3. The offer fits the notice; then everything is sealed in one pass.

    Raises:
        ClientError, BidError: what is wrong, in a sentence.
    """
    verified = read_notice(notice, signature, roots, trust)
    key.of_role("supplier")
    if at >= verified.notice.deadline:
        raise ClientError("deadline-passed", deadline=verified.notice.deadline.isoformat())
    raw = read_offer(offer, verified.notice)
    *earlier, last = verified.notice.policy.segment_names
    files = _by_segment((*earlier, last), attachments)
    announced = read_announcements(offer, verified.notice)
    before = {name: Contents(announced[name], files[name]) for name in earlier}
    bid, secret = new_id(), None
    kept = _kept_secret(verified.notice, bid, unlock or out.with_suffix(".unlock"))
    try:
        with new_file(out) as sink:
            secret = None if kept is None else kept[1]
            prepared = prepare(
                notice, raw, files[last], key.signer, sink, at, replaces, bid, secret, before
            )
    except BaseException:
        if kept is not None:
            kept[0].unlink(missing_ok=True)  # it unlocks nothing
        raise
    return PreparedBid(verified, prepared, None if kept is None else kept[0])


def _by_segment(names: Sequence[str], paths: Sequence[Path]) -> dict[str, list[Attachment]]:
    files: dict[str, list[Attachment]] = {name: [] for name in names}
    for path in paths:
        segment, colon, rest = str(path).partition(":")
        if len(names) > 1 and colon and segment in files:
            files[segment].append(attachment(Path(rest)))
        else:
            files[names[-1]].append(attachment(path))
    return files


def _kept_secret(notice: Notice, bid: str, path: Path) -> tuple[Path, bytes] | None:
    """A new secret in a file of its own, where the notice asks for a bidder's own lock; ClientError."""
    if not notice.policy.lock:
        return None
    secret = suite.by_name(notice.policy.suite).lock_secret()
    opens = format_time(notice.policy.opens_at)
    write_file(path, write_unlock_file(UnlockFile(notice.tender, bid, opens, secret)), private=True)
    return path, secret


@dataclass(frozen=True)
class Submitted:
    """A bid received: its receipt's file and what it says."""

    file: bytes
    receipt: Receipt


class Supplier:
    """A supplier at the platform.

    Args:
        api: with the supplier's token. roots: that receipts must be signed under.
    """

    def __init__(self, api: Api, roots: Sequence[x509.Certificate]) -> None:
        self._api = api
        self._roots = tuple(roots)

    def submit(self, source: BinaryIO, progress: Progress | None = None) -> Submitted:
        """Upload a sealed bid's ciphertexts, going on where an earlier try ended, then hand in the manifest.

        Raises:
            BidError: the file is no sealed bid, or the receipt does not hold.
            ApiProblem: refused. ConnectionFailed: broken off; the next call goes on from there.
        """
        sealed = SealedBid.open(source)
        tender = sealed.manifest.tender
        meter = _Meter(sum(one.entry.size for one in sealed.objects), progress)
        try:
            for one in sealed.objects:
                self._upload(tender, sealed, one, meter)
        except ApiProblem:
            # Past the deadline nothing is taken any more; a bid that is in already still has its receipt.
            if (before := self._received_before(sealed)) is not None:
                return before
            raise
        answer = self._api.post(f"/tenders/{tender}/bids", signed(sealed.manifest.raw, sealed.signature))
        return self._received(answer, sealed.manifest.raw, sealed.signature)

    def _received_before(self, sealed: SealedBid) -> Submitted | None:
        try:
            file = self.receipt(sealed.manifest.tender, sealed.manifest.bid)
        except ApiProblem:
            return None
        checked = check_receipt(file, sealed.manifest.raw, sealed.signature, self._roots)
        return Submitted(file, checked)

    def _upload(self, tender: str, sealed: SealedBid, one: SealedObject, meter: _Meter) -> None:
        wanted = {"sha256": one.entry.sha256, "size": one.entry.size}
        upload = self._api.post(f"/tenders/{tender}/uploads", wanted)
        if upload.get("complete"):
            meter.add(one.entry.size)
            return
        have = {int(number) for number in upload["have"]}
        size = int(upload["part_bytes"])
        if size < 1 or size > 256 * 1024 * 1024:
            raise ClientError("answer-malformed", what="part_bytes")
        with sealed.open_object(one.segment, one.part, one.number) as reader:
            for number, piece in enumerate(_pieces(reader, size)):
                if number not in have:
                    self._api.put_bytes(f"/uploads/{upload['id']}/parts/{number}", piece)
                meter.add(len(piece))
        self._api.post(f"/uploads/{upload['id']}/completion", {})

    def withdraw(
        self, notice: VerifiedNotice, bid: str, supplier: str, reason: str, signer: Signer, at: datetime
    ) -> Submitted:
        """Take back a bid before the deadline.

        Raises:
            BidError, ApiProblem, ConnectionFailed: refused, or not reached.
        """
        tender = notice.notice.tender
        document = build_withdrawal(tender, notice.notice.policy.digest, supplier, bid, reason)
        signature = cms.sign(document, signer, at)
        answer = self._api.post(f"/tenders/{tender}/withdrawals", signed(document, signature))
        return self._received(answer, document, signature)

    def _received(self, answer: JsonObject, document: bytes, signature: bytes) -> Submitted:
        file = unfile(answer, "receipt")
        return Submitted(file, check_receipt(file, document, signature, self._roots))

    def bids(self, tender: str) -> list[JsonObject]:
        """The supplier's own bids: bid, received_at, state."""
        return list(self._api.pages(f"/tenders/{tender}/bids"))

    def receipt(self, tender: str, bid: str) -> bytes:
        """The receipt's file, again."""
        return unfile(self._api.get(f"/tenders/{tender}/bids/{bid}/receipt"))

    def bundle(self, tender: str, bid: str) -> bytes:
        """What to keep of a bid, as one ZIP; after the closing with the two proofs."""
        return self._api.raw(f"/tenders/{tender}/bids/{bid}/bundle.zip")

    def check_proofs(
        self, tender: str, bid: str, log: NoteVerifier, receipt: bytes | None = None
    ) -> Closing:
        """After the closing: this bid is in the frozen ledger, and the closing is in the log.

        1. The closing statement is the platform's, for this tender.
        2. The ledger's proof leads from a leaf to the closing's own checkpoint; the log's proof holds.
        3. The leaf is for the bid, and for the very receipt that the supplier has, if it is given.

        Raises:
            BidError, SigningError: naming what does not hold. ApiProblem: not closed yet.
        """
        answer = self._api.get(f"/tenders/{tender}/bids/{bid}/proofs")
        logged = self._api.get(f"/tenders/{tender}/closing")
        file = unfile(logged)
        trust = Trust(self._roots, log=log, log_origin=log.name)
        closing = Closing.parse(trust.platform_statement("closing", file))
        if closing.tender != tender or file != unfile(answer, "closing_file"):
            raise ClientError("answer-malformed", what="closing_file")
        examine_closing_entry(unfile(logged, "entry"), str(logged["proof"]).encode(), closing, trust)
        verifier = ledger_verifier(log, closing.ledger_origin)
        leaf = unfile(answer, "leaf")
        checkpoint = notes.verify_proof(str(answer["ledger"]).encode(), leaf, verifier, closing.ledger_origin)
        wanted = notes.parse_checkpoint(closing.checkpoint, verifier, closing.ledger_origin)
        if checkpoint != wanted or parse_leaf(leaf).bid != bid:
            raise ClientError("receipt-other-bid")
        if receipt is not None and parse_leaf(leaf).receipt != Receipt.parse(receipt).digest:
            raise ClientError("receipt-other-leaf")
        return closing


class _Meter:
    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._done = 0

    def add(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            self._progress(self._done, self._total)


def _pieces(reader: BinaryIO, size: int) -> Iterator[bytes]:
    while piece := reader.read(size):
        yield piece


def fetch_notice(api: Api, tender: str, roots: Sequence[x509.Certificate]) -> VerifiedNotice:
    """The tender's notice in force, verified; of an agency with a certificate from outside the platform by
    the enrolments that the platform gives out."""
    raw = api.raw(f"/tenders/{tender}/notice.json")
    signature = api.raw(f"/tenders/{tender}/notice.p7s")
    try:
        return read_notice(raw, signature, roots)
    except BidError as error:
        if error.code != "certificate-untrusted":
            raise
        return read_notice(raw, signature, roots, fetch_trust(api, tender, roots, None))
