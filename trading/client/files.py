"""Files of a person's own machine: read whole with a bound, written beside and renamed."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from trading.client.errors import ClientError

_MAX_SMALL = 64 * 1024 * 1024
_PIECE = 1 << 20


def read_file(path: Path, limit: int = _MAX_SMALL) -> bytes:
    """A file's bytes.

    Raises:
        ClientError: it cannot be read, or is larger than `limit` bytes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise ClientError("file-unreadable", path=path, reason=_reason(error)) from None
    if len(data) > limit:
        raise ClientError("file-too-large", path=path, limit=limit)
    return data


def open_file(path: Path) -> BinaryIO:
    """A file to be read in pieces; ClientError if it cannot be opened."""
    try:
        return path.open("rb")
    except OSError as error:
        raise ClientError("file-unreadable", path=path, reason=_reason(error)) from None


def read_record(path: Path) -> bytes | None:
    """A record's bytes; None if there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write_record(path: Path, data: bytes) -> None:
    """Put bytes in a record's place, whole or not at all; they survive a power cut when this returns."""
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def new_file(path: Path, *, private: bool = False, overwrite: bool = False) -> Iterator[BinaryIO]:
    """A file that appears under its name whole, or not at all.

    Raises:
        ClientError: "file-exists" unless `overwrite`, "file-unwritable".
    """
    if path.exists() and not overwrite:
        raise ClientError("file-exists", path=path)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    except OSError as error:
        raise ClientError("file-unwritable", path=path, reason=_reason(error)) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            beside.replace(path)
        else:
            _name(beside, path)
    except OSError as error:
        raise ClientError("file-unwritable", path=path, reason=_reason(error)) from None
    finally:
        beside.unlink(missing_ok=True)


def _name(beside: Path, path: Path) -> None:
    """Give the file its name, unless somebody took it meanwhile."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise ClientError("file-exists", path=path) from None
    except OSError:  # a file system without hard links
        beside.replace(path)


def refuse_existing(*paths: Path | None) -> None:
    """Ask before an act whose outcome is to be kept in new files: what was done would else be lost.

    Raises:
        ClientError: "file-exists".
    """
    for path in paths:
        if path is not None and path.exists():
            raise ClientError("file-exists", path=path)


def write_file(path: Path, data: bytes, *, private: bool = False, overwrite: bool = False) -> None:
    """Write a small file as `new_file` does."""
    with new_file(path, private=private, overwrite=overwrite) as file:
        file.write(data)


def replace_secret(path: Path, data: bytes) -> None:
    """Put a private file in another's place; what was there is overwritten, so that it is not only without a
    name. On flash and journalling disks old blocks may linger all the same.

    Raises:
        ClientError: "file-unwritable".
    """
    before = path.open("r+b") if path.is_file() else None
    try:
        write_file(path, data, private=True, overwrite=True)
        # The new name first: a power cut must not leave the old one with rubbish behind it.
        sync_folder(path.parent)
        if before is not None:
            overwrite(before)
    finally:
        if before is not None:
            before.close()


def overwrite(file: BinaryIO) -> None:
    """Random bytes in the place of an open file's content; on disk when this returns."""
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    for start in range(0, size, _PIECE):
        file.write(os.urandom(min(_PIECE, size - start)))
    file.flush()
    os.fsync(file.fileno())


class _Duplicate(Exception):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Duplicate(name)
        found[name] = value
    return found


def read_json(path: Path) -> Any:
    """The value of a JSON file that a person wrote.

    Numbers with a point or an exponent come as the text they were written in: money is never a float.

    Raises:
        ClientError: unreadable, not UTF-8, not JSON (with line and column), or a member twice.
    """
    try:
        text = read_file(path).decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_unique, parse_float=str, parse_constant=str)
    except UnicodeDecodeError:
        raise ClientError("json-not-text", path=path) from None
    except json.JSONDecodeError as error:
        raise ClientError(
            "json-malformed", path=path, line=error.lineno, column=error.colno, reason=error.msg
        ) from None
    except _Duplicate as error:
        raise ClientError("json-duplicate", path=path, member=error) from None
    except (RecursionError, ValueError):
        reason = "too deep or too long"
        raise ClientError("json-malformed", path=path, line=1, column=1, reason=reason) from None


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
