"""Signatures of documents: PAdES B-LTA (ETSI EN 319 142-1), made and checked by pyHanko.

A signed document holds its signature with a time-stamp, then, in a second revision, the certificates and
revocation lists that the signature and both time-stamps need (DSS), under a time-stamp of the whole. So it
can be judged with the root certificate alone when every other certificate in it has ended. Before the last
time-stamp's own certificate ends, `renew` adds another.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, PdfTimeStamper
from pyhanko.sign import Signer as PyHankoSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, TimestampDSSContentSettings
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleCertificateStore

from reports.seal import FIELD
from signing.keys import Signer
from signing.profile import der
from trading.evidence.waiting import finished

Stamp = Callable[[bytes], bytes]

# It warns that nothing is fetched, which is as it should be; what is wrong it raises.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

_DIGEST = "sha256"
_STAMP_FIELD = "DocumentTimeStamp"
_ROOM = 64  # bytes


@dataclass(frozen=True)
class DocumentSigner:
    """Signs documents as the platform.

    answers: OCSP responses (DER) of now about the signer and the time-stamps. Lists say the same, but pyHanko
    looks in responses alone when it judges a certificate that has ended.
    signer: the document key, its certificate and the intermediates. roots: the trust anchors. lists:
    revocation lists (DER) of every authority above the signer and the time-stamps, of now. stamp: a
    time-stamping authority, from an RFC 3161 request's DER to its reply's. name: of the platform, as readers
    show it beside the signature.
    """

    signer: Signer
    roots: Sequence[x509.Certificate]
    lists: Sequence[bytes]
    stamp: Stamp
    answers: Sequence[bytes] = ()
    name: str = ""

    def sign(self, pdf: bytes, seal: bytes, at: datetime) -> bytes:
        """Sign a document in its empty field, `seal` (a PDF of one page) being what is seen there.

        Two signatures of the same document are never the same bytes.

        Raises pyHanko's errors where certificates, lists or time-stamps do not hold at `at`.
        """
        return finished(self._sign(pdf, seal, at))

    def renew(self, pdf: bytes, at: datetime) -> bytes:
        """The signed document with the lists of now and one more time-stamp over all of it, appended."""
        output = io.BytesIO(pdf)
        stamping = PdfTimeStamper(_Stamper(self.stamp)).async_timestamp_pdf(
            IncrementalPdfFileWriter(output),
            _DIGEST,
            self._context(at),
            in_place=True,
            # What the last time-stamp needs to hold is under the new one.
            dss_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True),
        )
        finished(stamping)
        return output.getvalue()

    async def _sign(self, pdf: bytes, seal: bytes, at: datetime) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        details = PdfSignatureMetadata(
            **_as_seen(self.name),
            embed_validation_info=True,
            use_pades_lta=True,
            timestamp_field_name=_STAMP_FIELD,
            validation_context=self._context(at),
            # Entries by signature are deprecated, and would cost a revision of their own.
            dss_settings=DSSContentSettings(include_vri=False),
        )
        signer = PdfSigner(
            details, _KeySigner(self.signer), timestamper=_Stamper(self.stamp), stamp_style=_seal_style(seal)
        )
        session = signer.init_signing_session(writer, existing_fields_only=True)
        session.system_time = at
        found = await session.perform_presign_validation(writer)
        room = await session.estimate_signature_container_size(found)
        unsigned = session.prepare_tbs_document(found, room)
        output = io.BytesIO()
        digest, _ = unsigned.digest_tbs_document(output=output)
        signed = await unsigned.perform_signature(
            digest.document_digest, PdfCMSSignedAttributes(signing_time=None)
        )
        await signed.post_signature_processing(output)
        return output.getvalue()

    def _context(self, at: datetime) -> ValidationContext:
        return ValidationContext(
            trust_roots=[_asn1(root) for root in self.roots],
            other_certs=[_asn1(each) for each in self.signer.chain],
            crls=[asn1_crl.CertificateList.load(each) for each in self.lists],
            ocsps=[asn1_ocsp.OCSPResponse.load(each) for each in self.answers],
            moment=at,
            revinfo_policy=CertRevTrustPolicy(revocation_policy(self.roots, self.lists)),
        )


def as_signed(pdf: bytes, seal: bytes, at: datetime, name: str) -> bytes:
    """What `sign` makes of a document, with room where the signature would be: all that a reader sees.

    Raises pyHanko's errors for a document without the field.
    """
    output = io.BytesIO()
    signer = PdfSigner(
        PdfSignatureMetadata(**_as_seen(name)), PyHankoSigner(), stamp_style=_seal_style(seal)
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    session = signer.init_signing_session(writer, existing_fields_only=True)
    session.system_time = at
    session.prepare_tbs_document(None, _ROOM).digest_tbs_document(output=output)
    return output.getvalue()


def _as_seen(name: str) -> dict[str, Any]:
    """What of a signature's details a reader can tell."""
    return {
        "field_name": FIELD,
        "md_algorithm": _DIGEST,
        "subfilter": SigSeedSubFilter.PADES,
        "name": name or None,
    }


def revocation_policy(
    roots: Sequence[x509.Certificate], lists: Iterable[bytes]
) -> RevocationCheckingPolicy:
    """What must be shown not to be revoked: signers always; the authority above them where there is a list of
    the root, whose key may be kept where no list can be had every day.
    """
    issuers = {x509.load_der_x509_crl(each).issuer for each in lists}
    above = any(root.subject in issuers for root in roots)
    required, unasked = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED, RevocationCheckingRule.NO_CHECK
    return RevocationCheckingPolicy(required, required if above else unasked)


class _KeySigner(PyHankoSigner):
    """pyHanko's signer on a key of ours."""

    def __init__(self, signer: Signer) -> None:
        certificates = [_asn1(each) for each in signer.chain]
        store = SimpleCertificateStore.from_certs(certificates)  # type: ignore[no-untyped-call]
        super().__init__(signing_cert=_asn1(signer.certificate), cert_registry=store)
        self._key = signer.key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """ECDSA with SHA-256, the only one that documents are signed by."""
        if digest_algorithm != _DIGEST:
            raise ValueError(f"documents are signed with SHA-256, not with {digest_algorithm}")
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))


class _Stamper(TimeStamper):
    """pyHanko's time-stamper on an authority of ours."""

    def __init__(self, stamp: Stamp) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._stamp = stamp

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """What the authority replies."""
        return tsp.TimeStampResp.load(self._stamp(req.dump()))


class _SealPage(PdfContent):
    """The first page of a PDF as what is seen in a field."""

    def __init__(self, pdf: bytes) -> None:
        super().__init__()
        self._pdf = pdf

    def render(self) -> bytes:
        """The operators that draw it."""
        page = self._ensure_writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self._pdf)), page_ix=0)
        self.resources.xobject["/Seal"] = page
        left, bottom, right, top = page.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(top - bottom))
        return b"/Seal Do"


def _seal_style(seal: bytes) -> StaticStampStyle:
    middle = AxisAlignment.ALIGN_MID
    room = SimpleBoxLayoutRule(x_align=middle, y_align=middle, margins=Margins())
    return StaticStampStyle(border_width=0, background=_SealPage(seal), background_layout=room)


def _asn1(certificate: x509.Certificate) -> Any:
    return asn1_x509.Certificate.load(der(certificate))
