"""`sunseal bid submit`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bids.receipts import Receipt
from signing.encoding import format_time
from trading.client.files import open_file, write_file
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
@server_options
@click.option("--key", type=PATH, help="Your key file, for the roots in it.")
@click.option("--password-file", type=PATH, help="A file with the key file's password.")
@roots_option
@click.option("--receipt", type=PATH, help="Where to keep the receipt; by default SEALED.receipt.json.")
@lang_option
def submit(
    sealed: Path, server: str, token: str | None, token_file: Path | None, ca: Path | None, key: Path | None,
    password_file: Path | None, roots: Path | None, receipt: Path | None, lang: Language,
) -> None:  # fmt: skip
    """Upload a sealed bid and hand it in. Interrupted, start it again: it goes on where it stopped."""
    read_sealed(sealed)  # a wrong file is told before roots or a token are asked for
    api = make_api(server, token, token_file, ca, lang)
    anchors = roots_from(roots, None if key is None else read_key(key, password_file))
    kept = receipt or sealed.with_name(sealed.name + ".receipt.json")
    with open_file(sealed) as source:
        done = Supplier(api, anchors).submit(source, _bar(lang))
    write_file(kept, done.file, overwrite=True)
    tell_receipt(done.receipt, kept, lang)
    tell_remarks(fetch_notice(api, done.receipt.tender, anchors).notice, lang)


def _bar(lang: Language):  # type: ignore[no-untyped-def]
    """Progress on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        word = "已上传" if lang == "zh" else "Uploaded"
        click.echo(f"\r{word} {percent:3d} %", err=True, nl=done >= total)

    return show


def tell_receipt(receipt: Receipt, kept: Path, lang: Language) -> None:
    """The receipt in words."""
    at = format_time(receipt.received_at)
    if receipt.kind == "manifest":
        say(lang, f"已收到投标 {receipt.bid}，时间 {at}", f"Bid {receipt.bid} was received at {at}")
    else:
        say(lang, f"投标 {receipt.bid} 已撤回，时间 {at}", f"Bid {receipt.bid} was withdrawn at {at}")
    say(lang, f"回执已核对，存于 {kept}", f"The receipt was checked and is kept in {kept}")
