"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "tender-not-closed": (
        "投标尚未截止，台账未冻结。请在截止时间之后再读取。",
        "The tender is not closed, so its ledger is not frozen. Read this after the deadline.",
    ),
    "release-not-yours": (
        "释放声明须由保管人本人提交。请使用该保管人的令牌。",
        "A release is handed in by the custodian it names. Use that custodian's token.",
    ),
    "release-none": (
        "该保管人尚未提交释放声明。",
        "This custodian has handed in no release yet.",
    ),
    "release-not-wanted": (
        "标段当前状态为“{state}”，不接受释放声明。",
        "The tender is in the state {state}; no release is taken.",
    ),
    "release-second": (
        "该保管人已提交过另一份释放声明；每个分段只接受一份。",
        "This custodian has handed in another release; there is one for each segment.",
    ),
    "release-files-shares": (
        "须为释放的每份附件密钥份额提交一份以招标人信封公钥密封的份额。",
        "For each files share released send one sealed to the agency's envelope key.",
    ),
    "erasure-too-early": (
        "标段当前状态为“{state}”，密封密钥仍可能需要，不能登记销毁。",
        "The tender is in the state {state} and may still need the sealing key: it is too early to erase it.",
    ),
    "erasure-other-key": (
        "销毁声明与本标段、本保管人或其密封密钥不符。",
        "The erasure is for another tender, custodian or sealing key.",
    ),
}
