"""The sentences of custody, opening, ranking and the evidence package: code -> (Chinese, English)."""

from __future__ import annotations

from bids.messages_verification import MESSAGES as _VERIFICATION

_CUSTODY = {
    "policy-not-accepted": (
        "公告中的密封策略不是本保管人在发布时接受的那一份。请核对公告后再决定是否接受。",
        "The sealing policy in this notice is not the one that was accepted at publication. Compare "
        "the notices "
        "before accepting it.",
    ),
    "opening-early": (
        "尚未到开标时间 {opens_at}。请待该时间之后再试。",
        "The opening time {opens_at} has not come yet. Try again after it.",
    ),
    "notice-not-logged": (
        "公开日志中没有本标段的公告。",
        "The log has no notice of this tender.",
    ),
    "notice-not-last": (
        "此公告已被后来的公告取代。请取得最新公告。",
        "A later notice has replaced this one. Fetch the latest notice.",
    ),
    "amendment-not-successor": (
        "更正公告所取代的不是同一采购人同一标段的上一份公告。",
        "The amending notice does not replace the one before it, of the same tender and buyer.",
    ),
    "amendment-before-notice": (
        "更正公告的时间不晚于它所取代的公告。请检查本机时钟后重新签署。",
        "The amending notice is not from after the one it replaces. Check this machine's clock and sign "
        "again.",
    ),
    "amendment-late": (
        "更正公告签署于原投标截止时间之后；截止后不得更正或延期（招标投标法实施条例第21条）。",
        "The amending notice was signed after the deadline of the one it replaces; nothing is amended or "
        "postponed after the deadline (Implementing Regulations art. 21).",
    ),
    "amendment-same-policy": (
        "{member} 已变而封存策略未变，已封存的投标将无法评审。"
        "请同时更改封存策略（例如推迟截止时间），使其作废后重新封存。",
        "Changing {member} would spoil bids sealed already. Change the sealing policy as well (move the "
        "deadline), so that they are void and sealed again.",
    ),
    "amendment-old-policy": (
        "已被取代的密封规则再次启用，会使已失效的投标重新生效。",
        "A policy that was replaced is used again, which would bring void bids back.",
    ),
    "tender-ended": (
        "日志记载本标段已终止或暂停（{act}），不得开启。",
        "The log says that this tender was cancelled or suspended ({act}); nothing may be opened.",
    ),
    "closing-other-tender": (
        "截标声明属于另一个标段。",
        "The closing statement is of another tender.",
    ),
    "closing-other-policy": (
        "截标声明所指的密封策略与公告不同。",
        "The closing statement names another sealing policy than the notice.",
    ),
    "closing-other-deadline": (
        "截标声明中的截止时间与公告不同。",
        "The closing statement has another deadline than the notice.",
    ),
    "closing-other-log": (
        "截标声明属于另一个公开日志。",
        "The closing statement is for another public log.",
    ),
    "closing-not-logged": (
        "所给的日志条目不是这份截标声明的条目。",
        "The log entry given is not the one of this closing statement.",
    ),
    "closing-second": (
        "本标段曾出现过另一份截标声明；一个标段只能有一份。请报告监督部门。",
        "There was another closing statement for this tender before; there can only be one. Tell "
        "the supervisor.",
    ),
    "log-key-missing": (
        "没有公开日志的验证公钥。请提供。",
        "The public log's verifier key is not there. Provide it.",
    ),
    "log-rewritten": (
        "公开日志（{new} 条）不是先前所见日志（{old} 条）的延续，已被改写。请报告监督部门。",
        "The public log ({new} entries) does not extend the one seen before ({old} entries): it was "
        "rewritten. "
        "Tell the supervisor.",
    ),
    "log-entries-false": (
        "平台提供的日志条目与其签名的日志（{size} 条）不符。请重试；如仍如此，请报告监督部门。",
        "The entries that the platform serves are not those of the log that it signed ({size} entries). Try "
        "again; if it stays so, tell the supervisor.",
    ),
    "ledger-size": (
        "台账应有 {wanted} 条，实有 {found} 条。",
        "The ledger must have {wanted} leaves; {found} are there.",
    ),
    "ledger-root": (
        "台账内容与截标声明中的根不符：有条目被增加、删除或更改。",
        "The ledger does not have the root in the closing statement: a leaf was added, dropped or changed.",
    ),
    "leaf-mismatch": (
        "投标 {bid} 的 {member} 与台账条目中的摘要不符。",
        "The {member} of the bid {bid} is not the one in the ledger's leaf.",
    ),
    "bid-not-in-ledger": (
        "投标 {bid} 不在台账中。",
        "The bid {bid} is not in the ledger.",
    ),
    "organisation-twice": (
        "单位 {organisation} 以两个供应商的身份投标；一个单位只能算一家。",
        "The organisation {organisation} bid as two suppliers; it counts as one.",
    ),
    "receipt-after-closing": (
        "投标 {bid} 的回执出具于截标声明之后。",
        "The receipt of the bid {bid} is from after the closing statement.",
    ),
    "receipt-before-notice": (
        "投标 {bid} 的接收时间早于其所依据的公告。",
        "The bid {bid} was received before the notice that it is for was made.",
    ),
    "receipt-order": (
        "投标 {bid} 的接收时间早于台账中排在它前面的记录；接收时间不得倒退。",
        "The bid {bid} was received before what stands before it in the ledger; times never go back there.",
    ),
    "receipt-late": (
        "投标 {bid} 的回执时间晚于截止时间。",
        "The bid {bid} has a receipt from after the deadline.",
    ),
    "manifest-other-bid": (
        "投标清单属于另一份投标。",
        "The manifest is of another bid.",
    ),
    "withdrawal-other": (
        "投标 {bid} 的撤回文件所指的标段、供应商、投标或密封策略不符。",
        "The withdrawal of the bid {bid} names another tender, supplier, bid or policy.",
    ),
    "other-key": (
        "替换或撤回投标 {bid} 的签名密钥与原投标不同，须由监督部门决定。",
        "The bid {bid} was replaced or withdrawn under another key than its own; a supervisor has to decide.",
    ),
    "minimum-not-reached": (
        "投标人只有 {found} 家，少于最低要求 {wanted} 家；不得开启，应销毁密钥。",
        "Only {found} suppliers bid and {wanted} are the minimum: nothing is opened and the keys are erased.",
    ),
    "segment-unknown": (
        "密封策略中没有分段 {segment}。",
        "The sealing policy has no segment {segment}.",
    ),
    "sealing-key-differs": (
        "此密钥不是密封策略为保管人 {custodian} 列明的密钥。请用交出公钥时的密钥库或浏览器；"
        "密钥若被换过，请查明原因，从备份恢复。",
        "This is not the sealing key that the policy has for the custodian {custodian}. Use the store or the "
        "browser that handed its key in; if the key was exchanged, find out how, and recover it from the "
        "backup.",
    ),
    "release-row": (
        "释放声明中投标 {bid} 的一行不合规定：须恰有份额、摘要或拒绝之一。",
        "A row of the release for the bid {bid} must hold exactly one share, digest or refusal, as "
        "its part wants.",
    ),
    "release-signer": (
        "释放声明不是由密封策略为保管人 {custodian} 列明的密钥签名。",
        "The release was not signed by the key that the policy names for the custodian {custodian}.",
    ),
    "release-other-closing": (
        "释放声明针对另一份截标声明。",
        "The release is for another closing.",
    ),
    "release-early": (
        "保管人 {custodian} 的释放声明早于开标时间。",
        "The release of the custodian {custodian} is from before the opening time.",
    ),
    "release-other-bids": (
        "释放声明所列投标与台账得出的有效投标不一致。",
        "The release does not list exactly the current bids, in the ledger's order.",
    ),
    "release-share": (
        "释放声明中投标 {bid}（{part}）的份额与投标人的承诺不符。",
        "The share released for the bid {bid} ({part}) is not the one that the bidder committed to.",
    ),
}

_OPENING = {
    "opening-ciphertext-missing": (
        "平台没有保存该投标的密文。",
        "The platform does not have the bid's ciphertext.",
    ),
    "opening-ciphertext-altered": (
        "平台所存密文与投标清单中的摘要不符。",
        "The platform's ciphertext is not the one in the bid's signed manifest.",
    ),
    "opening-broke-off": (
        "开启该投标时发生意外，已记录备查；其他投标不受影响。",
        "Opening the bid broke off unexpectedly, which is on record; the others went on.",
    ),
    "opening-share-mismatch": (
        "有保管人释放的份额与投标人的承诺不符，其余份额不足。",
        "A custodian released another share than the bidder committed to, and too few others are left.",
    ),
    "opening-shares-refused": (
        "保管人报告份额无法解开，所余份额不足；无法判断是投标人密封不当还是保管人不实。",
        "Custodians say that shares do not open, and too few are left; whether the bidder sealed "
        "rubbish or they "
        "refuse without reason cannot be told.",
    ),
    "opening-dealing-dishonest": (
        "投标人没有按协议拆分密钥：重新拆分后承诺不符。",
        "The bidder did not deal the key as the protocol says: dealt again, the commitments differ.",
    ),
    "opening-ciphertext-undecryptable": (
        "投标人密封的内容不能用其密钥解密。",
        "What the bidder sealed does not decrypt with the bidder's own key.",
    ),
    "opening-offer-invalid": (
        "投标人的报价文件不符合公告要求。",
        "The bidder's offer is not a valid one for this notice.",
    ),
    "opening-unlock-revoked": (
        "投标人未在规定时段内解锁，由投标人原因造成，视为撤销其投标文件。",
        "The bidder did not unlock the bid in time, by the bidder's own fault: the bid counts as revoked.",
    ),
    "opening-unlock-withdrawn": (
        "因平台中断未能在规定时段内解锁，非投标人原因，视为撤回其投标文件，投标人有权要求赔偿。",
        "The bid was not unlocked in time because the platform was down, not by the bidder's fault: it "
        "counts as withdrawn, and the bidder may claim damages.",
    ),
    "opening-unlock-unknown": (
        "未在规定时段内解锁，原因待招标人认定。",
        "The bid was not unlocked in time; whose fault that was the agency has to decide.",
    ),
    "opening-row": (
        "开标记录中投标 {bid} 的一行内容过多或不足。",
        "The row of the bid {bid} in the opening record says too much or too little.",
    ),
    "bid-twice": ("同一投标出现两次。", "The same bid is there twice."),
}

_UNLOCKING = {
    "verify-releases-refused": (
        "平台记载曾拒收下列保管人交来的释放声明：{names}；看来是其过错，但仅凭平台的记载。",
        "By the platform's entries it refused what these custodians handed in: {names}. It appears to be "
        "their fault, by the platform's word alone.",
    ),
    "verify-releases-kept-back": (
        "下列保管人声明有份额打不开（份数）：{names}；是其不愿交出，还是投标人封错，无法判断。",
        "Custodians whose releases say that shares do not open (how many): {names}. Whether they keep them "
        "back or bidders sealed rubbish to them cannot be told.",
    ),
    "unlocking-row": (
        "解锁声明中投标 {bid} 的一行内容过多或不足。",
        "The row of the bid {bid} in the unlocking statement says too much or too little.",
    ),
    "unlocking-other-closing": (
        "解锁声明针对另一个标段或另一份截标声明。",
        "The unlocking statement is of another tender or closing.",
    ),
    "unlocking-other-bids": (
        "解锁声明所列投标与台账得出的有效投标不一致。",
        "The unlocking statement does not list exactly the current bids, in the ledger's order.",
    ),
    "unlocking-window": (
        "解锁时段不是从截标之后开始，或其终止不晚于开始。",
        "The unlocking window does not begin after the closing, or ends no later than it begins.",
    ),
    "unlocking-early": (
        "解锁时段尚未对所有投标人结束，解锁声明即已出具。",
        "The unlocking statement was made before the window had ended for all.",
    ),
    "unlocking-outages": (
        "解锁声明所列平台中断不在解锁时段之内，或次序颠倒。",
        "The outages in the unlocking statement are not in its window, or not in order.",
    ),
    "unlocking-secret": (
        "解锁声明中投标 {bid} 的解锁密钥不是其投标清单中锁的密钥。",
        "The secret of the bid {bid} in the unlocking statement is not that of the lock in its manifest.",
    ),
    "unlocking-time": (
        "投标 {bid} 的解锁时间不在解锁时段之内。",
        "The bid {bid} was unlocked outside of the window.",
    ),
    "unlocking-verdict": (
        "投标 {bid} 未解锁，解锁声明的认定为 {said}，而按其记载的事实应为 {wanted}。",
        "The bid {bid} was not unlocked; the unlocking statement says {said}, and {wanted} follows from the "
        "facts it gives.",
    ),
    "unlock-decision-other": (
        "该认定不是针对本标段待认定的投标，或重复认定。",
        "The decision is not on bids of this tender that are left to be decided, or decides one twice.",
    ),
}

_RANKING = {
    "rule-unknown": (
        "不认识评标规则 {rule} 或并列规则 {tie}。",
        "The award rule {rule} or the tie rule {tie} is not known.",
    ),
    "order-unknown-bid": (
        "并列次序中有未知或重复的投标。",
        "The order for ties names an unknown bid, or one twice.",
    ),
    "order-incomplete": (
        "并列次序只列出了与 {bid} 并列的部分投标；请列出全部。",
        "The order names only some of the bids that are tied with {bid}; name all of them.",
    ),
    "no-winner": (
        "没有可中标的投标：无有效投标，或第一名并列尚未分出次序。",
        "There is no winner: no bid is responsive, or the first place is still shared.",
    ),
    "award-winner": (
        "中标人不在排名之中。",
        "The winner is not among the bids ranked.",
    ),
}

_PACKAGE = {
    "package-malformed": (
        "这不是完整的 ZIP 证据包，或其中有不属于任何文件的字节。请重新下载。",
        "This is not a whole ZIP package, or it has bytes that belong to no file. Download it again.",
    ),
    "package-name": (
        "证据包中不应有名为 {file} 的文件。",
        "An evidence package has no file named {file}.",
    ),
    "package-duplicate": (
        "证据包中 {file} 出现两次。",
        "The package has the file {file} twice.",
    ),
    "package-not-stored": (
        "证据包中 {file} 被压缩、加密或以流式写入；只接受原样存储。",
        "The file {file} is compressed, encrypted or streamed in the package; only stored files are "
        "accepted.",
    ),
    "package-file-size": (
        "证据包中 {file} 过大。",
        "The file {file} is too large for a package.",
    ),
    "package-too-many": (
        "证据包中的文件超过 {limit} 个。",
        "The package has more than {limit} files.",
    ),
    "package-digest": (
        "{file} 的内容与所列摘要不符，已被更改。",
        "{file} does not have the digest listed: it was changed.",
    ),
    "file-missing": ("缺少文件 {file}。", "The file {file} is missing."),
    "file-damaged": ("文件 {file} 已损坏。", "The file {file} is damaged."),
    "lines-malformed": (
        "{file} 不是每行一个条目、每行以换行结束的文件。",
        "{file} does not have one leaf a line, each ended by a newline.",
    ),
}

MESSAGES: dict[str, tuple[str, str]] = {
    **_CUSTODY,
    **_OPENING,
    **_UNLOCKING,
    **_RANKING,
    **_PACKAGE,
    **_VERIFICATION,
}
