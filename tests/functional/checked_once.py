"""The API's document, checked by its library once a process.

For every application the library would read it as YAML, for a tenth of a second, and check it, for half a
second. test_openapi.py checks the document by itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyramid_openapi3

_check = pyramid_openapi3.validate
_checked: list[Any] = []


def _check_once(document: Any, **options: Any) -> None:
    if document not in _checked:
        _check(document, **options)
        _checked.append(document)


def _read_json(path: str) -> tuple[Any, str]:
    return json.loads(Path(path).read_bytes()), path


def apply() -> None:
    """Let the library do so in this process."""
    pyramid_openapi3.validate = _check_once
    pyramid_openapi3.read_from_filename = _read_json
