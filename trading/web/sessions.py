"""`request.platform` and `request.dbsession`: one session a request, bound to its transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import transaction
from pyramid.request import Request
from sqlalchemy.orm import Session
from transaction.interfaces import ITransactionManager
from zope.sqlalchemy.datamanager import STATUS_CHANGED, join_transaction

from trading.platform import Platform

if TYPE_CHECKING:
    from pyramid.config import Configurator

READING = ("GET", "HEAD", "OPTIONS")


def explicit_manager(request: Request) -> ITransactionManager:
    """A transaction manager of the request's own, which must be begun explicitly."""
    return transaction.TransactionManager(explicit=True)


def platform_of(request: Request) -> Platform:
    """The platform this application was made on."""
    platform: Platform = request.registry["platform"]
    return platform


def session_of(request: Request) -> Session:
    """GET only reads; the others write and take SQLite's lock at once."""
    session = platform_of(request).database.request_session(request.tm, request.method in READING)
    request.add_finished_callback(lambda _: session.close())
    return session


@contextmanager
def set_aside(session: Session, manager: ITransactionManager) -> Iterator[None]:
    """End the request's transaction, which has written nothing, and begin another one afterwards.

    On SQLite it holds the one write lock; a long computation or a slow disk would keep everybody waiting.
    """
    manager.abort()
    try:
        yield
    finally:
        manager.begin()
        join_transaction(session, STATUS_CHANGED, manager)


def includeme(config: Configurator) -> None:
    """What each request carries."""
    config.add_request_method(platform_of, "platform", reify=True)
    config.add_request_method(session_of, "dbsession", reify=True)
