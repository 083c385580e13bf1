"""`sunseal bid receipt`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from cryptography import x509

from bids.receipts import Receipt, check_receipt
from bids.tokens import examine_token
from signing.encoding import format_time
from signing.notes import NoteVerifier
from trading.client.files import read_file, write_file
from trading.client.supplier import Supplier, fetch_notice
from trading.commands.group import Language
from trading.commands.options import (
    PATH,
    lang_option,
    make_api,
    read_key,
    roots_from,
    roots_option,
    say,
    server_options,
)
from trading.commands.remarks import tell_remarks
from trading.commands.sealed_ids import read_sealed


@click.command()
@click.argument("sealed", type=PATH)
@click.option("--file", type=PATH, help="The receipt you have: check it off-line, ask nobody.")
@click.option("--out", type=PATH, help="Where to keep the receipt that is fetched.")
@click.option("--bundle", type=PATH, help="Where to keep receipt, manifest, token and proofs, as one ZIP.")
@click.option("--proofs", is_flag=True, help="After the closing: check that the bid is in ledger and log.")
@click.option("--log-key", help="The log's verifier key, for --proofs; by default the one shown now.")
@server_options
@click.option("--key", type=PATH, help="Your key file, for the roots in it.")
@click.option("--password-file", type=PATH, help="A file with the key file's password.")
@roots_option
@lang_option
def receipt(
    sealed: Path, file: Path | None, out: Path | None, bundle: Path | None, proofs: bool,
    log_key: str | None, server: str, token: str | None, token_file: Path | None, ca: Path | None,
    key: Path | None, password_file: Path | None, roots: Path | None, lang: Language,
) -> None:  # fmt: skip
    """Fetch the receipt of a sealed bid and check it, or check one that you have (--file), off-line."""
    manifest, signature = read_sealed(sealed)
    anchors = roots_from(roots, None if key is None else read_key(key, password_file))
    if file is not None and not proofs and bundle is None:
        data = read_file(file)
    else:
        api = make_api(server, token, token_file, ca, lang)
        supplier = Supplier(api, anchors)
        data = supplier.receipt(manifest.tender, manifest.bid) if file is None else read_file(file)
        tell_remarks(fetch_notice(api, manifest.tender, anchors).notice, lang)
    checked = check_receipt(data, manifest.raw, signature, anchors)
    at = format_time(checked.received_at)
    say(
        lang,
        f"回执有效：投标 {checked.bid} 于 {at} 收到。",
        f"The receipt holds: bid {checked.bid}, received {at}.",
    )
    if out is not None:
        write_file(out, data)
        say(lang, f"已写入 {out}", f"Written to {out}")
    _tell_stamp(checked, anchors, lang)
    if bundle is not None:
        write_file(bundle, supplier.bundle(manifest.tender, manifest.bid))
        say(
            lang,
            f"证明包已写入 {bundle}。核对：sunseal receipt check {bundle.name}",
            f"The bundle is in {bundle}. Check it: sunseal receipt check {bundle.name}",
        )
    if proofs:
        verifier = NoteVerifier.from_vkey(log_key or api.raw("/log/key").decode().strip())
        closing = supplier.check_proofs(manifest.tender, manifest.bid, verifier, data)
        say(
            lang,
            f"投标在截止时冻结的台账中（{format_time(closing.at)}），截止声明在公开日志中。",
            f"The bid is in the ledger frozen at {format_time(closing.at)}, and the closing is in the log.",
        )


def _tell_stamp(receipt: Receipt, anchors: Sequence[x509.Certificate], lang: Language) -> None:
    stamped = examine_token(receipt, anchors)
    if stamped is None:
        say(lang, "回执还没有时间戳；回执照样有效。", "The receipt has no time-stamp yet; it stands without.")
        return
    at = format_time(stamped.time)
    zh, en = ("平台自有", "the platform's own") if stamped.authority == "own" else ("外部", "an outside")
    say(lang, f"时间戳：{at}，{zh}时间戳机构。", f"Time-stamped {at} by {en} authority.")
