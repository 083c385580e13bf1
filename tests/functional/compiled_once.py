"""Templates, compiled once a process: for every application Jinja would do so again, a third of a second."""

from __future__ import annotations

from types import CodeType

from jinja2.bccache import Bucket, BytecodeCache
from pyramid.router import Router
from pyramid_jinja2 import IJinja2Environment

_codes: dict[tuple[str, str], CodeType] = {}


class _Codes(BytecodeCache):
    """Code by a template's name and content."""

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = _codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            _codes[bucket.key, bucket.checksum] = bucket.code


def share(app: Router) -> Router:
    """The application, taking what others have compiled."""
    environment = app.registry.queryUtility(IJinja2Environment, name=".jinja2")
    if environment is not None:
        environment.bytecode_cache = _Codes()
    return app
