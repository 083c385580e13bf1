"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "revocation-reason": ("请选择撤销原因。", "Choose the reason for revoking."),
    "roles-in-use": (
        "该单位正作为“{role}”参与未结束的标段，不能取消此角色。",
        "The organisation takes part in unfinished tenders as {role_en}; the role cannot be taken away now.",
    ),
}
