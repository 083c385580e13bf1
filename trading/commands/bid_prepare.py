"""`sunseal bid prepare`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography import x509

from bids.trust import Trust
from trading.client.closed import read_trust
from trading.client.errors import ClientError
from trading.client.files import read_file
from trading.client.supplier import PreparedBid, prepare_bid
from trading.commands.group import Language
from trading.commands.options import (
    PATH,
    beside_json,
    key_options,
    lang_option,
    read_key,
    roots_from,
    roots_option,
    say,
)
from trading.commands.remarks import tell_remarks

_MAX_TRUST = 64 << 20  # bytes

@click.command()
@click.option("--notice", type=PATH, required=True, help="The tender's notice (notice.json).")
@click.option("--signature", type=PATH, help="Its signature; by default the .p7s beside the notice.")
@click.option("--offer", type=PATH, required=True, help="Your offer (JSON): unit_prices, or items.")
@click.option(
    "--attach", type=PATH, multiple=True, metavar="[SEGMENT:]FILE",
    help="A file to attach, in a tender opened in stages to SEGMENT, by default the prices; repeat.",
)  # fmt: skip
@key_options
@roots_option
@click.option("--out", type=PATH, required=True, help="The sealed bid to be made.")
@click.option(
    "--unlock-file", "unlock", type=PATH,
    help="Where the notice asks for a bidder's own lock: the file for its secret; by default BID.unlock.",
)  # fmt: skip
@click.option(
    "--trust", type=PATH,
    help="/api/v1/tenders/ID/trust, saved: for an agency with a certificate from outside the platform.",
)  # fmt: skip
@click.option("--replaces", help="The id of your current bid, if this one replaces it.")
@lang_option
def prepare(
    notice: Path, signature: Path | None, offer: Path, attach: tuple[Path, ...], key: Path,
    password_file: Path | None, roots: Path | None, out: Path, unlock: Path | None, trust: Path | None,
    replaces: str | None, lang: Language,
) -> None:  # fmt: skip
    """Seal and sign a bid into one file, with no network.

    The custodians' keys are taken from the signed notice alone; their fingerprints are shown.
    """
    raw = read_file(notice)
    beside = signature or beside_json(notice, ".p7s")
    if signature is None and not beside.exists():
        raise ClientError("signature-file-missing", path=beside)
    own = read_key(key, password_file)
    anchors = roots_from(roots, own)
    done = prepare_bid(
        notice=raw,
        signature=read_file(beside),
        offer=offer,
        attachments=attach,
        key=own,
        roots=anchors,
        out=out,
        at=datetime.now(UTC),
        replaces=replaces,
        unlock=unlock,
        trust=None if trust is None else _trust(trust, anchors),
    )
    _tell(done, out, lang)


def _trust(path: Path, roots: tuple[x509.Certificate, ...]) -> Trust:
    try:
        answer = json.loads(read_file(path, _MAX_TRUST))
        return read_trust(answer, roots, None)
    except (ValueError, TypeError, KeyError):
        raise ClientError("trust-malformed", path=path) from None


def _tell(done: PreparedBid, out: Path, lang: Language) -> None:
    notice = done.notice.notice
    deadline = notice.deadline.strftime("%Y-%m-%d %H:%M:%S UTC")
    say(lang, f"标段：{notice.title}（{notice.tender}）", f"Tender: {notice.title} ({notice.tender})")
    say(lang, f"招标人：{notice.buyer.name}", f"Agency: {notice.buyer.name}")
    say(lang, f"截止时间：{deadline}", f"Deadline: {deadline}")
    policy = notice.policy
    say(
        lang,
        f"密封给 {len(policy.custodians)} 位保管人，任意 {policy.threshold} 位可开启：",
        f"Sealed to {len(policy.custodians)} custodians, any {policy.threshold} of whom open it:",
    )
    for custodian in policy.custodians:
        print_ = " ".join(custodian.sealing_key_digest[at : at + 4] for at in range(0, 32, 4))
        click.echo(f"  {custodian.position}. {custodian.name} ({custodian.role})  {print_}")
    tell_remarks(notice, lang)
    say(lang, f"投标编号：{done.prepared.bid}", f"Bid: {done.prepared.bid}")
    say(lang, f"已写入 {out}", f"Written to {out}")
    if done.unlock is not None:
        say(
            lang,
            f"解锁密钥存于 {done.unlock}：请另存备份，开标前不要交给任何人。",
            f"The secret that unlocks it is in {done.unlock}: keep a copy, and give it to nobody before the "
            "opening.",
        )
