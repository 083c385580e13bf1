"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "award-not-found": ("本标段尚未定标。", "This tender is not awarded."),
    "award-disagrees": (
        "定标决定的 {field} 与本标段的开标记录不符。请按公布的开标记录重新签署。",
        "The decision's {field} is not that of this tender's opening record. Sign it anew for that one.",
    ),
    "award-not-first": (
        "定标决定须授予排名第一的投标 {winner}。",
        "The award goes to the bid ranked first, {winner}.",
    ),
    "award-notice-not-ready": (
        "中标通知书尚未生成。请在定标之后再下载。",
        "The award notice is not rendered yet. Download it after the award.",
    ),
    "award-report-not-ready": (
        "中标结果报告尚未生成。请在定标之后再下载。",
        "The award report is not rendered yet. Download it after the award.",
    ),
}
