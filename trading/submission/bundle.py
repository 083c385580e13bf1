"""What a supplier keeps of a bid, as one ZIP: at once the receipt and what it is for, later its proofs."""

from __future__ import annotations

import io
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy.orm import Session

from bids.receipt_bundle import Kept, files_of, write_bundle
from bids.receipt_readme import readme
from signing.certificates import dump_pem
from trading.audit.models import LogEntry
from trading.audit.services import AuditLog
from trading.custody.trust import trust_material
from trading.opening.models import Closing
from trading.platform import Platform
from trading.submission.contexts import OwnBidContext
from trading.submission.models import Bid, Withdrawal
from trading.submission.proofs import Proofs, proofs_of
from trading.tenders.models import Tender
from trading.timestamps.services import kept_chains
from trading.unlocking.models import UnlockedBid, UnlockWindow


def bundle_of(session: Session, platform: Platform, tender: Tender, bid: Bid) -> bytes:
    """The ZIP: receipt, manifest, signature and time-stamp of the bid and of its withdrawal; after the
    closing also the closing, the leaves and the proofs, and the receipt for unlocking with the statement that
    must give the secret.
    """
    closing = session.get(Closing, tender.id)
    entry = None if closing is None else session.get_one(LogEntry, closing.log_position).raw
    chains = dump_pem(kept_chains(session))
    lists = trust_material(platform, session, tender).crls

    shared = Kept(
        b"",
        log_key=f"{platform.keys.log.vkey}\n".encode(),
        roots=dump_pem(platform.keys.roots),
        crls=b"".join(x509.load_der_x509_crl(one).public_bytes(Encoding.PEM) for one in lists),
        tsa=chains or None,
    )

    def kept(receipt: bytes, document: bytes, signature: bytes, proofs: Proofs | None) -> Kept:
        return replace(
            shared,
            receipt=receipt,
            document=document,
            signature=signature,
            closing=None if proofs is None else proofs.closing_file,
            leaf=None if proofs is None else proofs.leaf,
            leaf_proof=None if proofs is None else proofs.ledger,
            entry=entry,
            entry_proof=None if proofs is None else proofs.closing,
        )

    def proved(kind: str) -> Proofs | None:
        return None if closing is None else proofs_of(session, platform, tender, bid, kind)

    files: dict[str, bytes] = {}
    withdrawal = session.get(Withdrawal, bid.id)
    if withdrawal is not None:
        document = (withdrawal.receipt, withdrawal.raw, withdrawal.signature)
        files |= files_of(kept(*document, proved("withdrawal-leaf")), readme())
    files |= files_of(kept(bid.receipt, bid.manifest, bid.signature, proved("acceptance")), readme())
    unlocked = session.get(UnlockedBid, bid.id)
    if unlocked is not None:
        unlocking, entry, proof = _unlocking(session, platform, tender)
        files |= files_of(
            replace(
                shared,
                receipt=unlocked.receipt,
                document=bid.manifest,
                signature=bid.signature,
                unlocking=unlocking,
                entry=entry,
                entry_proof=proof,
            ),
            readme(),
        )
    sink = io.BytesIO()
    write_bundle(sink, files)
    return sink.getvalue()


def _unlocking(
    session: Session, platform: Platform, tender: Tender
) -> tuple[bytes | None, bytes | None, bytes | None]:
    """The statement that ended the window, its entry in the log and the proof of that; nothing before."""
    window = session.get(UnlockWindow, tender.id)
    if window is None or window.raw is None or window.log_position is None:
        return None, None, None
    log = AuditLog(platform)
    entry = session.get_one(LogEntry, window.log_position).raw
    return window.raw, entry, log.proof(session, window.log_position, log.head(session))


def bundle_response(context: OwnBidContext, request: Request) -> Response:
    """The bundle as a download."""
    data = bundle_of(request.dbsession, request.platform, context.tender, context.bid)
    response = Response(data, content_type="application/zip", charset=None)
    response.content_disposition = f'attachment; filename="{context.bid.id}.bundle.zip"'
    return response
