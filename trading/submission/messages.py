"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "bid-late": (
        "投标截止时间 {deadline} 已到，逾期送达的投标不予接收。",
        "The deadline {deadline} has passed; late bids are not received.",
    ),
    "tender-not-open": (
        "标段当前状态为“{state}”，不接收投标。",
        "The tender is in the state {state} and receives no bids.",
    ),
    "tender-cancelled": (
        "招标已终止，不再接收投标。终止理由：{reason}",
        "The tender was cancelled and receives no bids. Reason: {reason}",
    ),
    "supplier-is-buyer": (
        "招标人不得在自己的标段投标。",
        "The agency cannot bid in its own tender.",
    ),
    "supplier-is-custodian": (
        "本标段的保管人不得投标。",
        "A custodian of this tender cannot bid in it.",
    ),
    "signature-missing": (
        "投标清单没有签名，不予接收。请用供应商证书签名后提交。",
        "The manifest is not signed and is not received. Sign it with the supplier's certificate.",
    ),
    "bid-object-missing": (
        "清单所列的密文（SHA-256 {sha256}）尚未完整上传。请上传后重新提交；已上传的内容均保留。",
        "A ciphertext of the manifest (SHA-256 {sha256}) is not here completely. Upload it and submit again; "
        "what you have uploaded stays.",
    ),
    "bid-object-size": (
        "密文（SHA-256 {sha256}）的大小为 {found} 字节，清单写的是 {stated} 字节。",
        "The ciphertext (SHA-256 {sha256}) has {found} bytes; the manifest says {stated}.",
    ),
    "bid-duplicate": (
        "投标编号 {bid} 已被使用，而内容或签名不同。请用新的编号重新密封。",
        "The bid id {bid} is taken by a bid with other content or another signature. Seal again "
        "under a new id.",
    ),
    "bid-key-differs": (
        "替换或撤回须使用原投标的同一把签名私钥。如密钥已遗失，请向监督机构申请处理。",
        "Replacing or withdrawing a bid needs the signing key it was signed with. If that key is "
        "lost, a supervisor "
        "must decide.",
    ),
    "bid-not-found": ("贵机构在本标段没有这份投标。", "Your organisation has no such bid in this tender."),
    "withdrawal-disagrees": (
        "撤回书中的 {field} 与本标段、现行策略或贵机构不符。",
        "The withdrawal's {field} is not this tender's, the policy's in force, or yours.",
    ),
    "withdrawal-not-current": (
        "投标 {bid} 不是贵机构的现行投标（已替换、已撤回或已作废），不能撤回。",
        "The bid {bid} is not your current one (it is replaced, withdrawn or void), so it cannot be "
        "withdrawn.",
    ),
    "upload-not-found": ("没有这个上传任务。", "There is no such upload."),
    "upload-size": (
        "文件大小须在 1 至 {limit} 字节之间。",
        "An upload has 1 to {limit} bytes.",
    ),
    "upload-part-number": (
        "分段编号须在 0 至 {last} 之间。",
        "Parts of this upload are numbered 0 to {last}.",
    ),
    "upload-part-size": (
        "第 {number} 段须为 {wanted} 字节，收到 {found} 字节。",
        "Part {number} must have {wanted} bytes; {found} came.",
    ),
    "upload-part-differs": (
        "第 {number} 段已收到，内容不同。已收到的内容不得更改。",
        "Part {number} is here already with other bytes. What is received is never changed.",
    ),
    "upload-incomplete": (
        "尚缺 {missing} 段，不能完成上传。",
        "{missing} parts are still missing; send them first.",
    ),
    "upload-digest": (
        "上传内容的 SHA-256 与声明的不符，该上传已作废，未留下任何内容。请重新上传。",
        "The uploaded bytes do not have the SHA-256 announced. The upload was discarded and nothing "
        "of it stays; "
        "start it again.",
    ),
    "ledger-not-closed": (
        "投标截止前没有证明可供下载。",
        "There are no proofs before the tender is closed.",
    ),
}
