"""The operator's forms."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from wtforms import HiddenField
from wtforms.validators import StopValidation

from trading.sign_in.forms import ROLE_WORDS
from trading.sign_in.registrations import is_uscc
from trading.web.forms import Both, Form, at_most, choice, matches, offered, required, text, ticks
from trading.web.permissions import Role

# The operator's own role is given at the start of a platform, by the command line alone.
GIVEN = tuple(role for role in Role if role is not Role.OPERATOR)

# RFC 5280's reasons, those that a party's certificate can have.
REASONS = (
    ("", Both("请选择", "Choose one")),
    ("keyCompromise", Both("私钥泄露或可能泄露", "Key compromised, or perhaps")),
    ("affiliationChanged", Both("人员离职或调岗", "Person left or moved")),
    ("superseded", Both("已换用新证书", "Superseded by another")),
    ("cessationOfOperation", Both("机构停止业务", "Organisation ceased")),
    ("privilegeWithdrawn", Both("资格取消", "Privilege withdrawn")),
    ("unspecified", Both("其他", "Other")),
)


def _roles() -> Any:
    return ticks(
        "角色", "Roles", required("请至少选择一个角色。", "Choose at least one role."),
        choices=[(role.value, ROLE_WORDS[role]) for role in GIVEN],
    )  # fmt: skip


def _fits_scheme(form: Any, field: Any) -> None:
    if form.scheme.data == "CN-USCC" and field.data and not is_uscc(field.data):
        raise StopValidation(
            Both(
                "统一社会信用代码的校验不符，请对照营业执照核对 18 位代码。",
                "The check character does not fit: compare all 18 characters with the business licence.",
            )
        )


class EnrolForm(Form):
    """An organisation to be enrolled; the same rules as the API's."""

    scheme = text(
        "代码类别", "Scheme", required("请填写代码类别。", "Enter the scheme."),
        matches(
            r"[A-Z]{2,}[A-Z0-9-]{0,30}", "代码类别由大写字母、数字和 - 组成，例如 CN-USCC。",
            "Capital letters, digits and -, such as CN-USCC.",
        ),
        hint=Both("中国机构填 CN-USCC。", "CN-USCC for organisations in China."), spellcheck="false",
    )  # fmt: skip
    identifier = text(
        "机构代码", "Identifier", required("请填写机构代码。", "Enter the identifier."),
        matches(
            r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}", "机构代码由字母、数字和 . _ / - 组成，最多 100 个字符。",
            "Letters, digits and . _ / -, at most 100 characters.",
        ),
        _fits_scheme,
        hint=Both(
            "CN-USCC 为 18 位统一社会信用代码。", "For CN-USCC the 18 characters on the business licence."
        ),
        spellcheck="false",
    )  # fmt: skip
    name = text(
        "机构名称", "Name", required("请填写机构全称。", "Enter the full name."), at_most(200)
    )  # fmt: skip
    roles = _roles()

    def __init__(self, request: Request, empty: bool = False, **values: Any) -> None:
        super().__init__(request, empty, **{"scheme": "CN-USCC", **values})


class RolesForm(Form):
    """The roles an organisation may act in."""

    roles = _roles()


def roles_form(request: Request) -> RolesForm:
    """Ticked as they are, until others are posted."""
    return RolesForm(request)


class RevocationForm(Form):
    """Why a certificate is revoked."""

    fingerprint = HiddenField()
    reason = choice("原因", "Reason", required("请选择撤销的原因。", "Choose the reason."))

    def __init__(self, request: Request, empty: bool = False, **values: Any) -> None:
        super().__init__(request, empty, **values)
        self.reason.choices = offered(REASONS)
