"""Authorities outside the platform: which are accepted, and what their certificates must say.

Each is a file `NAME.toml` in `outside_authorities_dir`, beside the PEM file that it names. What the
certificates themselves say of lists and addresses is never followed: only what is written here is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from bids.errors import BidError
from bids.schemas import ATTRIBUTE
from signing.certificates import load_pem
from signing.errors import CertificateError, SigningError
from signing.keys import require_p256
from signing.profile import PARTY_ROLES, is_identity_prefix, policies_of
from trading.errors import ConfigurationError

PREFIX = "outside:"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_SCHEME = re.compile(r"[A-Z][A-Z0-9-]{1,31}", re.ASCII)
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,8})){1,9}", re.ASCII)
_KNOWN = {
    "title", "certificates", "scheme", "organisation", "prefix", "crl_url", "roles", "policies", "subject",
    "non_repudiation",
}  # fmt: skip


@dataclass(frozen=True)
class OutsideAuthority:
    """An authority that the operator accepts.

    `anchor` is where paths end; `issuer` signs the leaves and the list at `crl_url`. `attribute`
    ("subject:2.5.4.97", "extension:…") holds `prefix` and the organisation's id in `scheme`. A certificate
    must assert one of `policies` (if there are any), have each of `subject`'s values by object identifier,
    and, with `non_repudiation`, that key usage; it counts in `roles` alone.
    """

    name: str
    title: str
    anchor: x509.Certificate
    issuer: x509.Certificate
    scheme: str
    attribute: str
    prefix: str
    crl_url: str
    roles: frozenset[str]
    policies: frozenset[str]
    subject: Mapping[str, str]
    non_repudiation: bool

    @property
    def key(self) -> str:
        """As rows of its certificates and lists name it."""
        return PREFIX + self.name

    def unfit(self, certificate: x509.Certificate) -> str | None:
        """Which of its own constraints a certificate breaks: "policies", "subject" or "usage"; None if none.

        CertificateError if the certificate's extensions are malformed.
        """
        if self.policies and not self.policies & {each.dotted_string for each in policies_of(certificate)}:
            return "policies"
        for oid, wanted in self.subject.items():
            found = certificate.subject.get_attributes_for_oid(x509.ObjectIdentifier(oid))
            if [each.value for each in found] != [wanted]:
                return "subject"
        if self.non_repudiation:
            try:
                usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
            except x509.ExtensionNotFound:
                return "usage"
            if not usage.content_commitment:
                return "usage"
        return None


@cache
def authorities_of(folder: Path | None) -> Mapping[str, OutsideAuthority]:
    """The authorities described in `folder`, by name; read once a process.

    Raises:
        ConfigurationError: naming file, member and what it should hold.
    """
    if folder is None:
        return MappingProxyType({})
    if not folder.is_dir():
        raise ConfigurationError(
            f"设置项 outside_authorities_dir 所指的目录 {folder} 不存在。",
            f"The folder {folder} that outside_authorities_dir names is not there.",
        )
    found = (_read(path) for path in sorted(folder.glob("*.toml")))
    return MappingProxyType({each.name: each for each in found})


def _read(path: Path) -> OutsideAuthority:
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(path, "", "无法读取，或不是 TOML", f"cannot be read as TOML ({error})") from None
    if not _NAME.fullmatch(path.stem):
        raise _wrong(path, "", "文件名应为小写字母、数字和连字符", "the name must be of a-z, 0-9 and hyphens")
    for unknown in sorted(given.keys() - _KNOWN):
        raise _wrong(path, unknown, "没有这一项", f"is not known; there are {', '.join(sorted(_KNOWN))}")
    certificates = _certificates(path, given)
    return OutsideAuthority(
        name=path.stem,
        title=_text(path, given, "title"),
        anchor=certificates[0],
        issuer=certificates[-1],
        scheme=_text(path, given, "scheme", _SCHEME),
        attribute=_attribute(path, given),
        prefix=_prefix(path, given),
        crl_url=_url(path, given),
        roles=_words(path, given, "roles", PARTY_ROLES, ("agency", "supplier")),
        policies=_words(path, given, "policies", None, ()),
        subject=_subject(path, given),
        non_repudiation=_flag(path, given, "non_repudiation"),
    )


def _wrong(path: Path, member: str, zh: str, en: str) -> ConfigurationError:
    return ConfigurationError(
        f"签发机构文件 {path} 的 {member or '内容'}：{zh}。请更正后重新启动。",
        f"The authority's file {path}: {member or 'it'} {en}. Correct it and start again.",
    )


def _text(
    path: Path,
    given: Mapping[str, Any],
    member: str,
    form: re.Pattern[str] | None = None,
    default: Any = None,
) -> str:
    value = given.get(member, default)
    if not isinstance(value, str) or (form is not None and not form.fullmatch(value)) or len(value) > 300:
        raise _wrong(path, member, "缺少或格式不对", "is missing or of the wrong form")
    return value


def _attribute(path: Path, given: Mapping[str, Any]) -> str:
    value = _text(path, given, "organisation")
    try:
        ATTRIBUTE.check(value, "organisation")
    except BidError:
        raise _wrong(
            path, "organisation", "应形如 subject:2.5.4.97 或 extension:1.2.156.10260.4.1.4",
            "must look like subject:2.5.4.97 or extension:1.2.156.10260.4.1.4",
        ) from None  # fmt: skip
    return value


def _prefix(path: Path, given: Mapping[str, Any]) -> str:
    value = _text(path, given, "prefix", None, "")
    if not is_identity_prefix(value):
        # Verifiers, who do not have this file, take nothing else for what stands before an id.
        raise _wrong(
            path, "prefix", '应为空，或为 ETSI EN 319 412-1 的类型和国别，例如 "NTRCN-"',
            'must be empty, or a type and a country by ETSI EN 319 412-1 such as "NTRCN-"',
        )  # fmt: skip
    return value


def _url(path: Path, given: Mapping[str, Any]) -> str:
    value = _text(path, given, "crl_url")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise _wrong(path, "crl_url", "应为 http(s) 地址", "must be an http(s) address")
    return value


def _words(
    path: Path, given: Mapping[str, Any], member: str, known: frozenset[str] | None, default: tuple[str, ...]
) -> frozenset[str]:
    value = given.get(member, list(default))
    words = value if isinstance(value, list) and all(isinstance(each, str) for each in value) else None
    if words is None or not all(each in known if known else _OID.fullmatch(each) for each in words):
        allowed = ", ".join(sorted(known)) if known else "1.2.3"
        raise _wrong(path, member, f"应为列表，可用：{allowed}", f"must be a list of such as {allowed}")
    return frozenset(words)


def _subject(path: Path, given: Mapping[str, Any]) -> Mapping[str, str]:
    value = given.get("subject", {})
    fits = isinstance(value, dict) and all(
        _OID.fullmatch(oid) and isinstance(text, str) for oid, text in value.items()
    )
    if not fits:
        raise _wrong(
            path, "subject", '应为表，例如 {"2.5.4.6" = "CN"}', 'must be a table like {"2.5.4.6" = "CN"}'
        )
    return MappingProxyType(dict(value))


def _flag(path: Path, given: Mapping[str, Any], member: str) -> bool:
    value = given.get(member, False)
    if not isinstance(value, bool):
        raise _wrong(path, member, "应为 true 或 false", "must be true or false")
    return value


def _certificates(path: Path, given: Mapping[str, Any]) -> list[x509.Certificate]:
    """The anchor, and the authority under it that issues, if that is another."""
    file = path.parent / Path(_text(path, given, "certificates")).name
    try:
        found = load_pem(file.read_bytes())
        for each in found:
            _check_authority(path, each)
    except (OSError, SigningError) as error:
        raise _wrong(
            path,
            "certificates",
            f"文件 {file.name} 不可用（{error}）",
            f"names {file.name}, unusable: {error}",
        ) from None
    if len(found) > 2 or (len(found) == 2 and found[1].issuer != found[0].subject):
        raise _wrong(
            path, "certificates", "应为根证书，其后可有一个签发机构的证书",
            "must hold the anchor and, after it, at most the one authority under it",
        )  # fmt: skip
    return found


def _check_authority(path: Path, certificate: x509.Certificate) -> None:
    """CertificateError unless it is an authority's, with a P-256 key and without name constraints."""
    try:
        require_p256(certificate.public_key())
        extensions = certificate.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
        named = any(isinstance(each.value, x509.NameConstraints) for each in extensions)
    except (ValueError, UnsupportedAlgorithm, x509.ExtensionNotFound, x509.DuplicateExtension):
        raise CertificateError("It is no authority's certificate.", "malformed") from None
    if not constraints.ca:
        raise CertificateError("It is no authority's certificate.", "malformed")
    if named:
        raise CertificateError("It constrains names, which no verifier here enforces.", "untrusted")
