"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "evidence-not-ready": (
        "证据包尚未生成。请在标段办结后再下载。",
        "The evidence package is not built yet. Download it when the tender has ended.",
    ),
}
