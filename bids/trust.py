"""What a verifier trusts, and what it knows of the parties: roots, revocation lists, enrolments, the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography import x509

from bids.errors import BidError, refusing
from bids.objects import STAMPED, build_statement, check_size, file_of, read_signed, type_of
from signing import canonical, cms, statements
from signing.canonical import JSON
from signing.certificates import Party, fingerprint, party_of, verify_chain
from signing.chains import verify_outside_chain
from signing.encoding import format_time, parse_time
from signing.notes import NoteVerifier
from signing.profile import identifiers_of, outside_party
from signing.revocations import Revocations
from signing.statements import Statement

# Agencies, custodians and suppliers state times by their own clocks, which may differ by so much.
SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Outside:
    """What an enrolment says of a certificate from outside the platform: its authority, by the SHA-256 of the
    anchor (DER), and the attribute ("subject:2.5.4.97") that holds organisations' ids, with its value."""

    authority: str
    attribute: str
    value: str


@dataclass(frozen=True)
class Enrolment:
    """The platform's statement of whom a certificate belongs to; `certificate` is the SHA-256 of its DER."""

    raw: bytes
    digest: str
    at: datetime
    certificate: str
    party: str
    organisation: str
    role: str
    outside: Outside | None = None

    @classmethod
    def parse(cls, source: bytes | Statement) -> Enrolment:
        """An enrolment from its file's bytes (or as `signing` read it), the signature unchecked; BidError."""
        read = read_signed(source, "enrolment")
        members = read.statement
        return cls(
            raw=source if isinstance(source, bytes) else file_of(read),
            digest=read.digest,
            at=parse_time(members["at"]),
            certificate=members["certificate"],
            party=members["party"],
            organisation=members["organisation"],
            role=members["role"],
            outside=Outside(**members["outside"]) if "outside" in members else None,
        )


def build_enrolment(
    *, at: datetime, certificate: x509.Certificate, party: Party, outside: Outside | None = None
) -> dict[str, JSON]:
    """An enrolment statement that `certificate` belongs to `party`, for the platform to sign."""
    members: dict[str, JSON] = {
        "at": format_time(at),
        "certificate": fingerprint(certificate),
        "party": party.id,
        "organisation": party.organisation,
        "role": party.role,
    }
    if outside is not None:
        members["outside"] = {
            "authority": outside.authority,
            "attribute": outside.attribute,
            "value": outside.value,
        }
    return build_statement("enrolment", members)


def verify_enrolment(
    data: bytes, roots: Sequence[x509.Certificate], revocations: Revocations | None = None
) -> Enrolment:
    """An enrolment that the platform's statement key signed, judged as of its `at`; BidError."""
    verified = verify_platform(data, "enrolment", "statement", roots, revocations)
    return Enrolment.parse(verified)


def verify_platform(
    data: bytes,
    what: str,
    usage: str,
    roots: Sequence[x509.Certificate],
    revocations: Revocations | None = None,
) -> Statement:
    """A signed statement of the platform of the type `what`, chain and revocation judged as of its own `at`.

    Its members are unchecked. What `revocations` does not know of counts as good. Raises BidError.
    """
    with refusing(what):
        read = statements.verify_statement(
            data, type_of(what), roots, "platform", usage, with_token=what in STAMPED
        )
        if revocations is not None:
            assert read.verified is not None
            at = parse_time(read.statement["at"])
            authority = read.verified.intermediates[0]
            revocations.check(read.verified.certificate, authority, at)
            check_authority(authority, roots, revocations, at)
    return read


def check_authority(
    authority: x509.Certificate, roots: Sequence[x509.Certificate], revocations: Revocations, at: datetime
) -> None:
    """CertificateError "revoked" if the root revoked this issuing authority by `at`."""
    for root in roots:
        if root.subject == authority.issuer:
            revocations.check(authority, root, at)


def parse_enrolments(
    data: bytes, roots: Sequence[x509.Certificate], revocations: Revocations | None = None
) -> dict[str, Enrolment]:
    """The enrolments of `certificates/enrolments.json`, by certificate fingerprint.

    `data` is a canonical JSON list of signed enrolment statements. Every signature is checked. Raises
    BidError, "enrolment-twice" if a certificate is enrolled twice.
    """
    check_size(data, "enrolments")
    with refusing("enrolments"):
        files = canonical.loads(data)
    if not isinstance(files, list):
        raise BidError("form-list", path="enrolments", least=0, most="any number")
    return enrolments_of((canonical.dumps(file) for file in files), roots, revocations)


def enrolments_of(
    files: Iterable[bytes], roots: Sequence[x509.Certificate], revocations: Revocations | None = None
) -> dict[str, Enrolment]:
    """As `parse_enrolments`, from the files themselves."""
    found: dict[str, Enrolment] = {}
    for file in files:
        enrolment = verify_enrolment(file, roots, revocations)
        if enrolment.certificate in found:
            raise BidError("enrolment-twice", certificate=enrolment.certificate)
        found[enrolment.certificate] = enrolment
    return found


@dataclass(frozen=True)
class Trust:
    """A verifier's anchors and what it was given beside them.

    `crls` by the SHA-256 of their DER, `enrolments` (verified) by certificate fingerprint; `log` checks the
    public log's checkpoints, or is None where nobody gave its key. `outside` are anchors of authorities that
    are not the platform's: parties' certificates may lead to them, never a statement of the platform.
    """

    roots: tuple[x509.Certificate, ...]
    crls: Mapping[str, x509.CertificateRevocationList] = field(default_factory=dict)
    enrolments: Mapping[str, Enrolment] = field(default_factory=dict)
    log: NoteVerifier | None = None
    log_origin: str = ""
    outside: tuple[x509.Certificate, ...] = ()
    revocations: Revocations = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "revocations", Revocations(self.crls.values()))

    def resolve(self, certificate: x509.Certificate, at: datetime) -> Party:
        """Whose certificate this is, by its enrolment and by its own subject, which must agree; BidError.

        Nobody is enrolled after the fact: the enrolment is not from later than `at`, when the certificate
        was used, but for what clocks differ.
        """
        print_ = fingerprint(certificate)
        enrolment = self.enrolments.get(print_)
        if enrolment is None:
            raise BidError("not-enrolled", certificate=print_)
        if enrolment.at > at + SKEW:
            raise BidError("enrolled-later", certificate=print_)
        with refusing("certificate"):
            party, agrees = self._named(certificate)
        stated = (enrolment.party, enrolment.organisation, enrolment.role)
        if not agrees or stated != (party.id, party.organisation, party.role):
            raise BidError("enrolment-disagrees", certificate=print_)
        return party

    def crl(self, digest: str) -> x509.CertificateRevocationList:
        """The revocation list with that SHA-256; BidError "crl-unknown"."""
        if digest not in self.crls:
            raise BidError("crl-unknown", crl=digest)
        return self.crls[digest]

    def verify(
        self, what: str, data: bytes, signature: bytes, at: datetime, role: str, crl: str | None = None
    ) -> tuple[Party, cms.Verified]:
        """Check a party's signature beside `data`.

        CMS, chain as of `at`, revocation by the list with the digest `crl` (or by every list there is; a
        verifier that has none checks none), enrolment, role. Raises BidError that names `what`.
        """
        lists = list(self.crls.values()) if crl is None else [self.crl(crl)]
        with refusing(what):
            verified = self._signature(data, signature, at, lists)
        return self._in_role(what, verified, role, at), verified

    def verify_signature(
        self, what: str, data: bytes, signature: bytes, at: datetime
    ) -> tuple[Party, cms.Verified]:
        """As `verify` by every list, for whoever the certificate names: `resolve` must still be asked."""
        with refusing(what):
            verified = self._signature(data, signature, at, list(self.crls.values()))
            return self._named(verified.certificate)[0], verified

    def verify_statement(
        self, what: str, data: bytes, role: str, at: datetime | None = None
    ) -> tuple[Party, Statement]:
        """Check a party's signed statement of the type `what`, as of `at` or its own `at`; BidError."""
        with refusing(what):
            read = statements.read_statement(data, type_of(what))
            at = statements.stated_time(read) if at is None else at
            lists = list(self.crls.values())
            verified = self._signature(read.statement_bytes, read.signature, at, lists)
        read_signed(read, what)
        return self._in_role(what, verified, role, at), replace(read, verified=verified)

    def platform_statement(self, what: str, data: bytes, usage: str = "statement") -> Statement:
        """Check a signed statement of the platform of the type `what`, as of its own `at`; BidError."""
        return read_signed(verify_platform(data, what, usage, self.roots, self.revocations), what)

    def revoked_at(self, verified: cms.Verified) -> datetime | None:
        """When a signer's certificate was revoked, as far as any list says; None if none does."""
        issuer = verified.intermediates[0] if verified.intermediates else self._anchor(verified.certificate)
        return None if issuer is None else self.revocations.time_of(verified.certificate, issuer)

    def _signature(
        self,
        data: bytes,
        signature: bytes,
        at: datetime,
        lists: Sequence[x509.CertificateRevocationList],
    ) -> cms.Verified:
        """CMS, and the chain to our root, or to that of the outside authority that an enrolment names."""
        verified = cms.verify(data, signature)
        leaf, intermediates = verified.certificate, verified.intermediates
        enrolment = self.enrolments.get(fingerprint(leaf))
        if enrolment is None or enrolment.outside is None:
            verify_chain(leaf, intermediates, self.roots, at, "parties", "party", lists)
            check_authority(intermediates[0], self.roots, self.revocations, at)
            return verified
        anchor = self._anchor(leaf)
        if anchor is None:
            raise BidError("outside-unknown", authority=enrolment.outside.authority)
        verify_outside_chain(leaf, intermediates, anchor, at, lists)
        if intermediates:
            self.revocations.check(intermediates[0], anchor, at)
        return verified

    def _named(self, certificate: x509.Certificate) -> tuple[Party, bool]:
        """The party that a certificate names, and whether it says itself what its enrolment says."""
        enrolment = self.enrolments.get(fingerprint(certificate))
        if enrolment is None or enrolment.outside is None:
            return party_of(certificate), True
        outside, identifier = enrolment.outside, enrolment.organisation.partition(":")[2]
        party, value = outside_party(
            certificate, outside.attribute, enrolment.party, enrolment.organisation, enrolment.role
        )
        return party, value == outside.value and identifier in identifiers_of(value)

    def _anchor(self, certificate: x509.Certificate) -> x509.Certificate | None:
        """The trusted anchor of the outside authority that a certificate's enrolment names."""
        enrolment = self.enrolments.get(fingerprint(certificate))
        if enrolment is None or enrolment.outside is None:
            return None
        wanted = enrolment.outside.authority
        return next((each for each in self.outside if fingerprint(each) == wanted), None)

    def _in_role(self, what: str, verified: cms.Verified, role: str, at: datetime) -> Party:
        party = self.resolve(verified.certificate, at)
        if party.role != role:
            raise BidError("signer-role", what=what, wanted=role, role=party.role)
        return party
