"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "agency-in-use": (
        "该单位是未结束标段的招标人，不能取消此角色。请在标段结束后再试。",
        "The organisation is the agency of unfinished tenders. Take the role away when they are over.",
    ),
    "custodian-in-use": (
        "该单位是未结束标段的密钥保管人，不能取消此角色。请在标段结束后再试。",
        "The organisation is a custodian of unfinished tenders. Take the role away when they are over.",
    ),
    "roles-none": (
        "机构至少要有一个角色。如要停用该机构，请停用其人员并撤销其令牌和证书。",
        "An organisation needs a role. To shut it out, disable its people and revoke its tokens and "
        "certificates.",
    ),
}
