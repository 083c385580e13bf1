"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "result-notice-not-ready": (
        "没有该供应商的中标结果通知书：通知书在定标之后发给各未中标的投标人，中标人收到的是中标通知书。",
        "There is no notice of the result for this supplier: after the award each bidder that did not "
        "win gets one, "
        "the winner gets the award notice.",
    ),
}
