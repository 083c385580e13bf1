"""Names of files that travel with a tender or a bid: told apart and made harmless before a disk sees them."""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 200  # of UTF-8; file systems stop at 255, and a number in front must fit

_HARMFUL = re.compile(
    r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff/\\:*?"<>|\ud800-\udfff]'
)
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)


def is_safe(name: str) -> bool:
    """Whether `name` is one plain file name on every common system.

    No path parts, control or direction marks, no leading dot or blank, no trailing dot or blank, no device
    name of Windows, in Unicode's composed form (NFC), at most 200 bytes.
    """
    return (
        bool(name)
        and not _HARMFUL.search(name)
        and name[0] not in ". "
        and name[-1] not in ". "
        and not _DEVICES.fullmatch(name)
        and unicodedata.is_normalized("NFC", name)
        and len(name.encode("utf-8")) <= MAX_BYTES
    )


def same_key(name: str) -> str:
    """What two names have in common if some file system takes them for the same file."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())


def make_safe(name: str, number: int) -> str:
    """A safe name that still resembles `name`; `number` stands in front so that no two become one."""
    cleaned = unicodedata.normalize("NFC", _HARMFUL.sub("_", name))
    cleaned = cleaned.encode("utf-8")[: MAX_BYTES - 8].decode("utf-8", "ignore").strip(". ")
    return f"{number:03d}-{cleaned}" if cleaned else f"{number:03d}-file"
