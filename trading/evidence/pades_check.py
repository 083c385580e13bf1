"""Whether a document's signature holds, by pyHanko's validation of AdES signatures (ETSI EN 319 102-1)."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import x509 as asn1_x509
from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation.ades import (
    AdESBasicValidationResult,
    ades_timestamp_validation,
    ades_with_time_validation,
)
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from bids.errors import BidError
from reports.seal import FIELD
from signing.errors import CertificateError
from signing.profile import KIND_POLICIES, USAGE_POLICIES, der, policies_of
from trading.evidence.pades import revocation_policy
from trading.evidence.waiting import finished

# They log, with tracebacks, what DocumentInvalid says.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

UNREADABLE, UNSIGNED, CHANGED, UNCOVERED, INVALID, STRANGER = (
    "pdf-unreadable", "pdf-unsigned", "pdf-changed", "pdf-uncovered", "pdf-invalid", "pdf-stranger",
)  # fmt: skip


class DocumentInvalid(Exception):
    """A document's signature does not hold. code: one of the words above; detail: what pyHanko says of it."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class CheckedDocument:
    """What a signature that holds says: the signer's certificate, the time of its time-stamp, the times of
    the document time-stamps in order, and when the last one's certificate ends.
    """

    signer: x509.Certificate
    signed_at: datetime
    stamps: tuple[datetime, ...]
    stamped_until: datetime


def check_document(pdf: bytes, roots: Sequence[x509.Certificate]) -> CheckedDocument:
    """Check a signed document by `roots` and by what it brings itself; no clock is asked.

    1. One signature, in the field of the seal; after it certificates, lists and time-stamps alone.
    2. The last time-stamp covers every byte of the file.
    3. The signature and its own time-stamp hold as of the first document time-stamp, each of these as of the
       next, the last as of itself: their chains end in `roots`, and nothing on them was revoked.
    4. Who signed is the platform's document key, who stamped its time-stamping authority: under the same root
       stand certificates of parties too.

    Raises DocumentInvalid.
    """
    try:
        return finished(_check(pdf, roots))
    except DocumentInvalid:
        raise
    except Exception as error:  # a forged file makes pyHanko fail in any way
        raise DocumentInvalid(UNREADABLE, type(error).__name__) from error


def examine(pdf: bytes, roots: Sequence[x509.Certificate]) -> None:
    """`check_document` for the verifier of evidence: BidError where the signature does not hold."""
    try:
        check_document(pdf, roots)
    except DocumentInvalid as invalid:
        raise BidError(invalid.code) from None


async def _check(pdf: bytes, roots: Sequence[x509.Certificate]) -> CheckedDocument:
    reader = PdfFileReader(io.BytesIO(pdf))
    signatures, stamps = reader.embedded_regular_signatures, reader.embedded_timestamp_signatures
    if [each.field_name for each in signatures] != [FIELD] or not stamps:
        raise DocumentInvalid(UNSIGNED)
    for each in (*signatures, *stamps):
        each.compute_integrity_info()
    signature, last = signatures[0], stamps[-1]
    if any(_beyond_stamps(each.diff_result) for each in (signature, *stamps)):
        raise DocumentInvalid(CHANGED)
    if last.coverage != SignatureCoverageLevel.ENTIRE_FILE or any(
        each.coverage < SignatureCoverageLevel.ENTIRE_REVISION for each in (signature, *stamps)
    ):
        raise DocumentInvalid(UNCOVERED)
    specification, times = _specification(roots, reader), tuple(_stamp_time(each) for each in stamps)
    if list(times) != sorted(times):
        raise DocumentInvalid(INVALID, "time-stamps out of order")
    signed = await ades_with_time_validation(
        signature.signed_data, specification, timing_info=_as_of(times[0]),
        raw_digest=signature.compute_digest() )
    _passed(signed)
    own = getattr(signed.api_status, "timestamp_validity", None)
    if own is None or not (own.valid and own.trusted) or own.timestamp > times[0]:
        raise DocumentInvalid(INVALID, "no signature time-stamp that holds")
    for each, at in zip(stamps, (*times[1:], times[-1]), strict=True):
        _passed(await _stamp_result(each, specification, at))
    signer = _of_platform(signature.signer_cert, "document")
    for certificate in (own.signing_cert, *(each.signer_cert for each in stamps)):
        _of_platform(certificate, "timestamp")
    return CheckedDocument(signer, own.timestamp, times, last.signer_cert.not_valid_after)


async def _stamp_result(
    stamp: EmbeddedPdfSignature, specification: SignatureValidationSpec, at: datetime
) -> AdESBasicValidationResult[Any]:
    digest = stamp.compute_digest()
    return await ades_timestamp_validation(
        stamp.signed_data, specification, lambda _: digest, timing_info=_as_of(at)
    )


def _as_of(at: datetime) -> ValidationTimingInfo:
    return ValidationTimingInfo(validation_time=at, best_signature_time=at, point_in_time_validation=True)


def _passed(result: AdESBasicValidationResult[Any]) -> None:
    if result.ades_subindic is not AdESPassed.OK:
        raise DocumentInvalid(INVALID, result.failure_msg or str(result.ades_subindic))


def _specification(roots: Sequence[x509.Certificate], reader: PdfFileReader) -> SignatureValidationSpec:
    """Trust in the roots alone; certificates and lists are the document's own."""
    store = DocumentSecurityStore.read_dss(reader)
    lists = [bytes(each.get_object().data) for each in store.crls]
    known = LocalKnowledge(
        known_crls=[CRLContainer(crl_data=CertificateList.load(each)) for each in lists],
        known_ocsps=[
            container
            for each in store.ocsps
            for container in OCSPContainer.load_multi(OCSPResponse.load(each.get_object().data))
        ],
        known_certs=list(store.load_certs()),
    )
    trust = SimpleTrustManager.build(trust_roots=[asn1_x509.Certificate.load(der(root)) for root in roots])
    return SignatureValidationSpec(
        CertValidationPolicySpec(
            trust_manager=trust, revinfo_policy=CertRevTrustPolicy(revocation_policy(roots, lists))
        ),
        RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
            certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
        ),
        local_knowledge=known,
        key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
    )


def _beyond_stamps(change: Any) -> bool:
    """Whether what follows a signature is more than validation material and time-stamps."""
    return change is not None and getattr(change, "modification_level", None) not in (
        ModificationLevel.NONE,
        ModificationLevel.LTA_UPDATES,
    )


def _stamp_time(stamp: EmbeddedPdfSignature) -> datetime:
    info = stamp.signed_data["encap_content_info"]["content"].parsed
    time: datetime = info["gen_time"].native
    return time


def _of_platform(certificate: asn1_x509.Certificate, usage: str) -> x509.Certificate:
    found = x509.load_der_x509_certificate(certificate.dump())
    try:
        policies = policies_of(found)
    except CertificateError:
        policies = frozenset()
    if not {KIND_POLICIES["platform"], USAGE_POLICIES[usage]} <= policies:
        raise DocumentInvalid(STRANGER, found.subject.rfc4514_string())
    return found
