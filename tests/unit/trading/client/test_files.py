"""Files appear whole or not at all; JSON written by people is read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from trading.client.errors import ClientError
from trading.client.files import new_file, read_file, read_json, write_file


def refused(code: str, act, *arguments, **options) -> ClientError:  # type: ignore[no-untyped-def]
    with pytest.raises(ClientError) as error:
        act(*arguments, **options)
    assert error.value.code == code
    assert error.value.text("zh") != error.value.text("en")
    return error.value


def test_a_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "new"
    with new_file(path) as file:
        file.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert [each.name for each in tmp_path.iterdir()] == ["new"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), new_file(tmp_path / "new") as file:
        file.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    write_file(path, b"old")
    error = refused("file-exists", write_file, path, b"new")
    assert str(path) in str(error)
    write_file(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"


def test_a_name_taken_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "raced"
    with pytest.raises(ClientError, match="exists"), new_file(path) as file:
        file.write(b"mine")
        path.write_bytes(b"theirs")
    assert path.read_bytes() == b"theirs"


def test_a_private_file_is_private(tmp_path: Path) -> None:
    write_file(tmp_path / "key", b"secret", private=True)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_read_or_written(tmp_path: Path) -> None:
    refused("file-unreadable", read_file, tmp_path / "missing")
    refused("file-unreadable", read_file, tmp_path)
    refused("file-unwritable", write_file, tmp_path / "no" / "folder", b"")
    (tmp_path / "large").write_bytes(bytes(11))
    refused("file-too-large", read_file, tmp_path / "large", 10)
    assert read_file(tmp_path / "large", 11) == bytes(11)


def json_of(tmp_path: Path, text: str | bytes) -> object:
    path = tmp_path / "a.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_json(path)


def test_numbers_with_a_point_stay_text(tmp_path: Path) -> None:
    assert json_of(tmp_path, '{"a": 12.50, "b": 3, "c": 0.1}') == {"a": "12.50", "b": 3, "c": "0.1"}
    assert json_of(tmp_path, b"\xef\xbb\xbf[1]") == [1], "a byte order mark is what some editors write"


def test_malformed_json_says_where(tmp_path: Path) -> None:
    error = refused("json-malformed", json_of, tmp_path, '{\n"a": }')
    assert error.params["line"] == "2" and error.params["column"] == "6"
    refused("json-not-text", json_of, tmp_path, b"\xff\xfe")
    assert refused("json-duplicate", json_of, tmp_path, '{"a": 1, "a": 2}').params["member"] == "a"
    refused("json-malformed", json_of, tmp_path, "[" * 100_000)
