"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "roles-none": (
        "机构至少要有一个角色。如要停用该机构，请停用其人员并撤销其令牌和证书。",
        "An organisation needs a role. To shut it out, disable its people and revoke its tokens and "
        "certificates.",
    ),
}
