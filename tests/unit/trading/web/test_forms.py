"""Choices that nobody offered are refused in both languages; none of WTForms' own words are heard."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from webob.multidict import MultiDict

from trading.web.forms import Both, Form, choice, offered, radios, ticks

ONE = [("x", Both("一", "one"))]


class Posted:
    """As much of a request as forms read."""

    method = "POST"

    def __init__(self, **fields: str) -> None:
        self.POST = MultiDict(fields)


class Chosen(Form):
    one = choice("甲", "A")
    few = radios("乙", "B", ONE, Both("请选择。", "Choose."))
    many = ticks("丙", "C", choices=ONE)

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.one.choices = offered(ONE)


@pytest.mark.parametrize("fields", [{"one": "f", "few": "f", "many": "f"}, {"many": "f"}])
def test_what_was_not_offered_is_refused_in_both_languages(fields: dict[str, str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        form = Chosen(Posted(**fields))
        assert not form.validate()
    errors = [error for field in form for error in field.errors]
    assert len(errors) == 3 and all(isinstance(error, Both) for error in errors)


def test_what_was_offered_is_taken() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        form = Chosen(Posted(one="x", few="x", many="x"))
        assert form.validate(), form.errors
