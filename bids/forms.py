"""Forms that members of protocol objects may have; `schemas` builds the tables from them.

A form's `check` raises BidError naming the place ("items[3].quantity") of the first thing that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from bids.errors import BidError
from bids.money import MAX_AMOUNT_DIGITS, decimal_problem
from signing.encoding import b64decode, is_digest, is_id, parse_time
from signing.errors import EncodingError

# Control characters, line and paragraph separators, and marks that turn the direction of what is displayed.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_LINES = str.maketrans("", "", "\n\t")


class Form(Protocol):
    """What a value must look like."""

    def check(self, value: object, path: str) -> None: ...


_HERE = "(object)"


def _refuse(code: str, path: str, **params: object) -> NoReturn:
    raise BidError(code, path=path or _HERE, **params)


@dataclass(frozen=True)
class Text:
    """Printable text of `least` to `most` characters; `lines` allows line breaks and tabs."""

    most: int = 256
    least: int = 1
    lines: bool = False

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, str) or not self.least <= len(value) <= self.most:
            _refuse("form-text", path, least=self.least, most=self.most)
        if _UNPRINTABLE.search(value.translate(_LINES) if self.lines else value):
            _refuse("form-printable", path)


@dataclass(frozen=True)
class Pattern:
    """Text that a regular expression matches whole; `wanted` shows a person an example."""

    pattern: re.Pattern[str]
    wanted: str

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, str) or not self.pattern.fullmatch(value):
            _refuse("form-pattern", path, wanted=self.wanted)


@dataclass(frozen=True)
class Choice:
    """One of a few known words."""

    words: tuple[str, ...]

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, str) or value not in self.words:
            _refuse("form-choice", path, wanted=", ".join(self.words))


@dataclass(frozen=True)
class Whole:
    """A JSON integer from `least` to `most`."""

    least: int = 0
    most: int = 2**53 - 1

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not self.least <= value <= self.most:
            _refuse("form-whole", path, least=self.least, most=self.most)


@dataclass(frozen=True)
class Flag:
    """true or false."""

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, bool):
            _refuse("form-flag", path)


@dataclass(frozen=True)
class Id:
    """32 lower-case hex digits."""

    def check(self, value: object, path: str) -> None:
        if not is_id(value):
            _refuse("form-id", path)


@dataclass(frozen=True)
class Digest:
    """A SHA-256 as 64 lower-case hex digits."""

    def check(self, value: object, path: str) -> None:
        if not is_digest(value):
            _refuse("form-digest", path)


@dataclass(frozen=True)
class Time:
    """RFC 3339 UTC with `Z`, seconds required, at most 9 fraction digits."""

    def check(self, value: object, path: str) -> None:
        try:
            if isinstance(value, str):
                parse_time(value)
                return
        except EncodingError:
            pass
        _refuse("form-time", path)


@dataclass(frozen=True)
class Bytes:
    """Padded standard base64 of `least` to `most` bytes."""

    least: int
    most: int

    def check(self, value: object, path: str) -> None:
        try:
            # The text's length bounds the bytes before anything is decoded.
            fits = isinstance(value, str) and len(value) <= (self.most + 2) // 3 * 4
            if fits and self.least <= len(b64decode(str(value))) <= self.most:
                return
        except EncodingError:
            pass
        _refuse("form-base64", path, least=self.least, most=self.most)


@dataclass(frozen=True)
class Number:
    """A decimal string `(0|[1-9]\\d*)(\\.\\d+)?`, never negative, of bounded length.

    An amount of money may have more integer digits than a price, being a product of two.
    """

    integer_digits: int = 15
    fraction_digits: int = 8

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, str):
            _refuse("number-form", path, value=f"a JSON {type(value).__name__}")
        problem = decimal_problem(value, self.integer_digits, self.fraction_digits)
        if problem:
            _refuse(problem, path, value=value[:60])


@dataclass(frozen=True)
class Null:
    """The value of `form`, or null."""

    form: Form

    def check(self, value: object, path: str) -> None:
        if value is not None:
            self.form.check(value, path)


@dataclass(frozen=True)
class List:
    """An array of `least` to `most` values of one form."""

    form: Form
    least: int = 0
    most: int = 100_000

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            _refuse("form-list", path, least=self.least, most=self.most)
        check = self.form.check
        index = 0
        try:
            for member in value:
                check(member, "")
                index += 1
        except BidError as error:
            raise _within(error, f"{path}[{index}]") from None


@dataclass(frozen=True)
class Map:
    """An object whose member names are data themselves."""

    key: Form
    form: Form
    most: int = 100_000

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, dict) or len(value) > self.most:
            _refuse("form-object", path)
        for name, member in value.items():
            self.key.check(name, f"{path} (name)")
            self.form.check(member, f"{path}.{name}" if path else name)


@dataclass(frozen=True)
class Object:
    """A JSON object whose members another module defines."""

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            _refuse("form-object", path)


@dataclass(frozen=True)
class Members:
    """An object with exactly the `required` members, those of `optional` that are there, and no other."""

    required: Mapping[str, Form]
    optional: Mapping[str, Form] = field(default_factory=dict)

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            _refuse("form-object", path)
        name = ""
        try:
            for name, form in self.required.items():
                if name not in value:
                    _refuse("member-missing", "")
                form.check(value[name], "")
            if len(value) == len(self.required):
                return
            for name, member in value.items():
                if name in self.required:
                    continue
                if name not in self.optional:
                    _refuse("member-unknown", "")
                self.optional[name].check(member, "")
        except BidError as error:
            raise _within(error, f"{path}.{name}" if path else name) from None


def _within(error: BidError, path: str) -> BidError:
    """The error with its place seen from one level up; paths are put together only where one is needed."""
    inner = error.params["path"]
    if inner == _HERE:
        inner = ""
    separator = "." if inner and not inner.startswith(("[", " ")) else ""
    return BidError(error.code, **{**error.params, "path": f"{path}{separator}{inner}"})


AMOUNT = Number(MAX_AMOUNT_DIGITS, 8)
