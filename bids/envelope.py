"""The envelope: sealing a bid on the supplier's machine, and opening its files for the people entitled.

Both directions stream: an attachment of any size costs a few pieces of memory. `container` holds the file in
which a sealed bid travels off-line.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from bids import names
from bids.container import ContainerWriter, SealedBid, object_path
from bids.errors import BidError, from_signing, refusing
from bids.manifest import Manifest, ObjectEntry, check_manifest
from bids.notice import Notice
from bids.objects import read_object, write_object
from bids.offer import Announcement, Offer
from bids.schemas import MAX_OBJECTS
from bids.segments import BID
from signing import canonical, cms, suite
from signing.canonical import JSON
from signing.certificates import party_of
from signing.encoding import b64encode, new_id
from signing.errors import SigningError
from signing.keys import Signer
from signing.objects import Sealed, Source
from signing.padding import Sink

__all__ = [
    "Attachment",
    "Contents",
    "OpenedFile",
    "Prepared",
    "SealedBid",
    "object_path",
    "open_files",
    "prepare",
    "seal",
]

_PIECE = 256 * 1024

Write = Callable[[str, int], AbstractContextManager[Sink]]


@dataclass(frozen=True)
class Attachment:
    """A file to be sealed: its name and media type, its size in bytes, and how to open it for reading."""

    name: str
    media_type: str
    size: int
    open: Callable[[], BinaryIO]


@dataclass(frozen=True)
class Contents:
    """What goes into a segment: its offer (canonical bytes) and its attachments."""

    offer: bytes
    attachments: Sequence[Attachment] = ()


def seal(
    notice: Notice,
    supplier: str,
    bid: str,
    offer: bytes,
    attachments: Sequence[Attachment],
    replaces: str | None,
    write: Write,
    secret: bytes | None = None,
    before: Mapping[str, Contents] | None = None,
) -> bytes:
    """Seal a bid to the custodians of `notice` and return its manifest's bytes, ready to be signed.

    `offer` and `attachments` are those of the segment with the prices, `before` the contents of the segments
    that open before it, by name. `write(path, size)` opens the place for each ciphertext of `size` bytes
    ("objects/bid-public-0", …); the attachments come before the list of files. Keys are taken from the notice
    alone, whose signature the caller has verified. `supplier` and `bid` are ids, `replaces` the id of the
    supplier's current bid; `secret` is the bidder's own where the policy has a lock, and stays there: the
    manifest has its digest.

    Raises BidError: "segments-contents" unless there are contents for each segment, "attachments-too-many",
    "attachment-duplicate", "name-unsafe", "attachment-changed", "lock-secret-missing".
    """
    contents = _by_segment(notice, Contents(offer, attachments), before or {})
    lock = check_secret(notice, secret)
    parts: list[JSON] = []
    for segment, own in contents.items():
        sealer = _Sealer(notice, supplier, bid, segment, write, secret)
        parts += [sealer.public(own.offer), sealer.files(own.attachments)]
    return write_object(
        "manifest",
        {
            **lock,
            "suite": notice.policy.suite,
            "tender": notice.tender,
            "notice": notice.digest,
            "policy": notice.policy.digest,
            "supplier": supplier,
            "bid": bid,
            "replaces": replaces,
            "parts": parts,
        },
    )


def check_secret(notice: Notice, secret: bytes | None) -> dict[str, JSON]:
    """The manifest's `lock`, where the policy asks for one; BidError "lock-secret-missing"."""
    if not notice.policy.lock:
        return {}
    if secret is None:
        raise BidError("lock-secret-missing")
    return {"lock": canonical.digest(secret)}


def _by_segment(notice: Notice, last: Contents, before: Mapping[str, Contents]) -> dict[str, Contents]:
    """The contents of all segments, in the order of their opening."""
    *earlier, name = notice.policy.segment_names
    if before.keys() != set(earlier):
        raise BidError("segments-contents", wanted=", ".join(notice.policy.segment_names))
    contents = {**{segment: before[segment] for segment in earlier}, name: last}
    check_attachments(*(one.attachments for one in contents.values()))
    return contents


def check_attachments(*segments: Sequence[Attachment]) -> None:
    """BidError unless each is, within its segment, under a plain file name of its own, and the bid has no
    more than 200 objects: the attachments of all segments and the two indices of each."""
    limit = MAX_OBJECTS - 2 * len(segments)
    if sum(map(len, segments)) > limit:
        raise BidError("attachments-too-many", limit=limit)
    for attachments in segments:
        seen: set[str] = set()
        for attachment in attachments:
            if not names.is_safe(attachment.name):
                raise BidError("name-unsafe", name=attachment.name)
            key = names.same_key(attachment.name)
            if key in seen:
                raise BidError("attachment-duplicate", name=attachment.name)
            seen.add(key)


class _Sealer:
    """Seals the parts of one segment of a bid."""

    def __init__(
        self,
        notice: Notice,
        supplier: str,
        bid: str,
        segment: str,
        write: Write,
        secret: bytes | None,
    ) -> None:
        self._policy = notice.policy
        self._supplier = supplier
        self._bid = bid
        self._segment = segment
        self._write = write
        self._secret = secret if notice.policy.lock else None
        with refusing("policy"):
            self._suite = suite.by_name(notice.policy.suite)

    def public(self, offer: bytes) -> dict[str, JSON]:
        dealt, context = self._suite.content_key(), self._context("public")
        key = self._locked(dealt, context)
        return self._part("public", dealt, context, [self._index("public", offer, key, context)])

    def files(self, attachments: Sequence[Attachment]) -> dict[str, JSON]:
        dealt, context = self._suite.content_key(), self._context("files")
        key = self._locked(dealt, context)
        sealed = [
            self._attachment(attachment, key, context, number)
            for number, attachment in enumerate(attachments, 1)
        ]
        contents = write_object(
            "contents",
            {
                "files": [
                    {
                        "object": number,
                        "name": attachment.name,
                        "media_type": attachment.media_type,
                        "sha256": one.plaintext_sha256,
                    }
                    for number, (attachment, one) in enumerate(zip(attachments, sealed, strict=True), 1)
                ]
            },
        )
        index = self._index("files", contents, key, context)
        return self._part("files", dealt, context, [index, *sealed])

    def _locked(self, dealt: bytes, context: bytes) -> bytes:
        """The content key; what is dealt to the custodians is the key before the bidder's own lock."""
        if self._secret is None:
            return dealt
        with refusing("lock"):
            return self._suite.bind_lock(dealt, self._secret, context)

    def _context(self, part: str) -> bytes:
        policy = self._policy
        return self._suite.context(
            policy.tender, policy.digest, self._supplier, self._bid, self._segment, part
        )

    def _index(self, part: str, data: bytes, key: bytes, context: bytes) -> Sealed:
        with refusing("offer" if part == "public" else "contents"):
            size = self._suite.ciphertext_length(len(data), True)
            with self._write(object_path(self._segment, part, 0), size) as sink:
                return self._suite.encrypt_stream(io.BytesIO(data), sink, key, context, 0, len(data), True)

    def _attachment(self, attachment: Attachment, key: bytes, context: bytes, number: int) -> Sealed:
        path = object_path(self._segment, "files", number)
        size = self._suite.ciphertext_length(attachment.size, False)
        try:
            with attachment.open() as source, self._write(path, size) as sink:
                return self._suite.encrypt_stream(source, sink, key, context, number, attachment.size, False)
        except SigningError as error:
            raise BidError("attachment-changed", name=attachment.name, reason=error) from None

    def _part(self, part: str, dealt: bytes, context: bytes, objects: list[Sealed]) -> dict[str, JSON]:
        custodians = self._policy.custodians
        with refusing("policy"):
            shares = self._suite.deal(dealt, self._policy.threshold, len(custodians), context)
            sealed = [
                self._suite.seal_share(custodian.sealing_key, context, custodian.position, share)
                for custodian, share in zip(custodians, shares, strict=True)
            ]
        return {
            "segment": self._segment,
            "part": part,
            "objects": [{"sha256": one.sha256, "size": one.size} for one in objects],
            "share_digests": [canonical.digest(share) for share in shares],
            "sealed_shares": [b64encode(one) for one in sealed],
        }


@dataclass(frozen=True)
class Prepared:
    """A sealed and signed bid: its id, its manifest and signature, as they stand in the container."""

    bid: str
    manifest: Manifest
    signature: bytes

    @property
    def objects(self) -> int:
        """How many ciphertexts are to be uploaded."""
        return sum(len(part.objects) for part in self.manifest.parts)


def prepare(
    notice_raw: bytes,
    offer: bytes,
    attachments: Sequence[Attachment],
    signer: Signer,
    out: BinaryIO,
    at: datetime,
    replaces: str | None = None,
    bid: str | None = None,
    secret: bytes | None = None,
    before: Mapping[str, Contents] | None = None,
) -> Prepared:
    """Seal and sign a bid into the container `out`, off-line and in one pass; `before` as `seal` has it.

    The supplier is the one the signer's certificate names; `bid` is a new id unless given. `secret`, which
    the container does not hold, is wanted where the policy has a lock. The notice's signature must have been
    verified (`notice.verify_notice`). Raises BidError, also for an offer that
    would not count once opened; `out` is then incomplete and to be thrown away.
    """
    notice = Notice.parse(notice_raw)
    Offer.parse(offer, notice)
    for contents in (before or {}).values():
        Announcement.parse(contents.offer, notice)
    with refusing("certificate"):
        party = party_of(signer.certificate)
    if party.role != "supplier":
        raise BidError("signer-not-supplier")
    bid = bid or new_id()
    writer = ContainerWriter(out)
    raw = seal(notice, party.id, bid, offer, attachments, replaces, writer.entry, secret, before)
    manifest = Manifest.parse(raw)
    check_manifest(manifest, notice, party.id)
    with refusing("manifest"):
        signature = cms.sign(raw, signer, at)
    writer.finish(raw, signature)
    return Prepared(bid, manifest, signature)


@dataclass(frozen=True)
class OpenedFile:
    """A file of an opened bid under a name that is safe to use, or why it could not be opened.

    `stated_name` is the name its bidder gave it; `size` in bytes, 0 where `problem` is set.
    """

    number: int
    name: str
    stated_name: str
    media_type: str
    size: int
    sha256: str
    problem: BidError | None


def open_files(
    manifest: Manifest,
    shares: Sequence[bytes],
    ciphertext: Callable[[int], BinaryIO],
    notice: Notice,
    sink: Callable[[str], AbstractContextManager[Sink]],
    secret: bytes | None = None,
    segment: str = BID,
) -> list[OpenedFile]:
    """Open the `files` part of a bid's segment from the custodians' shares, and with a lock the bidder's
    `secret`.

    `ciphertext(j)` opens object j for reading, `sink(name)` the place for a file; a place's context manager
    is left by an exception if its content is not to be kept. One file that does not open does not stop the
    others. Raises BidError if the key cannot be recovered or the list of files is wrong.
    """
    if manifest.lock is not None and (secret is None or not manifest.is_secret(secret)):
        raise BidError("lock-secret-other" if secret else "lock-secret-missing", bid=manifest.bid)
    part = manifest.part(segment, "files")
    context = manifest.context(segment, "files")
    policy = notice.policy
    with refusing("files"):
        sealing = suite.by_name(manifest.suite)
        key = sealing.recover(shares, policy.threshold, len(policy.custodians), context, part.share_digests)
        if manifest.lock is not None and secret is not None:
            key = sealing.bind_lock(key, secret, context)
    index = io.BytesIO()
    with _checked(ciphertext(0), part.objects[0], "contents") as source:
        sealing.decrypt_stream(source, index, key, context, 0, True)
    files = _contents(index.getvalue(), len(part.objects))
    opened = []
    for stated, name in zip(files, _names([file["name"] for file in files]), strict=True):
        number = stated["object"]
        problem: BidError | None = None
        size = 0
        try:
            # The place is left last, so that it learns of a ciphertext that was not the manifest's.
            with sink(name) as place, _checked(ciphertext(number), part.objects[number], name) as source:
                hashing = _HashingSink(place)
                size = sealing.decrypt_stream(source, hashing, key, context, number, False)
                if hashing.hexdigest() != stated["sha256"]:
                    raise BidError("file-digest", name=name)
        except BidError as error:
            problem, size = error, 0
        opened.append(
            OpenedFile(number, name, stated["name"], stated["media_type"], size, stated["sha256"], problem)
        )
    return opened


def _contents(data: bytes, objects: int) -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = read_object(data, "contents")["files"]
    if [file["object"] for file in files] != list(range(1, objects)):
        raise BidError("contents-objects")
    return files


def _names(stated: Sequence[str]) -> list[str]:
    """Names safe to write under, no two of them one file: the stated ones where they are, else numbered."""
    numbered = [names.make_safe(name, number) for number, name in enumerate(stated, 1)]
    found = [name if names.is_safe(name) else safe for name, safe in zip(stated, numbered, strict=True)]
    return found if len({names.same_key(name) for name in found}) == len(found) else numbered


class _HashingSink:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()

    def write(self, data: bytes, /) -> None:
        self._hash.update(data)
        self._sink.write(data)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


class _HashingSource:
    """Reads at most one byte more than `size`, which is enough to see that there is too much."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._left = size + 1
        self._hash = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        piece = self._source.read(min(size, self._left))
        self._left -= len(piece)
        self._hash.update(piece)
        return piece

    def is_entry(self, entry: ObjectEntry) -> bool:
        while self.read(_PIECE):
            pass
        return self._left == 1 and self._hash.hexdigest() == entry.sha256


@contextmanager
def _checked(source: BinaryIO, entry: ObjectEntry, what: str) -> Iterator[_HashingSource]:
    """The ciphertext, which must turn out to be the manifest's; that is said before anything else is."""
    with source:
        checked = _HashingSource(source, entry.size)
        try:
            yield checked
        except SigningError as error:
            problem = from_signing(error, what=what)
        else:
            if checked.is_entry(entry):
                return
            raise BidError("ciphertext-digest", what=what)
        raise problem if checked.is_entry(entry) else BidError("ciphertext-digest", what=what)
