"""The recovery drill: whether a backup, and the words that people hold, would bring a custodian back."""

from __future__ import annotations

import json
import secrets
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bids.errors import BidError
from bids.money import format_amount
from signing.certificates import fingerprint, party_of
from signing.encoding import b64decode, format_time
from signing.errors import SigningError
from signing.suite import by_name
from trading.client.custodian_backup import Backup, restore
from trading.client.custodian_journal import in_both
from trading.client.custodian_keys import SUITE
from trading.client.custodian_store import Store
from trading.client.drill_tender import TOTAL, DrillTender
from trading.client.errors import ClientError


@dataclass(frozen=True)
class Finding:
    """One thing that was tried, and whether it held."""

    ok: bool
    zh: str
    en: str


def drill(backup: Backup, now: datetime) -> list[Finding]:
    """Restore an opened backup into a folder that is gone afterwards; open a test tender with its keys."""
    about = backup.about
    at = format_time(about.at)
    found = [
        Finding(
            True, f"这些词组能打开备份：{about.name}，{at}", f"The words open the backup: {about.name}, {at}"
        )
    ]
    passphrase = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory(prefix="sunseal-drill-") as folder:
        try:
            restore(backup, Path(folder) / "store", passphrase)
            store = Store.open(Path(folder) / "store", passphrase)
            found += _signing(store, now)
            found += _sealing(store, backup.tenders)
            found.append(_tender(store, backup.tenders, now))
            store.destroy()
        except (BidError, SigningError, ClientError) as error:
            zh, en = in_both(error)
            found.append(Finding(False, zh, en))
    return found


def _signing(store: Store, now: datetime) -> list[Finding]:
    signer = store.keys.signer
    until = signer.certificate.not_valid_after_utc
    print_ = fingerprint(signer.certificate)
    return [
        Finding(
            until > now,
            f"签名密钥与证书 {print_} 相符，有效至 {format_time(until)}",
            f"The signing key fits its certificate {print_}, valid until {format_time(until)}",
        ),
        Finding(
            bool(store.trusted.roots),
            f"已固定的平台：{store.trusted.server}",
            f"The platform that was pinned: {store.trusted.server}",
        ),
    ]


def _sealing(store: Store, tenders: list[str]) -> list[Finding]:
    """Each sealing key is the one that was given out, and opens what is sealed to it."""
    bad = [tender for tender in tenders if not _fits(store, tender)]
    if bad:
        names = ", ".join(bad[:5])
        count = len(bad)
        return [Finding(False, f"{count} 把密封密钥不符：{names}", f"{count} keys do not fit: {names}")]
    return [
        Finding(
            True,
            f"{len(tenders)} 把密封密钥都与交出的公钥相符，并能打开封给它们的内容",
            f"All {len(tenders)} sealing keys are those given out, and open what is sealed to them",
        )
    ]


def _fits(store: Store, tender: str) -> bool:
    key, given = store.keys.sealing_key(tender), store.state.read(tender, "key.json")
    if key is None or given is None:
        return False
    public = b64decode(str(json.loads(given)["sealing_key"]))
    suite = by_name(SUITE)
    share = bytes(32) + b"\x01"
    try:
        sealed = suite.seal_share(public, b"drill", 1, share)
        return public == key.public and suite.open_share(key, b"drill", 1, sealed) == share
    except SigningError:
        return False


def _tender(store: Store, tenders: list[str], now: datetime) -> Finding:
    """A sealed test tender opens with one of the keys, or with a new one if the backup has none."""
    suite = by_name(SUITE)
    key = store.keys.sealing_key(tenders[0]) if tenders else None
    signer = store.keys.signer
    made = DrillTender(
        party_of(signer.certificate), signer.key,
        key or suite.sealing_key(suite.new_sealing_seed()), now,
    )  # fmt: skip
    outcome = made.open()
    total = None if outcome.recomputed is None else format_amount(outcome.recomputed.total, 2)
    return Finding(
        outcome.opened and total == TOTAL,
        f"密封的测试标段：公告、投标、截标、全部核对、释放、开启，读出总价 {total}（应为 {TOTAL}）",
        f"A sealed test tender: notice, bid, closing, all checks, release, opening; its total reads {total} "
        f"({TOTAL} was sealed)",
    )
