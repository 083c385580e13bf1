"""A party's key file (PKCS #12): signing key, certificate, intermediates, and the root it trusts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from bids.errors import BidError
from bids.objects import build_statement
from bids.trust import Enrolment
from bids.verification.anchors import load_crls
from signing.certificates import Party, create_csr, dump_pem, load_pem, party_of
from signing.encoding import b64decode, b64encode, format_time
from signing.errors import SigningError
from signing.keys import Signer, generate_signing_key, load_pkcs12, save_pkcs12
from signing.profile import outside_party
from signing.statements import sign_statement
from trading.client.api import Api, JsonObject
from trading.client.errors import ClientError
from trading.client.files import read_file

_MAX_KEY_FILE = 1024 * 1024
_MAX_LIST = 16 * 1024 * 1024


@dataclass(frozen=True)
class KeyFile:
    """What is in a key file; `roots` are the self-issued certificates beside the key's own chain.

    `enrolment` is the platform's statement of whose a certificate from outside the platform is, which lies
    beside the key file in `NAME.enrolment.json`; None for the platform's own certificates, which say it.
    """

    signer: Signer
    roots: tuple[x509.Certificate, ...]
    enrolment: bytes | None = None

    @property
    def party(self) -> Party:
        """Whom the certificate is for; SigningError if it is no party's, BidError if the enrolment is bad."""
        said = None if self.enrolment is None else Enrolment.parse(self.enrolment)
        if said is None or said.outside is None:
            return party_of(self.signer.certificate)
        found, _ = outside_party(
            self.signer.certificate, said.outside.attribute, said.party, said.organisation, said.role
        )
        return found

    @classmethod
    def load(cls, data: bytes, password: bytes) -> KeyFile:
        """From the file's bytes; SigningError if damaged or the password is wrong."""
        signer = load_pkcs12(data, password)
        others = pkcs12.load_key_and_certificates(data, password)[2]
        return cls(signer, tuple(each for each in others if each.issuer == each.subject))

    @classmethod
    def read(cls, path: Path, password: bytes) -> KeyFile:
        """From a file; ClientError if it cannot be read or opened."""
        data = read_file(path, _MAX_KEY_FILE)
        try:
            key = cls.load(data, password)
        except SigningError:
            raise ClientError("key-file-password", path=path) from None
        beside = enrolment_beside(path)
        return replace(key, enrolment=read_file(beside, _MAX_KEY_FILE)) if beside.exists() else key

    def of_role(self, wanted: str) -> KeyFile:
        """Itself if the key is that role's; ClientError "signer-role"."""
        if self.party.role != wanted:
            raise ClientError("signer-role", found=self.party.role, wanted=wanted)
        return self


@dataclass(frozen=True)
class Enrolled:
    """A new key with its certificate; `file` is the PKCS #12, `enrolment` the platform's signed statement."""

    key: KeyFile
    file: bytes
    fingerprint: str
    enrolment: JsonObject


def enrol(api: Api, password: bytes) -> Enrolled:
    """Make a key here, have the platform certify it, and put both into a PKCS #12 file.

    The private key never leaves this machine. The roots are the platform's as shown now: compare their
    fingerprint with the published one before relying on it.

    Raises:
        ApiProblem, ConnectionFailed: not issued. SigningError: what came back is not for this key.
    """
    person = api.get("/me")
    key = generate_signing_key()
    answer = api.post("/certificates", {"csr": create_csr(key, str(person["name"])).decode()})
    certificate = load_pem(str(answer["certificate"]).encode())[0]
    chain = tuple(load_pem(str(answer["chain"]).encode()))
    roots = tuple(fetch_roots(api))
    above = tuple(each for each in chain if each.issuer != each.subject)
    file = save_pkcs12(key, certificate, (*above, *roots), password)
    return Enrolled(KeyFile.load(file, password), file, str(answer["fingerprint"]), answer)


def enrolment_beside(path: Path) -> Path:
    """Where the enrolment of a key file's certificate lies, if that is from outside the platform."""
    return path.with_name(f"{path.name}.enrolment.json")


def enrol_outside(api: Api, origin: str, theirs: KeyFile, password: bytes, at: datetime) -> Enrolled:
    """Enrol the certificate in `theirs`, which another authority issued, for the token's person and role.

    Its key signs the proof for the platform's address `origin` as of `at` (UTC). The new PKCS #12 file has
    the same key and certificate and the platform's roots; `enrolment_beside` it belongs the enrolment.

    Raises:
        ApiProblem, ConnectionFailed: not enrolled. SigningError: what came back is not for this key.
    """
    person = api.get("/me")
    members = {"origin": origin, "party": str(person["organisation"]), "role": str(person["role"])}
    statement = build_statement("certificate-proof", {"at": format_time(at), **members})
    signer = theirs.signer
    body = {
        "certificate": dump_pem([signer.certificate, *signer.chain]).decode(),
        "proof": b64encode(sign_statement(statement, signer, at)),
    }
    answer = api.post("/certificates/outside", body)
    roots = tuple(fetch_roots(api))
    file = save_pkcs12(signer.key, signer.certificate, (*signer.chain, *roots), password)
    key = replace(KeyFile.load(file, password), enrolment=b64decode(str(answer["enrolment"])))
    return Enrolled(key, file, str(answer["fingerprint"]), answer)


def renew(api: Api, origin: str, old: KeyFile, password: bytes, new_key: bool, at: datetime) -> Enrolled:
    """A new certificate for the holder of a key file, for the same key or a new one, in a new PKCS #12 file.

    The old key signs for it: neither token nor session is needed. `origin` is the platform's address as it
    publishes it; `at` the present time (UTC). The old certificate stays good to its end.

    Raises:
        ApiProblem, ConnectionFailed: not renewed. SigningError: what came back is not for this key.
    """
    key = generate_signing_key() if new_key else old.signer.key
    csr = create_csr(key, old.party.name)
    members = {"at": format_time(at), "origin": origin, "request": hashlib.sha256(csr).hexdigest()}
    file = sign_statement(build_statement("renewal", dict(members)), old.signer, at)
    answer = api.post("/certificates/renewal", {"csr": csr.decode(), "file": b64encode(file)})
    certificate = load_pem(str(answer["certificate"]).encode())[0]
    above = load_pem(str(answer["chain"]).encode())
    made = save_pkcs12(key, certificate, (*above, *old.roots), password)
    return Enrolled(KeyFile.load(made, password), made, str(answer["fingerprint"]), answer)


def fetch_roots(api: Api) -> list[x509.Certificate]:
    """The platform's root certificates, as it shows them."""
    return load_pem(api.raw("/certificates/roots.pem"))


def read_lists(path: Path) -> tuple[x509.CertificateRevocationList, ...]:
    """Revocation lists from a reader's own file, one in DER or any number in PEM, of at most 16 MiB.

    Raises:
        ClientError: "crl-file-malformed", or unreadable.
    """
    data = read_file(path, _MAX_LIST)
    try:
        if data.lstrip().startswith(b"-----"):
            return tuple(load_crls(data).values())
        return (x509.load_der_x509_crl(data),)
    except (BidError, ValueError, x509.InvalidVersion):
        raise ClientError("crl-file-malformed", path=path) from None


def read_roots(path: Path) -> tuple[x509.Certificate, ...]:
    """Root certificates from a reader's own PEM file; ClientError "pem-malformed"."""
    try:
        return tuple(load_pem(read_file(path, _MAX_KEY_FILE)))
    except SigningError:
        raise ClientError("pem-malformed", path=path) from None
