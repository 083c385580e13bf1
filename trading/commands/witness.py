"""`sunseal witness`: a witness of the platform's log, for departments that watch each other."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click

from trading.client.errors import ClientError
from trading.client.witness import Witness
from trading.client.witness_http import WitnessServer
from trading.client.witness_pull import PullingWitness
from trading.client.witness_store import WitnessStore, by_origin
from trading.commands.group import Language, LateGroup
from trading.commands.options import PASSWORD_VARIABLE, PATH, first_line, lang_option, make_api, say
from trading.commands.table import WITNESS_COMMANDS

_READ_SECONDS = 20.0

witness = LateGroup(
    "witness", WITNESS_COMMANDS,
    help="A witness: it cosigns the log's checkpoints as long as the log only grows (C2SP tlog-witness).",
)  # fmt: skip

_state_option = click.option("--state", type=PATH, required=True, help="The witness's own folder.")
_password_option = click.option(
    "--password-file", type=PATH, help=f"A file with the key's password; else {PASSWORD_VARIABLE}, else none."
)


def _password(password_file: Path | None) -> bytes | None:
    given = first_line(password_file) if password_file is not None else os.environ.get(PASSWORD_VARIABLE)
    return given.encode() if given else None


@click.command()
@_state_option
@click.option("--name", required=True, help="Its key name: a URL without scheme, like gov.example/finance.")
@click.option("--log", "logs", multiple=True, metavar="VKEY", help="A log to watch; may be repeated.")
@_password_option
@lang_option
def init(state: Path, name: str, logs: tuple[str, ...], password_file: Path | None, lang: Language) -> None:
    """Make a witness's key and print its verifier key, which goes into policies."""
    store = WitnessStore(state)
    signer = store.create(name, _password(password_file))
    for log in logs:
        store.add_log(log, None)
    say(lang, "见证人公钥（写入策略文件的 witness 行）：", "The verifier key, for witness lines of policies:")
    click.echo(signer.vkey)


@click.command("add-log")
@click.argument("vkey")
@_state_option
@click.option("--url", help="The log's prefix, for whoever reads the file.")
@lang_option
def add_log(vkey: str, state: Path, url: str | None, lang: Language) -> None:
    """Watch one more log, by its verifier key. A running witness learns of it when it is started again."""
    WitnessStore(state).add_log(vkey, url)
    say(lang, "已加入。", "Added.")


@click.command()
@_state_option
@_password_option
@lang_option
def key(state: Path, password_file: Path | None, lang: Language) -> None:
    """Print the witness's verifier key."""
    click.echo(WitnessStore(state).signer(_password(password_file)).vkey)


@click.command()
@_state_option
@click.option("--listen", default="127.0.0.1", show_default=True, help="The address to serve at.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=6562, show_default=True, help="0 for any free one."
)  # fmt: skip
@click.option(
    "--pull", multiple=True, metavar="SERVER",
    help="Serve nothing; fetch the checkpoints of this platform instead and hand the cosignatures in there. "
    "For witnesses that cannot be reached from outside. May be repeated.",
)  # fmt: skip
@click.option("--ca", type=PATH, help="PEM of the authorities for the servers' TLS certificates (--pull).")
@click.option(
    "--poll", type=click.FloatRange(0.1, 3600), default=1.0, show_default=True,
    help="Seconds between two looks (--pull).",
)  # fmt: skip
@_password_option
@lang_option
def run(
    state: Path, listen: str, port: int, pull: tuple[str, ...], ca: Path | None, poll: float,
    password_file: Path | None, lang: Language,
) -> None:  # fmt: skip
    """Cosign checkpoints until stopped: when asked over HTTP, or with --pull by asking.

    Keep this machine's clock right: cosignatures carry its time.
    """
    store = WitnessStore(state)
    signer, logs = store.signer(_password(password_file)), by_origin(store.logs())
    if not logs:
        raise ClientError("witness-no-logs", folder=state)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    own = Witness(state, signer, logs)
    stop = _stopped_by_signals()
    try:
        if pull:
            apis = (make_api(one, None, None, ca, lang, False, _READ_SECONDS) for one in pull)
            _pull([PullingWitness(own, api) for api in apis], stop, poll, signer.name, lang)
        else:
            _serve(WitnessServer(own, listen, port), stop, signer.name, lang)
    finally:
        own.close()


def _stopped_by_signals() -> threading.Event:
    stop = threading.Event()

    def end(number: int, frame: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return stop


def _serve(server: WitnessServer, stop: threading.Event, name: str, lang: Language) -> None:
    thread = threading.Thread(target=server.serve_forever, args=(0.2,), name="witness", daemon=True)
    thread.start()
    say(lang, f"见证人 {name} 已启动：{server.address}", f"The witness {name} is running at {server.address}")
    sys.stdout.flush()
    stop.wait()
    server.shutdown()
    server.server_close()


def _pull(
    witnesses: list[PullingWitness], stop: threading.Event, seconds: float, name: str, lang: Language
) -> None:
    threads = [threading.Thread(target=one.run, args=(stop, seconds), daemon=True) for one in witnesses]
    for thread in threads:
        thread.start()
    say(lang, f"见证人 {name} 已启动，主动查询。", f"The witness {name} is running; it asks by itself.")
    sys.stdout.flush()
    stop.wait()
    for thread in threads:
        thread.join(_READ_SECONDS)
