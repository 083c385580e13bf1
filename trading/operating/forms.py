"""The forms of enrolling organisations."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from trading.sign_in.forms import ROLE_WORDS
from trading.web.forms import Both, Form, at_most, matches, required, text
from trading.web.permissions import Role

ROLES = (Role.AGENCY, Role.SUPPLIER, Role.CUSTODIAN, Role.SUPERVISOR, Role.EVALUATOR)
# RFC 5280's reasons that an operator has.
REASONS = {
    "keyCompromise": Both("密钥泄露", "The key is compromised"),
    "affiliationChanged": Both("人员或单位变更", "The person or organisation has changed"),
    "superseded": Both("已更换新证书", "It is superseded"),
    "cessationOfOperation": Both("不再使用", "It is no longer used"),
    "privilegeWithdrawn": Both("取消资格", "The privilege is withdrawn"),
}


def _roles() -> Any:
    return SelectMultipleField(
        Both("角色", "Roles"),
        [required("请至少选择一个角色。", "Choose at least one role.")],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        choices=[(role.value, ROLE_WORDS[role]) for role in ROLES],
    )


class EnrolmentForm(Form):
    """A new organisation."""

    scheme = text(
        "编号体系",
        "Scheme",
        required("请填写编号体系。", "Enter the scheme."),
        matches("[A-Z]{2,}[A-Z0-9-]{0,30}", "例如 CN-USCC。", "Such as CN-USCC."),
        hint=Both("中国的统一社会信用代码为 CN-USCC。", "CN-USCC for China's unified social credit code."),
    )
    identifier = text(
        "编号",
        "Identifier",
        required("请填写编号。", "Enter the identifier."),
        matches(
            "[A-Za-z0-9][A-Za-z0-9._/-]{0,99}",
            "只能用字母、数字和 . _ / -。",
            "Letters, digits and . _ / - only.",
        ),
    )
    name = text("单位名称", "Name", required("请填写单位全称。", "Enter the full name."), at_most(200))
    roles = _roles()


class RolesForm(Form):
    """The roles of an organisation."""

    roles = _roles()


def enrolment_form(request: Request) -> EnrolmentForm:
    """Empty, for China's usual scheme."""
    return EnrolmentForm(request, scheme="CN-USCC")


def roles_form(request: Request) -> RolesForm:
    """With the roles that the organisation has."""
    return RolesForm(request, roles=request.context.organisation.roles.split(","))
