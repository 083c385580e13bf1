"""Sentences about certificates in one's own name, and the record of them: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "own-record-line": (
        "{path} 第 {line} 行的开头不是证书的 SHA-256 指纹（64 位十六进制）。请改正或删去该行。",
        "Line {line} of {path} does not begin with a certificate's SHA-256 of 64 hex digits. Mend it or "
        "take it out.",
    ),
    "own-parties": (
        "给出的证书不属于同一机构（{found}）。请一次只核对一个机构的证书。",
        "The certificates given are not of one party ({found}). Check one party's at a time.",
    ),
    "own-none": (
        "没有给出本机构的任何证书。请用 --key 或 --certificate 给出至少一张。",
        "No certificate of your own was given. Name at least one with --key or --certificate.",
    ),
    "own-token": (
        "给出的令牌是另一个机构的（{found}）。请给出证书所属机构自己的令牌。",
        "The token given is another party's ({found}). Give one of the party that the certificates are of.",
    ),
    "own-other-party": (
        "文件夹 {folder} 里记录的是另一个机构（{found}）。请换一个文件夹。",
        "The folder {folder} has another party's record ({found}). Take another folder.",
    ),
    "own-day-shut": (
        "日志第 {position} "
        "条是一天供应商证书的汇总，平台没有出示其中本机构的位置。请要求平台出示，并告知监督部门。",
        "Entry {position} of the log is a day's root of suppliers' certificates, and the platform did not "
        "open your "
        "place under it. Ask for it, and tell the supervisor.",
    ),
    "own-unlisted": (
        "本机构的证书 {certificate} 应在 {day} 的汇总中，却不在。请告知监督部门。",
        "Your certificate {certificate} should stand under the root of {day} and does not. Tell the "
        "supervisor.",
    ),
    "own-unshown": (
        "平台列出的本机构证书中没有您的证书 {certificate}。请向平台询问，并告知监督部门。",
        "The platform does not list your certificate {certificate} among your organisation's. Ask it why, "
        "and tell "
        "the supervisor.",
    ),
    "own-unlogged": (
        "公开日志中没有您的证书 {certificate}。请向平台询问，并告知监督部门。",
        "The public log does not have your certificate {certificate}. Ask the platform why, and tell the "
        "supervisor.",
    ),
    "own-notice-withheld": (
        "日志记载了标段 {tender} 的公告，平台却没有出示。它是否以本机构名义发布，无从得知。",
        "The log has a notice of the tender {tender} that the platform does not show. Whether it is in "
        "your name "
        "cannot be told.",
    ),
    "own-notice-unsigned": (
        "标段 {tender} 的公告写着本机构为招标人，签名却不成立。请告知监督部门。",
        "A notice of the tender {tender} names you as its buyer, and its signature does not hold. Tell the "
        "supervisor.",
    ),
    "own-ledger-withheld": (
        "日志记载标段 {tender} 已截标，平台却没有出示其台账。其中有无以本机构名义的投标，无从得知。",
        "The log says that the tender {tender} is closed, and the platform does not show its ledger. "
        "Whether it has "
        "a bid in your name cannot be told.",
    ),
    "own-bid-unsigned": (
        "标段 {tender} 的台账中有以本机构名义的投标 {bid}，签名却不成立。请告知监督部门。",
        "The ledger of the tender {tender} has a bid {bid} in your name, and its signature does not hold. "
        "Tell the "
        "supervisor.",
    ),
    "own-bid-unnamed": (
        "标段 {tender} 的投标 {bid} 由平台以外签发的证书签署，平台却没有出示其登记声明："
        "它可能是以本机构名义的。请要求平台出示。",
        "The bid {bid} in the ledger of the tender {tender} was signed with a certificate from outside the "
        "platform whose enrolment the platform does not show: it may be in your name. Ask for it.",
    ),
    "certificate-unlogged": (
        "证书 {certificate} 的登记不在公开日志中，其机构无从得知；凡依据它的一律不办理。请向平台询问。",
        "The enrolment of the certificate {certificate} is not in the public log, where its party would "
        "find it: "
        "nothing is done on its account. Ask the platform.",
    ),
    "proof-claim": (
        "这个文件不是关于外来证书的举证文件。",
        "This file is no proof about a certificate that its party never asked for.",
    ),
    "proof-other": (
        "{folder} 说的是另一张证书或另一个机构。",
        "{folder} is about another certificate or another party.",
    ),
    "proof-file": ("{folder} 中的文件残缺或无法读取。", "Files in {folder} are missing or cannot be read."),
}
