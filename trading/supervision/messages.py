"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "integrity-no-evidence": (
        "证据包尚未公布，标段结束并出具报告后才能核验。",
        "There is no evidence package yet; it comes when the tender has ended and its reports are rendered.",
    ),
    "integrity-too-large": (
        "证据包超过 {most} MiB，不在服务器上核验。请下载后用 sunseal verify 核验。",
        "The package is larger than {most} MiB and is not checked on the server. Download it and use "
        "sunseal verify.",
    ),
    "integrity-busy": (
        "正在进行另一次核验。请稍后再试。",
        "Another check is running. Try again in a moment.",
    ),
}
