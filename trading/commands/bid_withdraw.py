"""`sunseal bid withdraw`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from trading.client.files import write_file
from trading.client.supplier import Supplier, fetch_notice
from trading.commands.bid_submit import tell_receipt
from trading.commands.group import Language
from trading.commands.options import (
    PATH,
    key_options,
    lang_option,
    make_api,
    read_key,
    roots_from,
    roots_option,
    server_options,
)
from trading.commands.sealed_ids import ids_of, ids_options


@click.command()
@ids_options
@click.option("--reason", required=True, help="Why; it stays on record.")
@key_options
@roots_option
@server_options
@click.option("--receipt", type=PATH, help="Where to keep it; by default BID.withdrawal-receipt.json.")
@lang_option
def withdraw(
    sealed: Path | None, tender: str | None, bid: str | None, reason: str, key: Path,
    password_file: Path | None, roots: Path | None, server: str, token: str | None, token_file: Path | None,
    ca: Path | None, receipt: Path | None, lang: Language,
) -> None:  # fmt: skip
    """Take a bid back before the deadline, by a signed withdrawal. Bidding again afterwards is allowed."""
    tender, bid = ids_of(sealed, tender, bid)
    api = make_api(server, token, token_file, ca, lang)
    own = read_key(key, password_file).of_role("supplier")
    anchors = roots_from(roots, own)
    notice = fetch_notice(api, tender, anchors)
    done = Supplier(api, anchors).withdraw(notice, bid, own.party.id, reason, own.signer, datetime.now(UTC))
    kept = receipt or Path(f"{bid}.withdrawal-receipt.json")
    write_file(kept, done.file, overwrite=True)
    tell_receipt(done.receipt, kept, lang)
