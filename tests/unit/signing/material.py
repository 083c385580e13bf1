"""A small world to sign in: a root, both authorities, a supplier, the platform, all from one moment on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509

from signing import certificates as c
from signing.keys import Signer, generate_signing_key

BEGIN = datetime(2026, 6, 1, 9, 0, 0, tzinfo=UTC)
AT = BEGIN + timedelta(days=1)
DAY = timedelta(days=1)
SUPPLIER = c.Party("a" * 32, "CN-USCC:91110000600037341L", "supplier", "张三", "某某医疗器械有限公司")


@dataclass(frozen=True)
class World:
    root: c.Authority
    platform: c.Authority
    parties: c.Authority
    supplier: Signer
    statements: Signer

    @property
    def roots(self) -> list[x509.Certificate]:
        return [self.root.certificate]


def new_world() -> World:
    root = c.new_root("Sunseal root", BEGIN)
    platform = c.new_issuing_authority(root, "platform", BEGIN)
    parties = c.new_issuing_authority(root, "parties", BEGIN)
    return World(
        root,
        platform,
        parties,
        signer(parties, SUPPLIER),
        signer(platform, c.PlatformSubject("Log", "statement")),
    )


@cache
def world() -> World:
    """One world for all tests of a process; nothing in it ever changes."""
    return new_world()


def signer(authority: c.Authority, subject: c.Party | c.PlatformSubject, days: int = 365) -> Signer:
    key = generate_signing_key()
    return Signer(key, c.issue(authority, key.public_key(), subject, BEGIN, days), authority.chain)
