"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "evaluation-not-found": ("本标段尚无评审结果。", "This tender is not evaluated."),
    "evaluation-disagrees": (
        "评审声明的 {field} 与本标段的开标记录不符。请按公布的开标记录重新签署。",
        "The evaluation's {field} is not that of this tender's opening record. Sign it anew for that one.",
    ),
    "evaluation-rejection": (
        "评审声明否决了投标 {bid}，但它未被开启或被列出多次。",
        "The evaluation rejects bid {bid}, which was not opened or is listed twice.",
    ),
    "evaluation-tied": (
        "并列第一的投标为 {bids}。请在评审声明的 order 中写明先后。",
        "These bids share the first place: {bids}. Name their order in the evaluation's `order`.",
    ),
    "evaluation-above-ceiling": (
        "投标 {bid} 的总价 {total} 超过最高限价，须予否决。",
        "Bid {bid} with its total {total} is above the ceiling and has to be rejected.",
    ),
}
