"""The suite `sunseal-1`: every algorithm of the protocol behind one object.

`bids` and `trading` ask the suite and name no algorithm, so that a national one can stand beside it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Protocol

from signing import canonical, hpke, objects, sharing
from signing.errors import SealingError, SigningError
from signing.hkdf import hkdf_sha256
from signing.hpke import SealingKey
from signing.objects import Sealed, Source
from signing.padding import Sink

_LOCK_LABEL = b"sunseal-1/lock\x00"
_SECRET_SIZE = 32


class Suite(Protocol):
    """What a suite of algorithms must offer; sizes are in bytes, digests SHA-256 in lower-case hex."""

    @property
    def name(self) -> str: ...

    @property
    def sealed_share_size(self) -> int: ...

    @property
    def public_key_size(self) -> int: ...

    def context(
        self, tender: str, policy: str, supplier: str, bid: str, segment: str, part: str
    ) -> bytes: ...

    def content_key(self) -> bytes: ...

    def lock_secret(self) -> bytes: ...

    def bind_lock(self, shared_key: bytes, secret: bytes, context: bytes) -> bytes: ...

    def deal(self, key: bytes, threshold: int, count: int, context: bytes) -> list[bytes]: ...

    def recover(
        self,
        shares: Sequence[bytes],
        threshold: int,
        count: int,
        context: bytes,
        share_digests: Sequence[str],
    ) -> bytes: ...

    def new_sealing_seed(self) -> bytes: ...

    def sealing_key(self, seed: bytes) -> SealingKey: ...

    def seal_share(self, public_key: bytes, context: bytes, i: int, share: bytes) -> bytes: ...

    def open_share(self, key: SealingKey, context: bytes, i: int, sealed: bytes) -> bytes: ...

    def encrypt(self, data: bytes, content_key: bytes, context: bytes, j: int, index: bool) -> bytes: ...

    def decrypt(
        self, ciphertext: bytes, content_key: bytes, context: bytes, j: int, index: bool
    ) -> bytes: ...

    def encrypt_stream(
        self, source: Source, sink: Sink, content_key: bytes, context: bytes, j: int, length: int, index: bool
    ) -> Sealed: ...

    def decrypt_stream(
        self, source: Source, sink: Sink, content_key: bytes, context: bytes, j: int, index: bool
    ) -> int: ...

    def ciphertext_length(self, length: int, index: bool) -> int: ...


class _Sunseal1:
    """X-Wing, HKDF, AES-256-GCM, Cobblestone-256, Shamir in GF(2^8): see the modules for each."""

    name = "sunseal-1"
    sealed_share_size = sharing.SHARE_SIZE + hpke.OVERHEAD
    public_key_size = hpke.PUBLIC_SIZE

    deal = staticmethod(sharing.deal)
    recover = staticmethod(sharing.recover)
    new_sealing_seed = staticmethod(hpke.generate_seed)
    encrypt = staticmethod(objects.encrypt)
    decrypt = staticmethod(objects.decrypt)
    encrypt_stream = staticmethod(objects.encrypt_stream)
    decrypt_stream = staticmethod(objects.decrypt_stream)
    ciphertext_length = staticmethod(objects.ciphertext_length)

    def context(self, tender: str, policy: str, supplier: str, bid: str, segment: str, part: str) -> bytes:
        """The canonical context C of one part of one bid; `policy` is the policy's digest."""
        members = {"tender": tender, "policy": policy, "supplier": supplier, "bid": bid}
        return canonical.dumps({**members, "segment": segment, "part": part, "suite": self.name})

    def content_key(self) -> bytes:
        """A new content key (or, with a bidder's lock, shared key): 32 random bytes."""
        return secrets.token_bytes(sharing.KEY_SIZE)

    def lock_secret(self) -> bytes:
        """A new secret for a bidder's own lock: 32 random bytes, one for each bid."""
        return secrets.token_bytes(_SECRET_SIZE)

    def bind_lock(self, shared_key: bytes, secret: bytes, context: bytes) -> bytes:
        """The content key that follows from the shared key and the bidder's secret, 32 bytes each."""
        if len(shared_key) != sharing.KEY_SIZE or len(secret) != _SECRET_SIZE:
            raise SealingError("A bidder's lock takes a key and a secret of 32 bytes each.")
        return hkdf_sha256(shared_key + secret, _LOCK_LABEL + context, 32)

    def sealing_key(self, seed: bytes) -> SealingKey:
        """A custodian's sealing key from its 32-byte seed, expanded once for many openings."""
        return SealingKey(seed)

    def seal_share(self, public_key: bytes, context: bytes, i: int, share: bytes) -> bytes:
        """`share` sealed to custodian `i` (position from 1), 1,169 bytes; SealingError if not i's."""
        if len(share) != sharing.SHARE_SIZE or share[-1] != i:
            raise SealingError("This is not the share of that custodian.")
        return hpke.seal(public_key, _info(context, i), share)

    def open_share(self, key: SealingKey, context: bytes, i: int, sealed: bytes) -> bytes:
        """The 33-byte share sealed to custodian `i`.

        SealingError, its `reason` "does not open" or "not a share": both are grounds for a signed refusal.
        """
        share = key.open(_info(context, i), sealed)
        if len(share) != sharing.SHARE_SIZE or share[-1] != i:
            raise SealingError("What was sealed is not the share of this custodian.", "not a share")
        return share


def _info(context: bytes, i: int) -> bytes:
    return b"%b\x00%d" % (context, i)


SUNSEAL_1: Suite = _Sunseal1()
_SUITES = {SUNSEAL_1.name: SUNSEAL_1}


def by_name(name: str) -> Suite:
    """The suite a policy names; SigningError if this software does not know it."""
    suite = _SUITES.get(name)
    if suite is None:
        raise SigningError(f"The suite {name[:40]!r} is not known here; a newer version may know it.")
    return suite
