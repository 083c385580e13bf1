"""The platform's own keys: root, two issuing authorities, statement, receipt, time-stamp, document and log.

They lie as files that only the platform's account can read, made at the first start. The
database holds no private key.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signing.certificates import (
    Authority,
    AuthorityName,
    Locations,
    PlatformSubject,
    dump_pem,
    issue,
    issue_responder,
    load_pem,
    new_issuing_authority,
    new_root,
)
from signing.errors import SigningError
from signing.keys import Signer, SigningKey, generate_signing_key, load_private_pem, save_private_pem
from signing.notes import NoteSigner, NoteVerifier, generate_note_key, load_note_key, save_note_key
from signing.profile import PLATFORM_USAGES, PlatformUsage
from trading.errors import ConfigurationError

_LEAF_DAYS = 3650
_RETIRED = "retired"
# Folders made by earlier versions have no keys of these; they get them at the next start.
_ADDED: tuple[PlatformUsage, ...] = ("timestamp", "document")


@dataclass(frozen=True)
class PlatformKeys:
    """What the platform signs with, and the certificates that say so."""

    root: x509.Certificate
    root_key: SigningKey | None  # None where the operator keeps it elsewhere
    platform: Authority
    parties: Authority
    statement: Signer
    receipt: Signer
    timestamp: Signer
    document: Signer
    ocsp: dict[AuthorityName, Signer]  # who answers for an authority (RFC 6960)
    log_key: Ed25519PrivateKey
    log_origin: str
    sign_in: bytes  # 32 bytes that seal, in the database, the keys of one-time codes

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """The anchors of everything signed here."""
        return (self.root,)

    @property
    def authorities(self) -> dict[AuthorityName, Authority]:
        """Those whose key is here, by name."""
        found: dict[AuthorityName, Authority] = {"platform": self.platform, "parties": self.parties}
        if self.root_key is not None:
            found["root"] = Authority(self.root_key, self.root, ())
        return found

    @property
    def log(self) -> NoteSigner:
        """Signs checkpoints of the public log."""
        return NoteSigner(self.log_origin, self.log_key)

    def note_signer(self, origin: str) -> NoteSigner:
        """Signs checkpoints under another origin: a tender's ledger."""
        return NoteSigner(origin, self.log_key)

    @property
    def log_verifier(self) -> NoteVerifier:
        """Checks checkpoints of the public log."""
        return NoteVerifier.from_vkey(self.log.vkey)


def locations(public_url: str, name: AuthorityName) -> Locations:
    """Where the platform at that address publishes what concerns an authority."""
    home = public_url.rstrip("/")
    base = f"{home}/api/v1/certificates/{name}"
    # The root's two certificates stand in its list; nobody answers for them one by one.
    return Locations(f"{base}.crl", f"{base}.cer", None if name == "root" else f"{home}/ocsp")


def ensure_keys(
    folder: Path, log_origin: str, at: datetime, public_url: str = "http://127.0.0.1:6543"
) -> PlatformKeys:
    """The keys in `folder`, made there if there is none or it is empty; new certificates say where lists and
    issuers are found under `public_url`.

    Raises:
        ConfigurationError: the folder is there but incomplete or unreadable.
    """
    if not has_keys(folder):
        _make_whole(folder, at, public_url)
    try:
        return _load(folder, log_origin, at, public_url)
    except (OSError, ValueError, SigningError) as error:
        raise ConfigurationError(
            f"密钥目录 {folder} 无法读取（{error}）。请从备份恢复，或在 keys_dir 中指定一个空目录。",
            f"The key folder {folder} cannot be read ({error}). Restore it from a backup, "
            "or name an empty folder in keys_dir.",
        ) from None


def has_keys(folder: Path) -> bool:
    """Whether keys were made in `folder` before."""
    return folder.is_dir() and any(folder.iterdir())


def _make_whole(folder: Path, at: datetime, public_url: str) -> None:
    # Made aside and renamed: of two processes starting at once one wins, and a killed start leaves no half.
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _make(aside, at, public_url)
        aside.rename(folder)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        if not has_keys(folder):
            raise ConfigurationError(
                f"密钥目录 {folder} 无法建立：{error.strerror}。请更正 keys_dir 或目录权限。",
                f"The key folder {folder} cannot be made: {error.strerror}. "
                "Correct keys_dir or its permissions.",
            ) from None


def _make(folder: Path, at: datetime, public_url: str) -> None:
    folder.mkdir(mode=0o700)
    root = new_root("Sunseal Root", at)
    of_root = locations(public_url, "root")
    platform = new_issuing_authority(root, "platform", at, of_root)
    parties = new_issuing_authority(root, "parties", at, of_root)
    for name, authority in (("root", root), ("platform", platform), ("parties", parties)):
        _write(folder / f"{name}.pem", dump_pem([authority.certificate]))
        _write(folder / f"{name}.key", save_private_pem(authority.key, None))
    for usage in PLATFORM_USAGES:
        key = generate_signing_key()
        _write(folder / f"{usage}.pem", dump_pem([_leaf(platform, usage, key, at, public_url)]))
        _write(folder / f"{usage}.key", save_private_pem(key, None))
    _write(folder / "log.key", save_note_key(generate_note_key(), None))
    _sync(folder)


def _leaf(
    platform: Authority, usage: PlatformUsage, key: SigningKey, at: datetime, public_url: str
) -> x509.Certificate:
    subject = PlatformSubject(name=f"Sunseal {usage}", usage=usage)
    return issue(platform, key.public_key(), subject, at, _LEAF_DAYS, locations(public_url, "platform"))


def _load(folder: Path, log_origin: str, at: datetime, public_url: str) -> PlatformKeys:
    root = load_pem((folder / "root.pem").read_bytes())[0]
    platform = _authority(folder, "platform")
    for usage in _ADDED:
        _add_leaf(folder, platform, usage, at, public_url)
    for each in PLATFORM_USAGES:
        _undo_half(folder, each)
    parties = _authority(folder, "parties")
    return PlatformKeys(
        root=root,
        root_key=_key(folder, "root") if (folder / "root.key").exists() else None,
        platform=platform,
        parties=parties,
        statement=_signer(folder, "statement", platform),
        receipt=_signer(folder, "receipt", platform),
        timestamp=_signer(folder, "timestamp", platform),
        document=_signer(folder, "document", platform),
        ocsp={
            "platform": _responder(folder, "platform", platform, at),
            "parties": _responder(folder, "parties", parties, at),
        },
        log_key=load_note_key((folder / "log.key").read_bytes(), None),
        log_origin=log_origin,
        sign_in=_sign_in_key(folder / "sign-in.key"),
    )


def _add_leaf(
    folder: Path, platform: Authority, usage: PlatformUsage, at: datetime, public_url: str
) -> None:
    """Make key and certificate of a usage that the folder is without."""
    if (folder / f"{usage}.pem").exists():
        return
    # The certificate last, and for the key that is there by then: a start that is killed in between, or that
    # runs beside another, leaves no certificate without its key.
    _write_once(folder / f"{usage}.key", save_private_pem(generate_signing_key(), None))
    certificate = _leaf(platform, usage, _key(folder, usage), at, public_url)
    _write_once(folder / f"{usage}.pem", dump_pem([certificate]))


def replace_leaf(
    folder: Path, usage: PlatformUsage, at: datetime, public_url: str
) -> tuple[x509.Certificate, x509.Certificate]:
    """Put a new key and certificate in the place of a usage's, which are kept in `retired`; old and new.

    The key first, and each step on disk before the next: cut off in between, the folder has a key that is not
    its certificate's, and the next start undoes it.
    """
    with _alone(folder):
        platform = _authority(folder, "platform")
        old = load_pem((folder / f"{usage}.pem").read_bytes())[0]
        key = generate_signing_key()
        new = _leaf(platform, usage, key, at, public_url)
        (folder / _RETIRED).mkdir(mode=0o700, exist_ok=True)
        files = {"key": save_private_pem(key, None), "pem": dump_pem([new])}
        asides = {suffix: folder / f".{usage}.{suffix}.{secrets.token_hex(8)}" for suffix in files}
        for suffix, data in files.items():
            _write(asides[suffix], data)
            with suppress(FileExistsError):  # of one that was cut off here
                os.link(folder / f"{usage}.{suffix}", _retired_file(folder, usage, old, suffix))
        _sync(folder / _RETIRED)
        for suffix, aside in asides.items():
            aside.replace(folder / f"{usage}.{suffix}")
            _sync(folder)
    return old, new


def retired(folder: Path) -> list[x509.Certificate]:
    """The certificates that `replace_leaf` took out of use."""
    used = [load_pem((folder / f"{usage}.pem").read_bytes())[0] for usage in PLATFORM_USAGES]
    kept = [load_pem(path.read_bytes())[0] for path in sorted((folder / _RETIRED).glob("*.pem"))]
    return [each for each in kept if each not in used]


def _undo_half(folder: Path, usage: PlatformUsage) -> None:
    """Put back the key that fits the certificate, where a replacement was cut off between the two.

    Nothing was signed by the new one: no start takes a key that is not its certificate's.
    """
    if _fit(folder, usage):
        return
    with _alone(folder):
        certificate = load_pem((folder / f"{usage}.pem").read_bytes())[0]
        kept = _retired_file(folder, usage, certificate, "key")
        # A replacement that was only under way is done by now.
        if _fit(folder, usage) or not kept.exists():
            return
        aside = folder / f".{usage}.key.{secrets.token_hex(8)}"
        os.link(kept, aside)
        aside.replace(folder / f"{usage}.key")
        _sync(folder)
        for left in (kept, _retired_file(folder, usage, certificate, "pem"), *folder.glob(f".{usage}.*")):
            left.unlink(missing_ok=True)


def _fit(folder: Path, name: str) -> bool:
    certificate = load_pem((folder / f"{name}.pem").read_bytes())[0]
    return _key(folder, name).public_key() == certificate.public_key()


def _retired_file(folder: Path, usage: PlatformUsage, certificate: x509.Certificate, suffix: str) -> Path:
    return folder / _RETIRED / f"{usage}-{certificate.serial_number:x}.{suffix}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else replaces a key, or undoes that, meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _responder(folder: Path, name: AuthorityName, authority: Authority, at: datetime) -> Signer:
    """Key and certificate that answer for an authority, made where the folder is without."""
    file = f"ocsp-{name}"
    if not (folder / f"{file}.pem").exists():
        _write_once(folder / f"{file}.key", save_private_pem(generate_signing_key(), None))
        key = _key(folder, file).public_key()
        certificate = issue_responder(authority, key, f"Sunseal OCSP {name}", at, _LEAF_DAYS)
        _write_once(folder / f"{file}.pem", dump_pem([certificate]))
    return _signer(folder, file, authority)


def _sign_in_key(path: Path) -> bytes:
    # Folders of before sign-in have none yet.
    if not path.exists():
        _write_once(path, secrets.token_bytes(32))
    key = path.read_bytes()
    if len(key) != 32:
        raise ValueError(f"{path.name} has {len(key)} bytes")
    return key


def _authority(folder: Path, name: str) -> Authority:
    certificate = load_pem((folder / f"{name}.pem").read_bytes())[0]
    return Authority(_key(folder, name), certificate, (certificate,))


def _signer(folder: Path, name: str, authority: Authority) -> Signer:
    certificate = load_pem((folder / f"{name}.pem").read_bytes())[0]
    key = _key(folder, name)
    if key.public_key() != certificate.public_key():
        # Nobody would believe what it signs.
        raise ValueError(f"{name}.key is not the key of {name}.pem")
    return Signer(key, certificate, (authority.certificate,))


def _key(folder: Path, name: str) -> SigningKey:
    return load_private_pem((folder / f"{name}.key").read_bytes(), None)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_once(path: Path, data: bytes) -> None:
    """Whole or not at all; of two processes that start at once, one writes it."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    _write(aside, data)
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
