"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "roles-in-use": (
        "该单位正作为“{role}”参与未结束的标段，不能取消此角色。",
        "The organisation takes part in unfinished tenders as {role_en}; the role cannot be taken away now.",
    ),
    "roles-none": (
        "机构至少要有一个角色。如要停用该机构，请停用其人员并撤销其令牌和证书。",
        "An organisation needs a role. To shut it out, disable its people and revoke its tokens and "
        "certificates.",
    ),
}
