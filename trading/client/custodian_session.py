"""An agent over a store: what `run`, and a person's release by hand, work with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from signing.policies import LogPolicy
from trading.client.api import Api
from trading.client.custodian import READ_SECONDS, Custodian
from trading.client.custodian_backup import words_of, write_backup
from trading.client.custodian_journal import in_both
from trading.client.custodian_store import Store
from trading.client.errors import ClientError, Language
from trading.client.files import write_file
from trading.client.transport import HttpTransport


def open_session(
    store: Store, lang: Language, server: str | None = None, read_token: Callable[[], str] | None = None,
    backup: Path | None = None, policy: LogPolicy | None = None,
) -> Custodian:  # fmt: skip
    """The agent of an unlocked store.

    Args:
        server: another address than that of the enrolment.
        read_token: where the token is, if not in the store.
        backup: the file that is made anew whenever there is something new to keep.
        policy: whose cosignatures of the log are wanted before a release.

    Raises:
        ClientError: "store-damaged", "token-missing", "backup-no-words".
    """
    trusted = store.trusted
    api = open_api(store, lang, server, read_token)
    if backup is not None and words_of(store) is None:
        raise ClientError("backup-no-words")
    secure = (lambda: None) if backup is None else partial(_secure, store, backup)
    return Custodian(
        api, store.keys, store.state, trusted.roots, trusted.log_key, journal=store.journal, secure=secure,
        policy=policy,
    )  # fmt: skip


def open_api(
    store: Store, lang: Language, server: str | None = None, read_token: Callable[[], str] | None = None
) -> Api:
    """The platform of an unlocked store; see open_session.

    Raises:
        ClientError: "store-damaged", "token-missing".
    """
    trusted = store.trusted
    token = read_token() if read_token is not None else store.token
    if not token:
        raise ClientError("token-missing")
    transport = HttpTransport(
        server or trusted.server, ca_file=_ca_file(store, trusted.ca), read_seconds=READ_SECONDS
    )
    return Api(transport, token, lang, read_token)


def _secure(store: Store, path: Path) -> None:
    """Make the backup anew; what could not be backed up is not given out."""
    try:
        about = write_backup(store, path, datetime.now(UTC))
    except ClientError as error:
        zh, en = in_both(error)
        store.journal.write("backup-failed", path=path, why=zh, why_en=en)
        raise
    store.journal.write("backed-up", path=path, words=about.words)


def _ca_file(store: Store, pem: str | None) -> str | None:
    """TLS takes its authorities from a file."""
    if pem is None:
        return None
    path = store.folder / "ca.pem"
    write_file(path, pem.encode(), overwrite=True)
    return str(path)
