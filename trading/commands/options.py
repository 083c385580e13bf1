"""Options that several subcommands share, and what they are made into."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource
from cryptography import x509

from signing.policies import LogPolicy
from trading.client.api import Api
from trading.client.errors import ClientError
from trading.client.files import read_file
from trading.client.keyfile import KeyFile, read_roots
from trading.client.policy_file import read_policy_file
from trading.client.transport import HttpTransport
from trading.commands.asking import ask_secret
from trading.commands.group import Language, language_of
from trading.commands.usage import WrongUsage

Command = TypeVar("Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)
DEFAULT_SERVER = "http://127.0.0.1:6543"
_MAX_SECRET = 4096

SERVER_VARIABLE = "SUNSEAL_SERVER"
TOKEN_VARIABLE = "SUNSEAL_TOKEN"  # noqa: S105
PASSWORD_VARIABLE = "SUNSEAL_PASSWORD"  # noqa: S105
PASSPHRASE_VARIABLE = "SUNSEAL_PASSPHRASE"  # noqa: S105
STORE_VARIABLE = "SUNSEAL_STORE"


def lang_option(command: Command) -> Command:
    """--lang, by default the locale's."""
    return click.option(
        "--lang", type=click.Choice(["zh", "en"]), default=lambda: language_of(os.environ),
        help="Language of messages; by default that of LANG.",
    )(command)  # fmt: skip


def tsa_crl_option(command: Command) -> Command:
    """--tsa-crl, repeated."""
    return click.option(
        "--tsa-crl", "tsa_crls", type=PATH, multiple=True,
        help="A revocation list of an outside time-stamp authority's issuer, as fetched by you; repeatable.",
    )(command)  # fmt: skip


def server_options(command: Command) -> Command:
    """--server, --token, --token-file, --ca."""
    for option in reversed(
        (
            click.option(
                "--server", envvar=SERVER_VARIABLE, default=DEFAULT_SERVER, show_default=True,
                help=f"The platform's address [{SERVER_VARIABLE}].",
            ),
            click.option("--token", envvar=TOKEN_VARIABLE, help=f"Your token [{TOKEN_VARIABLE}]."),
            click.option("--token-file", type=PATH, help="A file that holds the token."),
            click.option("--ca", type=PATH, help="PEM of the authorities for the server's TLS certificate."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def key_options(command: Command) -> Command:
    """--key, --password-file."""
    for option in reversed(
        (
            click.option("--key", type=PATH, required=True, help="Your key file (PKCS #12)."),
            click.option(
                "--password-file", type=PATH,
                help=f"A file with the key file's password; else {PASSWORD_VARIABLE}, else it is asked for.",
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def roots_option(command: Command) -> Command:
    """--roots."""
    return click.option(
        "--roots", type=PATH,
        help="PEM of the root certificates you trust; by default those in your key file.",
    )(command)  # fmt: skip


def witness_policy_option(command: Command) -> Command:
    """--policy."""
    return click.option(
        "--policy", type=PATH,
        help="A C2SP tlog-policy: whose cosignatures of the log are wanted before anything is released.",
    )(command)  # fmt: skip


def read_policy(path: Path | None) -> LogPolicy | None:
    """The policy in a file, None without one; ClientError naming the line that is wrong."""
    return None if path is None else read_policy_file(path)


def given_server(server: str) -> str | None:
    """--server or its variable, if the person gave it; None for the default, where a store knows better."""
    source = click.get_current_context().get_parameter_source("server")
    return None if source is ParameterSource.DEFAULT else server


def make_api(
    server: str, token: str | None, token_file: Path | None, ca: Path | None, lang: Language,
    need_token: bool = True, read_seconds: float = 120,
) -> Api:  # fmt: skip
    """The API at `server` as the token's person; a token in a file may be exchanged while this runs.

    Raises:
        ClientError: no token, or its file cannot be read.
    """
    if not server.startswith(("http://", "https://")):
        raise WrongUsage("--server 须以 http:// 或 https:// 开头。", "--server must begin with http:// or https://.")
    secret = read_token(token, token_file) if need_token or token_file is not None else token
    if secret and not (secret.isascii() and secret.isprintable()):
        raise ClientError("token-malformed")
    transport = HttpTransport(server, ca_file=None if ca is None else str(ca), read_seconds=read_seconds)
    return Api(transport, secret, lang, None if token_file is None else lambda: first_line(token_file))


def read_token(token: str | None, token_file: Path | None) -> str:
    """The token given, in a file or by itself, else the one that the person types.

    Raises:
        ClientError: "token-missing", or its file cannot be read.
    """
    secret = first_line(token_file) if token_file is not None else token
    if not secret and token_file is None and sys.stdin.isatty():
        secret = ask_secret("令牌", "Token").strip()
    if not secret:
        raise ClientError("token-missing")
    return secret


def read_key(path: Path, password_file: Path | None) -> KeyFile:
    """The key file, with the password from a file, the environment, or the person.

    Raises:
        ClientError: unreadable, or the password is wrong.
    """
    read_file(path)  # a missing file is told before a password is asked for
    if password_file is not None:
        return KeyFile.read(path, first_line(password_file).encode())
    if (password := os.environ.get(PASSWORD_VARIABLE)) is not None:
        return KeyFile.read(path, password.encode())
    try:
        return KeyFile.read(path, b"")
    except ClientError:
        if not sys.stdin.isatty():
            raise
        return KeyFile.read(path, ask_secret("密钥文件口令", "The key file's password").encode())


def roots_from(path: Path | None, key: KeyFile | None) -> tuple[x509.Certificate, ...]:
    """The reader's own roots: from a file, else those in the key file.

    Raises:
        ClientError: "roots-missing".
    """
    roots = read_roots(path) if path is not None else key.roots if key is not None else ()
    if not roots:
        raise ClientError("roots-missing")
    return roots


def local_time(at: datetime) -> str:
    """A time as this machine's people read it."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S %z}"


def first_line(path: Path) -> str:
    """A secret in a file: its first line."""
    text = read_file(path, _MAX_SECRET).decode("utf-8", "replace")
    return text.splitlines()[0].strip() if text.strip() else ""


def say(lang: Language, chinese: str, english: str) -> None:
    """A line on standard output, in the reader's language."""
    click.echo(chinese if lang == "zh" else english)


def beside_json(path: Path, suffix: str) -> Path:
    """notice.json → notice.p7s."""
    return path.with_suffix(suffix)


def store_options(command: Command) -> Command:
    """--store, --passphrase-file."""
    for option in reversed(
        (
            click.option(
                "--store", type=PATH, required=True, envvar=STORE_VARIABLE,
                help=f"The folder of the custodian's key store [{STORE_VARIABLE}].",
            ),
            click.option(
                "--passphrase-file", type=PATH,
                help=f"A file with the store's passphrase; else {PASSPHRASE_VARIABLE}, else it is asked for.",
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def read_passphrase(path: Path | None, *, new: bool = False) -> str:
    """A store's passphrase, from a file, the environment, or the person (twice, if it is a `new` one).

    Raises:
        ClientError: "passphrase-missing", or the file cannot be read.
    """
    if path is not None:
        return first_line(path)
    if given := os.environ.get(PASSPHRASE_VARIABLE):
        return given
    if not sys.stdin.isatty():
        raise ClientError("passphrase-missing")
    if new:
        return ask_secret("为密钥库设置口令", "A passphrase for the store", twice=True)
    return ask_secret("密钥库口令", "The store's passphrase")
