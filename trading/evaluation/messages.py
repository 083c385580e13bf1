"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "evaluators-early": (
        "标段尚未发布。发布后才能指定评标专家。",
        "The tender is not published. Evaluators are appointed afterwards.",
    ),
    "evaluators-late": (
        "评审结果已经签署或标段已经结束，不能再变更评标专家。",
        "The evaluation is signed or the tender is over; its evaluators stay as they are.",
    ),
    "evaluators-many": (
        "每个标段最多指定 {most} 位评标专家。请先取消不再需要的。",
        "A tender has {most} evaluators at most. Dismiss one first.",
    ),
    "evaluator-unknown": (
        "没有这位评标专家。请从列表中重新选择。",
        "There is no such evaluator. Choose one from the list.",
    ),
    "evaluator-oneself": (
        "您不能指定自己。请由本单位另一位经办人指定。",
        "You cannot appoint yourself. Let another person of your agency do it.",
    ),
    "evaluation-early": (
        "尚未开标。开标记录公布前，任何人都看不到任何投标。",
        "The bids are not open. Until the opening record is published nobody sees any of them.",
    ),
    "opinion-late": (
        "招标人已签署评审结果或标段已经结束，意见不能再更改。",
        "The agency has signed the evaluation or the tender is over; opinions stay as they are.",
    ),
    "opinion-bid": (
        "没有这份已开启的投标。请刷新页面后重试。",
        "No such bid was opened. Reload the page.",
    ),
    "opinion-reason": (
        "建议否决的，请写明理由。",
        "Give the reason why it is to be rejected.",
    ),
    "evaluator-key-other": (
        "该专家没有公钥，或已换成另一把。请刷新页面，重新核对指纹后移交。",
        "The evaluator has no public key, or another one by now. Reload the page and compare the fingerprint "
        "again before you hand over.",
    ),
    "handed-key-size": (
        "密封的密钥应为 {wanted} 字节。请用本平台的页面重新移交。",
        "A sealed key has {wanted} bytes. Hand over again from the platform's own page.",
    ),
    "handover-time": (
        "附件只能在开标之后、签署评审结果之前移交。",
        "Attachments are handed over after the opening and before the evaluation is signed.",
    ),
    "not-handed-over": (
        "招标人没有把这份投标的附件移交给您。请联系招标人。",
        "The agency has not handed this bid's attachments to you. Ask the agency for it.",
    ),
    "evaluation-not-found": ("本标段尚无评审结果。", "This tender is not evaluated."),
    "evaluation-disagrees": (
        "评审声明的 {field} 与本标段的开标记录不符。请按公布的开标记录重新签署。",
        "The evaluation's {field} is not that of this tender's opening record. Sign it anew for that one.",
    ),
    "evaluation-rejection": (
        "评审声明否决了投标 {bid}，但它未被开启或被列出多次。",
        "The evaluation rejects bid {bid}, which was not opened or is listed twice.",
    ),
    "evaluator-key-unusable": (
        "您的附件公钥不可用：{reason}请重新生成密钥。",
        "Your public key for attachments cannot be used: {reason} Make a new key.",
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
