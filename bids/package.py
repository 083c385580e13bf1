"""The evidence package: one ZIP for each tender, with which anybody checks it, off-line and without us.

Names are fixed. Everything but `evidence.json` itself and `log/` is listed, with its SHA-256, in the signed
`evidence` statement; that statement is logged last, with the digest of all entries of the tender before it,
so that nothing can be changed, added or left out later. Entries are stored, never compressed.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import BinaryIO

from bids.errors import BidError
from bids.objects import build_statement, read_signed
from bids.segments import is_priced
from signing.canonical import JSON, digest
from signing.encoding import format_time

NOTICE, NOTICE_SIGNATURE = "notice.json", "notice.p7s"
CLOSING, LEDGER = "closing.json", "ledger.jsonl"
OPENING_RECORD, OPENING_RECORD_PDF = "opening-record.json", "opening-record.pdf"
UNLOCKING = "unlocking.json"
AWARD, AWARD_REPORT, AWARD_NOTICE = "award.json", "award-report.pdf", "award-notice.pdf"
EVIDENCE, README = "evidence.json", "README.txt"
LOG_KEY, LOG_CHECKPOINT, LOG_ENTRIES = "log/key", "log/checkpoint", "log/entries.jsonl"
LOG_ENROLMENTS = "log/enrolments.json"  # that the enrolments of those who signed stand in the log
ROOTS, CHAIN = "certificates/roots.pem", "certificates/chain.pem"
CRLS, ENROLMENTS = "certificates/crl.pem", "certificates/enrolments.json"
OUTSIDE = "certificates/outside.pem"  # only where somebody signed under an authority outside the platform
TIMESTAMP = "certificates/timestamp.pem"  # roots and intermediates of outside time-stamp authorities

MAX_FILES = 1_000_000
MAX_FILE = 256 << 20  # bytes; the largest is the log entries or the award of a very large tender

_FIXED = frozenset(
    (NOTICE, NOTICE_SIGNATURE, CLOSING, LEDGER, OPENING_RECORD, OPENING_RECORD_PDF, UNLOCKING)
    + (AWARD, AWARD_REPORT, AWARD_NOTICE)
    + (EVIDENCE, README, LOG_KEY, LOG_CHECKPOINT, LOG_ENTRIES, ROOTS, CHAIN, CRLS, ENROLMENTS, OUTSIDE)
    + (TIMESTAMP, LOG_ENROLMENTS)
)
_PATTERNS = re.compile(
    r"notices/[0-9a-f]{64}\.(?:json|p7s)"
    r"|bids/[0-9a-f]{32}/(?:manifest\.json|manifest\.p7s|receipt\.json|receipt\.tsr)"
    r"|bids/[0-9a-f]{32}/(?:withdrawal\.json|withdrawal\.p7s|withdrawal-receipt\.(?:json|tsr))"
    r"|bids/[0-9a-f]{32}/[a-z]{1,16}/(?:public\.sealed|offer\.json)"
    r"|stages/[a-z]{1,16}/opening-record\.(?:json|pdf)"
    r"|shares/[a-z]{1,16}/[0-9a-f]{32}\.json"
    r"|log/proofs/(?:0|[1-9][0-9]{0,18})\.tlog-proof",
    re.ASCII,
)
_MADE = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP can say: the same files are the same bytes
_UTF8 = 0x800
_LOCAL_HEADER, _LOCAL_MAGIC = struct.Struct("<4s5H3I2H"), b"PK\x03\x04"
# Extra fields that zip tools add of themselves: large offsets, times, owners. Others may rename a file.
_EXTRAS = frozenset((0x0001, 0x000A, 0x5455, 0x7875))
_DIRECTORY_END = 22  # bytes, without a comment


def is_package_name(name: str) -> bool:
    """Whether a package may hold a file of this name."""
    return name in _FIXED or _PATTERNS.fullmatch(name) is not None


def notice_names(sha256: str) -> tuple[str, str]:
    """The names of an earlier notice and its signature."""
    return f"notices/{sha256}.json", f"notices/{sha256}.p7s"


def bid_name(bid: str, name: str) -> str:
    """The name of a bid's file, for example "manifest.json"."""
    return f"bids/{bid}/{name}"


def sealed_name(bid: str, segment: str) -> str:
    """The name of the ciphertext of a bid's public index."""
    return f"bids/{bid}/{segment}/public.sealed"


def offer_name(bid: str, segment: str) -> str:
    """The name of an opened bid's offer."""
    return f"bids/{bid}/{segment}/offer.json"


def record_names(segment: str) -> tuple[str, str]:
    """The names of a segment's opening record and of its PDF. The record of the segment with the prices, on
    which evaluation and award rest, stands at the top; those before it under `stages/`."""
    folder = "" if is_priced(segment) else f"stages/{segment}/"
    return folder + OPENING_RECORD, folder + OPENING_RECORD_PDF


def share_name(segment: str, custodian: str) -> str:
    """The name of a custodian's release statement."""
    return f"shares/{segment}/{custodian}.json"


def proof_name(index: int) -> str:
    """The name of the proof of the log entry at `index`."""
    return f"log/proofs/{index}.tlog-proof"


def is_listed(name: str) -> bool:
    """Whether the evidence statement lists a file of this name: all but itself and the log's."""
    return name != EVIDENCE and not name.startswith("log/")


def build_evidence(tender: str, files: Mapping[str, str], at: datetime) -> dict[str, JSON]:
    """The evidence statement; `files` has the SHA-256 (hex) of every listed file of the package.

    Raises BidError "package-name" for a name that the statement does not list.
    """
    for name in files:
        if not is_package_name(name) or not is_listed(name):
            raise BidError("package-name", file=name)
    return build_statement("evidence", {"at": format_time(at), "tender": tender, "files": dict(files)})


def evidence_digests(evidence: bytes, entries: Iterable[bytes]) -> dict[str, str]:
    """The digests of the log entry of the act "evidence.published".

    `evidence` is the file `evidence.json`; `entries` are all entries of the tender before this one, in log
    order: by their digest none can be added to the package or taken from it any more.
    """
    statement = read_signed(evidence, "evidence")
    return {
        "evidence": statement.digest,
        "evidence_file": digest(evidence),
        "entries": digest(lines(entries)),
    }


def lines(leaves: Iterable[bytes]) -> bytes:
    """`ledger.jsonl` and `log/entries.jsonl`: each leaf's exact bytes, each ended by a newline."""
    return b"".join(leaf + b"\n" for leaf in leaves)


def split_lines(data: bytes, name: str) -> tuple[bytes, ...]:
    """The leaves of a file that `lines` made; BidError "lines-malformed" for anything else."""
    leaves = data.split(b"\n")
    if leaves.pop() != b"" or b"" in leaves:
        raise BidError("lines-malformed", file=name)
    return tuple(leaves)


def write_package(
    sink: BinaryIO,
    files: Iterable[tuple[str, bytes | BinaryIO]],
    allowed: Callable[[str], bool] = is_package_name,
) -> None:
    """Write the ZIP to a seekable `sink`: stored, sorted by name, the same bytes for the same files.

    A file is bytes or a stream, which is read whole when its turn comes. Raises BidError: "package-name",
    "package-duplicate", "package-file-size".
    """
    contents: dict[str, bytes | BinaryIO] = {}
    for name, content in files:
        if not allowed(name):
            raise BidError("package-name", file=name)
        if name in contents:
            raise BidError("package-duplicate", file=name)
        contents[name] = content
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(contents):
            content = contents.pop(name)
            data = content if isinstance(content, bytes) else content.read(MAX_FILE + 1)
            if len(data) > MAX_FILE:
                raise BidError("package-file-size", file=name)
            info = zipfile.ZipInfo(name, _MADE)
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, data)


class Package:
    """The files of a package that `read_package` has admitted; contents are read when asked for."""

    def __init__(self, stream: BinaryIO, entries: Mapping[str, zipfile.ZipInfo]) -> None:
        self._stream = stream
        self._entries = entries
        self.names = tuple(sorted(entries))

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """A file's bytes; BidError "file-missing", or "file-damaged" if its checksum is wrong."""
        if name not in self._entries:
            raise BidError("file-missing", file=name)
        entry = self._entries[name]
        try:
            # Stored as it is, at the place that `_check_layout` has seen: zipfile takes ten times as long.
            self._stream.seek(entry.header_offset)
            header = self._stream.read(_LOCAL_HEADER.size)
            name_length, extra_length = _LOCAL_HEADER.unpack(header)[9:11]
            self._stream.seek(name_length + extra_length, 1)
            data = self._stream.read(entry.file_size)
        except (struct.error, OSError):
            raise BidError("file-damaged", file=name) from None
        whole = header.startswith(_LOCAL_MAGIC) and len(data) == entry.file_size
        if not whole or zlib.crc32(data) != entry.CRC:
            raise BidError("file-damaged", file=name)
        return data


def read_package(stream: BinaryIO, allowed: Callable[[str], bool] = is_package_name) -> Package:
    """Admit a package from a seekable stream, which must stay open while the package is used; its names are
    those `allowed`.

    Refuses with BidError: "package-malformed" (no ZIP, bytes before, between or after its files),
    "package-name" (a name that no package has, so also any path that climbs), "package-duplicate",
    "package-not-stored" (compressed, encrypted or streamed entries), "package-file-size", "package-too-many".
    """
    try:
        archive = zipfile.ZipFile(stream)
        infos = archive.infolist()
    except (zipfile.BadZipFile, struct.error, ValueError, EOFError, OSError, NotImplementedError):
        raise BidError("package-malformed") from None
    if len(infos) > MAX_FILES:
        raise BidError("package-too-many", limit=MAX_FILES)
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        _check_entry(info, allowed)
        if info.filename in entries:
            raise BidError("package-duplicate", file=info.filename)
        entries[info.filename] = info
    _check_layout(stream, archive, infos)
    return Package(stream, entries)


def _check_entry(info: zipfile.ZipInfo, allowed: Callable[[str], bool]) -> None:
    # zipfile cuts a name at a NUL: the name as written is the one to judge.
    name = info.orig_filename
    if name != info.filename or not allowed(name):
        raise BidError("package-name", file=name)
    # Whoever unpacks it with another tool gets plain files and nothing beside them.
    mode = info.external_attr >> 16
    if info.comment or stat.S_IFMT(mode) not in (0, stat.S_IFREG) or stat.S_IMODE(mode) & ~0o777:
        raise BidError("package-malformed")
    _check_extra(info.extra)
    stored = info.compress_type == zipfile.ZIP_STORED and info.file_size == info.compress_size
    if not stored or info.flag_bits & ~_UTF8:
        raise BidError("package-not-stored", file=name)
    if info.file_size > MAX_FILE:
        raise BidError("package-file-size", file=name)


def _check_extra(extra: bytes) -> None:
    while extra:
        kind, length = struct.unpack("<2H", extra[:4]) if len(extra) >= 4 else (0, 0)
        if kind not in _EXTRAS or 4 + length > len(extra):
            raise BidError("package-malformed")
        extra = extra[4 + length :]


def _check_layout(stream: BinaryIO, archive: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse bytes that belong to no file: before the first, between two, after the directory."""
    position = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset != position:
            raise BidError("package-malformed")
        stream.seek(position)
        header = stream.read(_LOCAL_HEADER.size)
        if len(header) != _LOCAL_HEADER.size:
            raise BidError("package-malformed")
        fields = _LOCAL_HEADER.unpack(header)
        flags, method, name_length, extra_length = fields[2], fields[3], fields[9], fields[10]
        name = stream.read(name_length)
        same = fields[6:9] == (info.CRC, info.compress_size, info.file_size)
        if name != info.filename.encode() or flags & ~_UTF8 or method != zipfile.ZIP_STORED or not same:
            raise BidError("package-malformed")
        _check_extra(stream.read(extra_length))
        position += len(header) + name_length + extra_length + info.file_size
    end = stream.seek(0, 2)
    stream.seek(end - _DIRECTORY_END)
    tail = stream.read(_DIRECTORY_END)
    if archive.start_dir != position or archive.comment or not tail.startswith(b"PK\x05\x06"):
        raise BidError("package-malformed")
