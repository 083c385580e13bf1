"""An agent over a store: what `run`, and a person's release by hand, work with."""

from __future__ import annotations

from collections.abc import Callable

from trading.client.api import Api
from trading.client.custodian import READ_SECONDS, Custodian
from trading.client.custodian_store import Store
from trading.client.errors import ClientError, Language
from trading.client.files import write_file
from trading.client.transport import HttpTransport


def open_session(
    store: Store, lang: Language, server: str | None = None, read_token: Callable[[], str] | None = None
) -> Custodian:
    """The agent of an unlocked store.

    Args:
        server: another address than that of the enrolment.
        read_token: where the token is, if not in the store.

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
    api = Api(transport, token, lang, read_token)
    return Custodian(api, store.keys, store.state, trusted.roots, trusted.log_key, journal=store.journal)


def _ca_file(store: Store, pem: str | None) -> str | None:
    """TLS takes its authorities from a file."""
    if pem is None:
        return None
    path = store.folder / "ca.pem"
    write_file(path, pem.encode(), overwrite=True)
    return str(path)
