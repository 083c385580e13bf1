"""The platform's own keys in use: replaced, and the old one's certificate revoked."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding

from signing.certificates import fingerprint
from signing.profile import PlatformUsage
from trading.accounts.models import PlatformRevocation
from trading.accounts.revocation_lists import RevocationLists
from trading.audit.services import AuditLog
from trading.keys import replace_leaf, retired
from trading.platform import Platform
from trading.queue import insert_if_missing


def replace_platform_key(platform: Platform, usage: PlatformUsage, reason: str) -> tuple[str, str]:
    """A new key of that usage in the key folder, and the old certificate on the platform's list at once.

    Nothing that tells of bidding depends on when this is done. Returns the SHA-256 of both certificates.
    """
    settings = platform.settings
    with platform.database.transaction() as session:
        now = platform.clock.now(session)
        old, new = replace_leaf(settings.keys_dir, usage, now, settings.public_url)
        # Of one that was killed before its transaction ended, the old certificate is there as well.
        for each in retired(settings.keys_dir):
            insert_if_missing(
                session, PlatformRevocation, serial=f"{each.serial_number:x}", authority="platform",
                der=each.public_bytes(Encoding.DER), revoked_at=now, revocation_reason=reason,
            )  # fmt: skip
        RevocationLists(platform).make(session, now, "platform")
        digests = {"certificate": fingerprint(old), "replacement": fingerprint(new)}
        AuditLog(platform).append(session, "platform-key.revoked", at=now, digests=digests)
    return fingerprint(old), fingerprint(new)
