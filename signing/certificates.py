"""Certificates in one place: the profile, issuing, and checking."""

from signing.authorities import (
    AUTHORITIES,
    Authority,
    AuthorityName,
    Locations,
    create_csr,
    issue,
    issue_responder,
    make_crl,
    new_issuing_authority,
    new_root,
    read_csr,
)
from signing.chains import verify_chain
from signing.profile import (
    Kind,
    Party,
    PartySubject,
    PlatformSubject,
    Usage,
    dump_pem,
    fingerprint,
    load_pem,
    party_of,
)

__all__ = [
    "AUTHORITIES",
    "Authority",
    "AuthorityName",
    "Kind",
    "Locations",
    "Party",
    "PartySubject",
    "PlatformSubject",
    "Usage",
    "create_csr",
    "dump_pem",
    "fingerprint",
    "issue",
    "issue_responder",
    "load_pem",
    "make_crl",
    "new_issuing_authority",
    "new_root",
    "party_of",
    "read_csr",
    "verify_chain",
]
