"""`sunseal agency`: an agency's acts, each signed on its own machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from trading.client.agency import Agency
from trading.client.keyfile import KeyFile
from trading.commands.group import Language, LateGroup
from trading.commands.options import (
    key_options,
    lang_option,
    make_api,
    read_key,
    roots_from,
    roots_option,
    server_options,
)
from trading.commands.table import AGENCY_COMMANDS

Command = TypeVar("Command", bound=Callable[..., Any])

agency = LateGroup("agency", AGENCY_COMMANDS, help="The agency's tool. What it decides is signed here.")


def signing_options(command: Command) -> Command:
    """--key, --password-file, --roots, --server, --token, --token-file, --ca, --lang."""
    return key_options(roots_option(server_options(lang_option(command))))


def tender_option(command: Command) -> Command:
    """--tender."""
    return click.option("--tender", required=True, help="The tender's id.")(command)


def make_agency(
    key: Path, password_file: Path | None, roots: Path | None, server: str, token: str | None,
    token_file: Path | None, ca: Path | None, lang: Language,
) -> tuple[Agency, KeyFile]:  # fmt: skip
    """The agency at `server`, and its key file.

    Raises:
        ClientError: no token, no roots, or the key is no agency's.
    """
    own = read_key(key, password_file).of_role("agency")
    api = make_api(server, token, token_file, ca, lang)
    return Agency(api, own.signer, roots_from(roots, own)), own
