"""`sunseal bid unlock`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from bids.unlock_file import MAX_SIZE, read_unlock_file
from signing.encoding import format_time, parse_time
from trading.client.api import JsonObject
from trading.client.errors import ClientError
from trading.client.files import read_file, write_file
from trading.client.unlocking import Unlocked, Unlocker, log_of
from trading.commands.group import Language
from trading.commands.options import (
    PATH,
    lang_option,
    make_api,
    read_key,
    read_policy,
    roots_from,
    roots_option,
    say,
    server_options,
    witness_policy_option,
)


@click.command()
@click.argument("file", type=PATH, metavar="BID.unlock")
@click.option("--wait", is_flag=True, help="Wait for the opening and unlock by itself when it is time.")
@click.option("--receipt", type=PATH, help="Where to keep the receipt; by default BID.unlocked.json.")
@click.option("--log-key", help="The log's verifier key; by default the one first shown.")
@witness_policy_option
@server_options
@click.option("--key", type=PATH, help="Your key file, for the roots in it.")
@click.option("--password-file", type=PATH, help="A file with the key file's password.")
@roots_option
@lang_option
def unlock(
    file: Path, wait: bool, receipt: Path | None, log_key: str | None, policy: Path | None,
    server: str, token: str | None,
    token_file: Path | None, ca: Path | None, key: Path | None, password_file: Path | None,
    roots: Path | None, lang: Language,
) -> None:  # fmt: skip
    """Unlock your bid at the opening, with the file that `prepare` made.

    Before the secret is sent the public log is read to its end, and it is checked that the tender is closed
    with your bid in it, and that the custodians' shares are in. What was seen of the log is kept beside the
    file, in BID.log-seen; a log that contradicts it later is refused, and the proof kept there. The receipt
    proves that you unlocked in time: keep it.
    """
    secret = read_unlock_file(read_file(file, MAX_SIZE))
    api = make_api(server, token, token_file, ca, lang)
    anchors = roots_from(roots, None if key is None else read_key(key, password_file))
    wanted = read_policy(policy)
    follower = log_of(api, file.with_suffix(".log-seen"), secret.tender, log_key)
    unlocker = Unlocker(api, anchors, follower, lambda: datetime.now(UTC), wanted)
    kept = receipt or file.with_suffix(".unlocked.json")
    if wait:
        state = unlocker.wait(secret, time.sleep, lambda state: _tell_state(state, lang))
        if state["state"] == "ended":
            raise ClientError("unlock-over")
        if state["state"] == "none":
            raise ClientError("unlock-none")
        until = parse_time(str(state["until"]))
        done = unlocker.unlock_in_time(secret, until, time.sleep)
    else:
        done = unlocker.unlock(secret)
    _tell(done, secret.bid, kept, lang)


def _tell(done: Unlocked, bid: str, kept: Path, lang: Language) -> None:
    write_file(kept, done.receipt, overwrite=True)
    at = format_time(done.received_at)
    say(lang, f"投标 {bid} 已解锁，时间 {at}", f"Bid {bid} was unlocked at {at}")
    say(lang, f"回执已核对，存于 {kept}", f"The receipt was checked and is kept in {kept}")


def _tell_state(state: JsonObject, lang: Language) -> None:
    if state["state"] == "waiting":
        say(
            lang,
            "等待开标；时段开始后自动解锁。请保持本程序运行。",
            "Waiting for the opening; it unlocks by itself when the window begins. Leave this running.",
        )
    elif state["state"] == "open":
        say(lang, f"解锁时段至 {state['until']}", f"The window is open until {state['until']}")
