"""The file in which a bidder keeps the secret of its own lock: for people to read, of one form for all."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from bids.errors import BidError
from signing import canonical
from signing.encoding import b64decode, b64encode, is_id
from signing.errors import EncodingError

MAX_SIZE = 8 * 1024  # bytes

_WORDS = (
    "# 阳光交易 · 投标解锁文件 / Sunseal: the file that unlocks your bid",
    "#",
    "# 请妥善保管，开标前不要交给任何人，也不要上传。开标时须在规定时段内用它解锁，否则投标不能开启。",
    "# Keep it safe. Before the opening give it to nobody and upload it nowhere. At the opening you must",
    "# unlock your bid with it within the window that the notice's rules set, or the bid is not opened.",
)
_LINE = re.compile(r"([a-z]+): ([!-~]{1,200})", re.ASCII)
_MEMBERS = ("tender", "bid", "opens", "secret", "lock")


@dataclass(frozen=True)
class UnlockFile:
    """A bid's secret (32 bytes) and where it belongs; `opens` is the opening time, RFC 3339 UTC."""

    tender: str
    bid: str
    opens: str
    secret: bytes


def write_unlock_file(file: UnlockFile) -> bytes:
    """The file's bytes: words for people, then one member a line."""
    members = {
        "tender": file.tender,
        "bid": file.bid,
        "opens": file.opens,
        "secret": b64encode(file.secret),
        "lock": canonical.digest(file.secret),
    }
    return "\n".join([*_WORDS, *(f"{name}: {members[name]}" for name in _MEMBERS), ""]).encode()


def read_unlock_file(data: bytes) -> UnlockFile:
    """The file as written, also where a mail program or editor changed line ends or blanks around lines.

    Raises BidError "unlock-file-malformed", "unlock-file-damaged" if the secret is not the one written down.
    """
    try:
        text = data.decode("utf-8-sig") if len(data) <= MAX_SIZE else ""
    except UnicodeDecodeError:
        text = ""
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        if match is not None:
            found[match[1]] = match[2]
    if not found.keys() >= set(_MEMBERS) or not (is_id(found["tender"]) and is_id(found["bid"])):
        raise BidError("unlock-file-malformed")
    try:
        secret = b64decode(found["secret"])
    except EncodingError:
        secret = b""
    if len(secret) != 32 or not hmac.compare_digest(canonical.digest(secret), found["lock"]):
        raise BidError("unlock-file-damaged")
    return UnlockFile(found["tender"], found["bid"], found["opens"], secret)
