"""The forms of signing in and of people."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from wtforms import BooleanField, HiddenField
from wtforms.validators import StopValidation

from trading.sign_in.passwords import weakness
from trading.sign_in.people import USERNAME
from trading.sign_in.registrations import is_uscc
from trading.web.forms import (
    Both,
    Form,
    at_most,
    fits,
    matches,
    offered,
    prose,
    required,
    secret,
    text,
    ticks,
)
from trading.web.permissions import Role

_USERNAME_HINT = Both(
    "小写字母、数字和 . _ @ + -，至少 3 个；可以是邮箱或手机号。",
    "Small letters, digits and . _ @ + -, at least 3; an e-mail address or a phone number will do.",
)
_PASSWORD_HINT = Both(
    "至少 12 个字符，长比复杂有用。",
    "At least 12 characters; length helps more than odd signs.",
)
ROLE_WORDS: dict[str, Both] = {
    Role.AGENCY: Both("招标人", "Agency"),
    Role.SUPPLIER: Both("供应商", "Supplier"),
    Role.EVALUATOR: Both("评标专家", "Evaluator"),
    Role.CUSTODIAN: Both("密钥保管人", "Custodian"),
    Role.SUPERVISOR: Both("监督人员", "Supervisor"),
    Role.OPERATOR: Both("平台运营", "Operator"),
}


def _username_field() -> Any:
    return text(
        "用户名", "Username", required("请填写用户名。", "Enter a username."), at_most(100),
        matches(
            USERNAME, "用户名只能用小写字母、数字和 . _ @ + -，至少 3 个字符，以字母或数字开头。",
            "Small letters, digits and . _ @ + - only, at least 3, beginning with a letter or digit.",
        ),
        hint=_USERNAME_HINT, autocomplete="username", autocapitalize="none", spellcheck="false",
    )  # fmt: skip


def _strong(form: Any, field: Any) -> None:
    names = [form[name].data or "" for name in ("username", "person") if name in form]
    if (wrong := weakness(field.data, *names)) is not None:
        raise StopValidation(wrong)


def _new_password_field() -> Any:
    return secret(
        "新密码", "New password", required("请填写新密码。", "Enter a new password."), _strong,
        hint=_PASSWORD_HINT, autocomplete="new-password",
    )  # fmt: skip


class PasswordForm(Form):
    """The first step of signing in."""

    username = text(
        "用户名", "Username", required("请填写用户名。", "Enter your username."), at_most(100),
        autocomplete="username", autocapitalize="none", spellcheck="false",
    )  # fmt: skip
    password = secret(
        "密码", "Password", required("请填写密码。", "Enter your password."), at_most(200),
        autocomplete="current-password",
    )  # fmt: skip
    next = HiddenField()


class CodeForm(Form):
    """A code of an authenticator app."""

    code = text(
        "验证码", "Code", required("请填写验证码。", "Enter the code."),
        matches(r"\d{3} ?\d{3}", "验证码是 6 位数字。", "The code has six digits."),
        hint=Both(
            "验证器应用中显示的 6 位数字，每 30 秒更换。",
            "Six digits in your authenticator app, new every 30 seconds.",
        ),
        inputmode="numeric", autocomplete="one-time-code",
    )  # fmt: skip
    next = HiddenField()


class PasskeyForm(Form):
    """What the browser answered for a passkey; a script fills it in."""

    answer = HiddenField()
    label = text("名称", "Name", at_most(100), hint=Both("例如“办公室电脑”。", "Such as “office computer”."))
    next = HiddenField()


class CertificateForm(Form):
    """A signed sign-in statement, in base64; a script fills it in."""

    file = HiddenField()
    next = HiddenField()


class InvitationForm(Form):
    """Who was invited chooses how to sign in."""

    username = _username_field()
    password = _new_password_field()


class ChangeForm(Form):
    """A new password, with the old one."""

    old = secret(
        "现在的密码", "Present password", required("请填写现在的密码。", "Enter your present password."),
        autocomplete="current-password",
    )  # fmt: skip
    password = _new_password_field()


class RegistrationForm(Form):
    """A supplier's registration (Order 20 art. 24)."""

    identifier = text(
        "统一社会信用代码", "Unified social credit code",
        required("请填写统一社会信用代码。", "Enter the unified social credit code."),
        fits(
            is_uscc, "统一社会信用代码的校验不符，请对照营业执照核对 18 位代码。",
            "The check character does not fit: compare all 18 characters with the business licence.",
        ),
        hint=Both("18 位，见营业执照。", "18 characters, on the business licence."),
        autocapitalize="characters", spellcheck="false",
    )  # fmt: skip
    name = text(
        "单位名称", "Organisation",
        required("请填写营业执照上的单位全称。", "Enter the full name on the licence."),
        at_most(200), autocomplete="organization",
    )  # fmt: skip
    person = text(
        "您的姓名", "Your name", required("请填写您的姓名。", "Enter your name."), at_most(100),
        autocomplete="name",
    )  # fmt: skip
    contact = text(
        "联系电话或邮箱", "Phone or e-mail", required("请填写联系方式。", "Enter how to reach you."),
        at_most(200),
        hint=Both("只有平台运营人员可见，用于核验。", "Seen by the platform's operator only, for the check."),
    )  # fmt: skip
    username = _username_field()
    password = _new_password_field()


class RefusalForm(Form):
    """Why a registration is refused."""

    registration = HiddenField()
    reason = prose(
        "不予通过的原因", "Reason for refusing",
        required("请写明原因，申请人会看到。", "Give the reason; the applicant reads it."), at_most(1000),
        rows=2,
    )  # fmt: skip


class InviteForm(Form):
    """A person to be invited."""

    name = text("姓名", "Name", required("请填写姓名。", "Enter the name."), at_most(100))
    roles = ticks("角色", "Roles", required("请至少选择一个角色。", "Choose at least one role."))
    admin = BooleanField(
        Both("可以管理本单位人员", "Manages the organisation's people")
    )


def invite_form(request: Request, empty: bool = False) -> InviteForm:
    """With the roles that the organisation has; `empty` after one was sent."""
    form = InviteForm(request, empty=empty)
    held = request.context.organisation.roles.split(",")
    form.roles.choices = offered((role, ROLE_WORDS.get(role, Both(role, role))) for role in held)
    if (empty or request.method == "GET") and len(held) == 1:
        form.roles.data = held
    return form
