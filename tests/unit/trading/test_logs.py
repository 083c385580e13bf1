"""Log lines: nothing that opens a door stands in them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from trading.config import Settings
from trading.logs import clean, set_up_logs

SECRET = "sst_" + "Ab3_-" * 8 + "xyz"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_logs(Settings(), stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_token_in_any_place_is_hidden(lines: io.StringIO) -> None:
    log = structlog.get_logger("sunseal.test")
    log.info(f"sent {SECRET}", header=f"Bearer {SECRET}", nested={"deep": [SECRET]}, token="abc")
    assert SECRET not in lines.getvalue()
    said = json.loads(lines.getvalue())
    assert said["event"] == "sent sst_[hidden]"
    assert said["token"] == "[hidden]"


@pytest.mark.parametrize("name", ["token", "password", "authorization", "body", "client_secret", "shares"])
def test_members_named_like_secrets_are_hidden(lines: io.StringIO, name: str) -> None:
    structlog.get_logger("sunseal.test").warning("x", **{name: "hunter2"}, nested={name: "hunter3"})
    assert "hunter" not in lines.getvalue()


def test_an_exceptions_text_is_cleaned(lines: io.StringIO) -> None:
    try:
        raise ValueError(f"refused {SECRET} at postgresql://sunseal:hunter2@db/x")
    except ValueError:
        structlog.get_logger("sunseal.test").exception("failed")
    text = lines.getvalue()
    assert "ValueError" in text and "refused" in text
    assert SECRET not in text and "hunter2" not in text


def test_bytes_are_counted_not_shown(lines: io.StringIO) -> None:
    structlog.get_logger("sunseal.test").info("part", data=b"sealed price 123")
    assert json.loads(lines.getvalue())["data"] == "[16 bytes]"


def test_libraries_lines_are_cleaned_too(lines: io.StringIO) -> None:
    logging.getLogger("some.library").error("connecting with %s", f"Authorization: Bearer {SECRET}")
    said = json.loads(lines.getvalue())
    assert SECRET not in said["event"] and said["level"] == "error"


def test_a_private_key_is_hidden() -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY-----"
    assert clean(f"a {pem} b") == "a [hidden] b"


def test_levels_below_the_setting_are_silent(lines: io.StringIO) -> None:
    structlog.get_logger("sunseal.test").debug("quiet")
    logging.getLogger("dramatiq").info("quiet")
    assert lines.getvalue() == ""
