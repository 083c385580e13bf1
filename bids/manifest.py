"""The manifest: what a bid consists of, bound to tender, notice and policy, and signed by its supplier."""

from __future__ import annotations

import hmac
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bids.errors import BidError, refusing
from bids.notice import Notice, Policy
from bids.objects import read_object
from bids.schemas import MAX_OBJECT_SIZE, MAX_OBJECTS, PARTS
from signing import canonical, suite
from signing.encoding import b64decode
from signing.padding import MAX_INDEX

# Bytes; with the number of manifests remembered this bounds the memory to some 50 MiB.
_ORDINARY = 12 * 1024
_REMEMBERED = 2048


@dataclass(frozen=True)
class ObjectEntry:
    """A ciphertext: SHA-256 (hex) and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Part:
    """A part of a segment: its ciphertexts (object 0 is the index), and for each custodian, in the policy's
    order, the share's commitment (hex) and the sealed share."""

    segment: str
    part: str
    objects: tuple[ObjectEntry, ...]
    share_digests: tuple[str, ...]
    sealed_shares: tuple[bytes, ...]


@dataclass(frozen=True)
class Manifest:
    """A bid's manifest as signed; `notice` and `policy` are digests, `replaces` a bid id or None.

    `lock` is the SHA-256 (hex) of the secret that the bidder keeps, where the policy asks for one.
    """

    raw: bytes
    digest: str
    suite: str
    tender: str
    notice: str
    policy: str
    supplier: str
    bid: str
    replaces: str | None
    lock: str | None
    parts: tuple[Part, ...]

    @classmethod
    def parse(cls, raw: bytes) -> Manifest:
        """A manifest within the protocol's bounds (1 MiB, 200 objects); BidError.

        Whether it is one for a given tender is for `check_manifest` to say. Custodians and opener of one
        process read the same manifests one after the other, so those of ordinary size are remembered.
        """
        return _remembered(raw) if len(raw) <= _ORDINARY else cls._read(raw)

    @classmethod
    def _read(cls, raw: bytes) -> Manifest:
        members = read_object(raw, "manifest")
        parts = tuple(map(_part, members["parts"]))
        places = {(part.segment, part.part) for part in parts}
        if len(places) != len(parts):
            raise BidError("manifest-part-twice")
        objects = [entry.sha256 for part in parts for entry in part.objects]
        if len(objects) > MAX_OBJECTS:
            raise BidError("manifest-objects", limit=MAX_OBJECTS)
        if len(set(objects)) != len(objects):
            raise BidError("manifest-object-twice")
        if members["replaces"] == members["bid"]:
            raise BidError("manifest-replaces-itself")
        return cls(
            raw=raw,
            digest=canonical.digest(raw),
            suite=members["suite"],
            tender=members["tender"],
            notice=members["notice"],
            policy=members["policy"],
            supplier=members["supplier"],
            bid=members["bid"],
            replaces=members["replaces"],
            lock=members.get("lock"),
            parts=parts,
        )

    def part(self, segment: str, part: str) -> Part:
        """The part `part` ("public" or "files") of a segment; BidError "manifest-parts" if it has none."""
        for one in self.parts:
            if (one.segment, one.part) == (segment, part):
                return one
        raise BidError("manifest-parts", segments=segment)

    def is_secret(self, secret: bytes) -> bool:
        """Whether this is the secret of the bidder's own lock."""
        return self.lock is not None and hmac.compare_digest(canonical.digest(secret), self.lock)

    def context(self, segment: str, part: str) -> bytes:
        """The context C that shares and ciphertexts of a part are bound to."""
        with refusing("manifest"):
            return suite.by_name(self.suite).context(
                self.tender, self.policy, self.supplier, self.bid, segment, part
            )


@lru_cache(_REMEMBERED)
def _remembered(raw: bytes) -> Manifest:
    return Manifest._read(raw)


def check_manifest(manifest: Manifest, notice: Notice, supplier_id: str) -> None:
    """Raise BidError unless the manifest is one for this notice by this supplier.

    1. Suite, tender, notice, policy and supplier are those given.
    2. Both parts of each segment, each once; a public part has its index alone.
    3. For each part a commitment and a sealed share of the suite's size for each custodian.
    4. Every size is one that padded content has; an index' is at most that of 4 MiB.
    5. The digest of the bidder's own secret where the policy asks for one, and none where it does not.
    """
    if manifest.policy != notice.policy.digest and manifest.tender == notice.tender:
        raise BidError("manifest-other-policy")
    for name, wanted in (
        ("suite", notice.policy.suite),
        ("tender", notice.tender),
        ("notice", notice.digest),
        ("supplier", supplier_id),
    ):
        if getattr(manifest, name) != wanted:
            raise BidError(f"manifest-other-{name}")
    check_sealing(manifest, notice.policy)


def check_sealing(manifest: Manifest, policy: Policy) -> None:
    """Steps 2 to 5 of `check_manifest`: the form of a bid sealed under `policy`."""
    if (manifest.lock is not None) != policy.lock:
        raise BidError("manifest-lock-missing" if policy.lock else "manifest-lock-unasked")
    wanted = sorted((segment, part) for segment in policy.segment_names for part in PARTS)
    if sorted((part.segment, part.part) for part in manifest.parts) != wanted:
        raise BidError("manifest-parts", segments=", ".join(policy.segment_names))
    with refusing("manifest"):
        share_size = suite.by_name(policy.suite).sealed_share_size
    count = len(policy.custodians)
    for part in manifest.parts:
        if part.part == "public" and len(part.objects) != 1:
            raise BidError("manifest-public-objects")
        if not len(part.share_digests) == len(part.sealed_shares) == count:
            raise BidError("manifest-shares", part=part.part, wanted=count)
        if any(len(sealed) != share_size for sealed in part.sealed_shares):
            raise BidError("manifest-share-size", part=part.part, wanted=share_size)
        _check_sizes(policy.suite, part)


def _check_sizes(suite_name: str, part: Part) -> None:
    for number, entry in enumerate(part.objects):
        if not _possible_size(suite_name, entry.size, number == 0):
            raise BidError("manifest-object-size", part=part.part, object=number, size=entry.size)


@lru_cache(maxsize=4096)
def _possible_size(suite_name: str, size: int, index: bool) -> bool:
    """Whether some content of allowed length gives `size` bytes of ciphertext under the suite."""
    sealing = suite.by_name(suite_name)
    lengths = range(MAX_INDEX + 1) if index else range(MAX_OBJECT_SIZE)
    found = bisect_left(lengths, size, key=lambda length: sealing.ciphertext_length(length, index))
    return found < len(lengths) and sealing.ciphertext_length(found, index) == size


def _part(members: dict[str, Any]) -> Part:
    return Part(
        segment=members["segment"],
        part=members["part"],
        objects=tuple(ObjectEntry(entry["sha256"], entry["size"]) for entry in members["objects"]),
        share_digests=tuple(members["share_digests"]),
        sealed_shares=tuple(map(b64decode, members["sealed_shares"])),
    )
