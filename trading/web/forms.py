"""Forms of pages: fields by WTForms, labels and errors in both languages, what was typed kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from pyramid.request import Request
from wtforms import Form as _Form
from wtforms import (
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

Check = Callable[[Any, Any], None]


class Both(NamedTuple):
    """A label, hint or error in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh


class Form(_Form):  # type: ignore[misc]
    """A form's values as posted, else as given by name; `problems` are refusals of no one field, and `beside`
    says at which field that of a code is shown."""

    beside: Mapping[str, str] = MappingProxyType({})

    def __init__(self, request: Request, empty: bool = False, **values: Any) -> None:
        posted = request.POST if request.method == "POST" and not empty else None
        super().__init__(posted, data=values)
        self.problems: list[Both] = []

    @property
    def wrong(self) -> bool:
        """Whether anything is to be mended."""
        return bool(self.errors or self.problems)


def required(zh: str, en: str) -> Check:
    """Refuses an empty field with a sentence that says what to do."""

    def check(form: Any, field: Any) -> None:
        data = field.data
        if data is None or data == [] or (isinstance(data, str) and not data.strip()):
            raise StopValidation(Both(zh, en))

    # The browser is told as well; WTForms passes this on to the input.
    check.field_flags = {"required": True}  # type: ignore[attr-defined]
    return check


def fits(test: Callable[[str], object], zh: str, en: str) -> Check:
    """Refuses what `test` finds false or raises ValueError at; an empty field passes."""

    def check(form: Any, field: Any) -> None:
        if not field.data:
            return
        try:
            good = test(field.data)
        except ValueError:
            good = False
        if not good:
            raise StopValidation(Both(zh, en))

    return check


def matches(pattern: str, zh: str, en: str) -> Check:
    """Refuses what the whole of `pattern` does not match."""
    compiled = re.compile(pattern)
    return fits(compiled.fullmatch, zh, en)


def at_most(length: int) -> Check:
    """Refuses more than `length` characters."""

    def check(form: Any, field: Any) -> None:
        if field.data and len(field.data) > length:
            zh = f"最多 {length} 个字，现在有 {len(field.data)} 个。请缩短。"
            en = f"At most {length} characters; there are {len(field.data)}. Shorten it."
            raise StopValidation(Both(zh, en))

    check.field_flags = {"maxlength": length}  # type: ignore[attr-defined]
    return check


def tidy(value: str | None) -> str:
    """Full-width letters and digits made plain, spaces trimmed: how names and numbers are typed."""
    return unicodedata.normalize("NFKC", value or "").replace("\0", "").strip()


def text(zh: str, en: str, *checks: Check, hint: Both | None = None, **attributes: Any) -> Any:
    """A line of text, tidied."""
    return StringField(
        Both(zh, en), checks, filters=(tidy,), description=hint or "", render_kw=attributes
    )  # fmt: skip


def secret(zh: str, en: str, *checks: Check, hint: Both | None = None, **attributes: Any) -> Any:
    """A password: taken as typed, never shown again."""
    return PasswordField(Both(zh, en), checks, description=hint or "", render_kw=attributes)


def prose(zh: str, en: str, *checks: Check, hint: Both | None = None, **attributes: Any) -> Any:
    """Text of several lines."""
    return TextAreaField(
        Both(zh, en), checks, filters=(lambda value: (value or "").replace("\0", "").strip(),),
        description=hint or "", render_kw=attributes,
    )  # fmt: skip


def offered(choices: Iterable[tuple[str, Both]]) -> list[SelectChoice]:
    """The choices of a field, from their values and words."""
    return [SelectChoice(value, words) for value, words in choices]


_NOT_OFFERED = Both("请从列出的选项中选择。", "Choose from what is offered.")


def choice(zh: str, en: str, *checks: Check, hint: Both | None = None, **attributes: Any) -> Any:
    """One of several; see `offered`."""
    return SelectField(
        Both(zh, en), checks, description=hint or "", render_kw=attributes,
        invalid_choice_message=_NOT_OFFERED,
    )  # fmt: skip


def radios(zh: str, en: str, choices: Iterable[tuple[str, Both]], missing: Both) -> Any:
    """One of a few, all of them to be seen."""
    return RadioField(Both(zh, en), choices=offered(choices), invalid_choice_message=missing)


class _Ticks(SelectMultipleField):  # type: ignore[misc]
    def pre_validate(self, form: object) -> None:
        if not {choice.value for choice in self.choices}.issuperset(self.data or ()):
            raise StopValidation(_NOT_OFFERED)


def ticks(zh: str, en: str, *checks: Check, choices: Iterable[tuple[str, Both]] = ()) -> Any:
    """Several of many, each with its box."""
    return _Ticks(
        Both(zh, en), checks, choices=offered(choices), option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )  # fmt: skip
