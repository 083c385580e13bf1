"""A custodian's signature over its fresh sealing key for one tender.

It is a bare ECDSA signature by the key whose SubjectPublicKeyInfo stands in the policy, not a CMS: the
policy holds no certificates, and whoever checks a release compares the signer's key with the same one.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bids.errors import BidError, refusing
from bids.objects import write_object
from signing import keys
from signing.encoding import b64encode

_ECDSA = ec.ECDSA(hashes.SHA256())


def sealing_key_statement(tender: str, custodian: str, sealing_key: bytes) -> bytes:
    """The canonical bytes that custodian `custodian` signs for `tender`; BidError if an id is malformed."""
    return write_object(
        "sealing-key", {"tender": tender, "custodian": custodian, "sealing_key": b64encode(sealing_key)}
    )


def sign_sealing_key(signing_key: keys.SigningKey, tender: str, custodian: str, sealing_key: bytes) -> bytes:
    """The custodian's DER ECDSA signature (P-256, SHA-256) over its sealing key for one tender."""
    return signing_key.sign(sealing_key_statement(tender, custodian, sealing_key), _ECDSA)


def verify_sealing_key(
    signing_key: bytes, tender: str, custodian: str, sealing_key: bytes, signature: bytes
) -> None:
    """BidError "sealing-key-signature" unless the key `signing_key` (SPKI DER) signed exactly this."""
    with refusing("policy"):
        public = keys.load_spki(signing_key)
    try:
        public.verify(signature, sealing_key_statement(tender, custodian, sealing_key), _ECDSA)
    except InvalidSignature:
        raise BidError("sealing-key-signature", custodian=custodian) from None
