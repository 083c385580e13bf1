"""A certificate that its party never asked for, as one file for the supervisor: what shows that the platform
certified it, by the platform's own signatures, and what it signed.

That the party did not ask for it is the party's word. What the file proves is that the platform enrolled that
certificate in its name, and when; so the supervisor asks the platform who asked for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from cryptography import x509

from bids.enrolment_days import read_opening
from bids.entries import Entry
from bids.errors import BidError, refusing
from bids.manifest import Manifest
from bids.notice import Notice
from bids.package import LOG_KEY, README, ROOTS, Package, read_package, write_package
from bids.trust import verify_enrolment
from signing import canonical, cms, notes
from signing.certificates import Party, fingerprint
from signing.encoding import b64decode, format_time, is_digest, is_id
from signing.notes import NoteVerifier
from trading.client.api import Api
from trading.client.errors import ClientError
from trading.client.own_memory import Sighting

CLAIM = "claim.json"
_NAMES = re.compile(
    r"claim\.json|README\.txt|log/key|certificates/roots\.pem"
    r"|seen/[0-9]{1,3}/(?:enrolment\.json|certificate\.pem|manifest\.json|manifest\.p7s|receipt\.json"
    r"|notice\.json|notice\.p7s|day/leaf\.json|day/hashes\.json|log/[0-9]{1,19}\.(?:json|tlog-proof))",
    re.ASCII,
)
_SAID = ("party", "organisation", "name", "certificate")
_MOST = 100  # sightings in a proof; one is enough
_README = """\
阳光交易 Sunseal · 以某机构名义、但该机构从未申请的证书 a certificate that its party never asked for

claim.json 写明是谁、哪张证书（SHA-256 指纹）。seen/ 下各文件夹是见到它的每一处：平台签名的登记声明
enrolment.json、公开日志中的条目 log/N.json 及其证明 log/N.tlog-proof、每日汇总下该机构的位置 day/，
以及它签署的投标、公告或声明。平台签发了这张证书，由平台自己的签名证明；“从未申请”是该机构的陈述，
请据此向平台查询何人何时申请。

核对（不需要相信交出本文件的人）：

    sunseal certificates proof 本文件.zip --roots 根证书.pem --log-key "日志公钥"

          claim.json says whose name it is and which certificate (SHA-256). Each folder under seen/ is one
          place where it was met: the platform's signed enrolment enrolment.json, entries of the public log
          with their proofs, the party's place under a daily root, and what the certificate signed. That the
          platform issued it, its own signatures prove; that the party never asked for it is the party's word:
          ask the platform who did, and when.

    sunseal certificates proof THIS.zip --roots ROOTS.pem --log-key "LOG KEY"
"""


@dataclass(frozen=True)
class Shown:
    """One thing that a proof shows; `refused` says why it does not, None where it does."""

    folder: str
    kind: str
    what: str
    at: str
    refused: BidError | ClientError | None


@dataclass(frozen=True)
class Claim:
    """Whose name it is, and which certificate; `own` are the certificates that are the party's."""

    party: str
    organisation: str
    name: str
    certificate: str
    own: tuple[str, ...]


def write_proof(
    sink: BinaryIO, party: Party, certificate: str, own: Sequence[str], seen: Sequence[Sighting], api: Api
) -> None:
    """Write the proof as a ZIP, with the log's proofs of its entries as the platform gives them now.

    Raises:
        ApiProblem, ConnectionFailed: the log's proofs are not to be had.
    """
    claim = {
        "party": party.id, "organisation": party.organisation, "name": party.organisation_name,
        "certificate": certificate, "own": sorted(own),
        "seen": [
            {"kind": one.kind, "at": one.at, "what": one.what, "tender": one.tender} for one in seen[:_MOST]
        ],
    }  # fmt: skip
    files = {
        CLAIM: json.dumps(claim, ensure_ascii=False, indent=1).encode(),
        README: _README.encode(),
        ROOTS: api.raw("/certificates/roots.pem"),
        LOG_KEY: api.raw("/log/key"),
    }
    for number, one in enumerate(seen[:_MOST]):
        for name, text in one.files.items():
            files[f"seen/{number}/{name}"] = b64decode(text)
            if name.startswith("log/"):
                position = int(name.removeprefix("log/").removesuffix(".json"))
                proof = api.raw("/log/proof/inclusion", position=position)
                files[f"seen/{number}/log/{position}.tlog-proof"] = proof
    write_package(sink, files.items(), _allowed)


def read_proof(stream: BinaryIO) -> tuple[Package, Claim, list[dict[str, Any]]]:
    """A proof's files, its claim, and what the claim says was seen; nothing in it has been checked.

    Raises:
        BidError: no such ZIP. ClientError: "proof-claim".
    """
    package = read_package(stream, _allowed)
    try:
        members = json.loads(package.read(CLAIM))
        party, organisation, name, certificate = (str(members[each]) for each in _SAID)
        own = tuple(str(each) for each in members["own"])
        claim = Claim(party, organisation, name, certificate, own)
        seen = [dict(each) for each in members["seen"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ClientError("proof-claim") from None
    if not is_id(claim.party) or not is_digest(claim.certificate):
        raise ClientError("proof-claim")
    return package, claim, seen


def check_proof(
    package: Package, claim: Claim, roots: Sequence[x509.Certificate], log: NoteVerifier
) -> list[Shown]:
    """Check each thing that a proof shows, for whoever trusts neither side.

    1. An enrolment: the platform signed it, for the claim's certificate and party (or the organisation's id).
    2. Entries of the log: they stand in it; one that issues a certificate names the claim's enrolment.
    3. A place under a day's root: it is the party's, and lists the enrolment.
    4. A bid, a notice: the claim's certificate signed it.
    """
    folders = sorted({name.rsplit("/", 1)[0] for name in package.names if name.startswith("seen/")})
    tops = dict.fromkeys("/".join(folder.split("/")[:2]) for folder in folders)
    found: list[Shown] = []
    for top in sorted(tops, key=lambda top: int(top.removeprefix("seen/"))):
        files = {
            name.removeprefix(f"{top}/"): package.read(name)
            for name in package.names if name.startswith(f"{top}/")
        }  # fmt: skip
        found += _Folder(top, files, claim, roots, log).check()
    return found


class _Folder:
    def __init__(
        self,
        name: str,
        files: dict[str, bytes],
        claim: Claim,
        roots: Sequence[x509.Certificate],
        log: NoteVerifier,
    ) -> None:
        self._name, self._files, self._claim, self._roots, self._log = name, files, claim, roots, log
        self._found: list[Shown] = []

    def check(self) -> list[Shown]:
        files = self._files
        enrolled: str | None = None
        if "enrolment.json" in files:
            enrolled = self._try("enrolled", self._enrolment)
        for name in files:
            if name.endswith(".json") and name.startswith("log/"):
                entry = name
                self._try("logged", lambda entry=entry: self._entry(entry))
        if "day/leaf.json" in files:
            self._try("day", lambda: self._day(enrolled))
        if "manifest.json" in files:
            self._try("bid", lambda: self._signed("manifest", "supplier"))
        if "notice.json" in files:
            self._try("notice", lambda: self._signed("notice", "buyer"))
        return self._found

    def _try(self, kind: str, act: Any) -> str | None:
        """The time that `act` tells, and the digest of what it checked; what it refuses is told."""
        try:
            with refusing(kind):
                at, what = act()
        except (BidError, ClientError) as error:
            self._found.append(Shown(self._name, kind, "", "", error))
            return None
        except (KeyError, ValueError, TypeError, RecursionError):
            self._found.append(Shown(self._name, kind, "", "", ClientError("proof-file", folder=self._name)))
            return None
        self._found.append(Shown(self._name, kind, what, at, None))
        return str(what)

    def _enrolment(self) -> tuple[str, str]:
        file = self._files["enrolment.json"]
        found = verify_enrolment(file, self._roots)
        same = found.organisation.lower() == self._claim.organisation.lower()
        named = found.party == self._claim.party or same
        if found.certificate != self._claim.certificate or not named:
            raise ClientError("proof-other", folder=self._name)
        return format_time(found.at), canonical.digest(file)

    def _entry(self, name: str) -> tuple[str, str]:
        raw = self._files[name]
        proof = self._files[name.removesuffix(".json") + ".tlog-proof"]
        notes.verify_proof(proof, raw, self._log, self._log.name)
        entry = Entry.parse(raw)
        if entry.act == "certificate.issued" and entry.digests.get("certificate") != self._claim.certificate:
            raise ClientError("proof-other", folder=self._name)
        if entry.statement is not None:
            stated = canonical.dumps(entry.statement["statement"])
            signed = cms.verify(stated, b64decode(str(entry.statement["signature"])))
            self._signer(signed.certificate)
        return format_time(entry.at), f"{entry.act}, {notes.parse_proof(proof).index}"

    def _day(self, enrolled: str | None) -> tuple[str, str]:
        hashes = [b64decode(str(each)) for each in json.loads(self._files["day/hashes.json"])]
        (name,) = (each for each in self._files if each.startswith("log/") and each.endswith(".json"))
        entry = Entry.parse(self._files[name])
        listed = read_opening(entry, self._files["day/leaf.json"], hashes, self._claim.party)
        if (enrolled or self._claim.certificate) not in listed.enrolments:
            raise ClientError("proof-other", folder=self._name)
        return format_time(entry.at), listed.day

    def _signed(self, name: str, by: str) -> tuple[str, str]:
        raw = self._files[f"{name}.json"]
        if name == "notice" and self._as_custodian(Notice.parse(raw)):
            return format_time(Notice.parse(raw).at), canonical.digest(raw)
        self._signer(cms.verify(raw, self._files[f"{name}.p7s"]).certificate)
        if name == "notice":
            return format_time(Notice.parse(raw).at), canonical.digest(raw)
        return "", Manifest.parse(raw).bid

    def _as_custodian(self, notice: Notice) -> bool:
        """Whether the notice names the claim's key as the party's, a custodian's."""
        return any(
            each.id == self._claim.party and canonical.digest(each.signing_key) == self._claim.certificate
            for each in notice.policy.custodians
        )

    def _signer(self, certificate: x509.Certificate) -> None:
        if fingerprint(certificate) != self._claim.certificate:
            raise ClientError("proof-other", folder=self._name)


def _allowed(name: str) -> bool:
    return _NAMES.fullmatch(name) is not None
