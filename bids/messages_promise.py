"""The sentences about whether the platform kept the promise of a receipt."""

from __future__ import annotations

_FINDINGS = {
    "promise-receipt": (
        "回执由平台的回执密钥签名：投标 {bid}，收到时间 {at}，标段 {tender}。",
        "The receipt is signed by the platform's receipt key: bid {bid}, received {at}, tender {tender}.",
    ),
    "promise-no-lists": (
        "没有一份平台证书机构的吊销列表覆盖回执的时间：回执密钥当时是否已被吊销，未核对。"
        "请用 --server 取得列表。",
        "No revocation list of the platform's authority reaches the receipt's time: whether its receipt key "
        "was revoked by then was not checked. Get the lists with --server.",
    ),
    "promise-no-document": (
        "没有给出投标清单和签名，无法核对回执对应哪份投标文件。请用 --sealed 给出密封的投标。",
        "Manifest and signature were not given, so which files the receipt is for could not be checked. Give "
        "the sealed bid with --sealed.",
    ),
    "promise-token": (
        "回执的时间戳有效：回执的签名在 {time} 已经存在。",
        "The receipt's time-stamp holds: its signature was there at {time}.",
    ),
    "promise-no-token": (
        "回执没有时间戳；回执照样有效，但其时间仅凭平台自己的签名。",
        "The receipt has no time-stamp; it stands without, but for its time only the platform's own "
        "signature speaks.",
    ),
    "promise-token-own": (
        "时间戳出自平台自己的时间戳机构，因此时间仍是平台自己的话。",
        "The time-stamp is by the platform's own authority: the time is still the platform's word.",
    ),
    "promise-token-unrooted": (
        "时间戳出自外部机构，但没有给出其根证书（--tsa-roots），无法核对是哪家机构。",
        "The time-stamp is by an outside authority whose root was not given (--tsa-roots): whose it is could "
        "not be checked.",
    ),
    "promise-token-listed": (
        "按所给的吊销列表，外部时间戳机构的证书在该时间有效，密钥未失。",
        "By the revocation lists given the outside authority's certificate was good at that time, and its "
        "key is not known to be lost.",
    ),
    "promise-token-unlisted": (
        "没有核对外部时间戳机构的证书是否已被撤销：没有给出其签发者在该时间有效或更晚的吊销列表。"
        "请从该机构取得吊销列表，用 sunseal receipt check --tsa-crl 给出。",
        "Whether the outside authority's certificate was revoked was not checked: no revocation list of its "
        "issuer that reaches the time-stamp was given. Get it from the authority and give it to sunseal "
        "receipt check with --tsa-crl.",
    ),
    "promise-token-late": (
        "时间戳比回执晚 {minutes} 分钟：可能是当时联系不上时间戳机构，也可能是回执倒签了日期；"
        "仅凭时间戳无法区分。",
        "The time-stamp is from {minutes} minutes after the receipt: the authority was not reached, or the "
        "receipt was back-dated. The time-stamp alone cannot tell.",
    ),
    "promise-not-closed": (
        "没有截标声明：标段尚未截标，或没有给出所公布的台账。截标后请用 --server 或 --package 再核对。",
        "There is no closing statement: the tender is not closed yet, or what was published was not given. "
        "Check again after the closing, with --server or --package.",
    ),
    "promise-closing": (
        "截标声明由平台签名，属于同一标段，时间 {at}；回执在截止时间之前。",
        "The closing statement of {at} is signed by the platform, for the same tender; the receipt is from "
        "before its deadline.",
    ),
    "promise-logged": ("截标声明在公开日志中。", "The closing statement is in the public log."),
    "promise-not-logged": (
        "没有给出截标声明在公开日志中的证明（或日志公钥），这一点未核对。",
        "The closing's proof in the public log, or the log's key, was not given; this was not checked.",
    ),
    "promise-ledger": (
        "所给台账 {count} 条，正是截标声明所冻结的全部。",
        "The ledger given, {count} leaves, is all of what the closing froze.",
    ),
    "promise-leaf-proof": (
        "所给叶子在截标声明所冻结的台账中。",
        "The leaf given is in the ledger that the closing froze.",
    ),
    "promise-no-ledger": (
        "没有给出台账，也没有本投标的叶子证明，无法核对投标是否在其中。请用 --server 或 --package。",
        "Neither the ledger nor the leaf's proof was given, so whether the bid is in it could not be "
        "checked. Use --server or --package.",
    ),
    "promise-stands": (
        "投标 {bid} 在台账中，与回执所载一致。",
        "The bid {bid} stands in the ledger as the receipt says.",
    ),
}

_UNLOCKING = {
    "unlock-promise-receipt": (
        "解锁回执由平台的回执密钥签名：投标 {bid} 的解锁密钥于 {at} 收到，标段 {tender}。",
        "The receipt for unlocking is signed by the platform's receipt key: the secret of the bid {bid}, "
        "received {at}, tender {tender}.",
    ),
    "unlock-promise-not-ended": (
        "没有解锁声明：解锁时段尚未结束，或没有给出所公布的声明。时段结束后请用 --server 或 --package "
        "再核对。",
        "There is no unlocking statement: the window has not ended yet, or what was published was not given. "
        "Check again after its end, with --server or --package.",
    ),
    "unlock-promise-statement": (
        "解锁声明由平台签名，属于同一标段，时间 {at}；回执在其解锁时段之内。",
        "The unlocking statement of {at} is signed by the platform, for the same tender; the receipt is from "
        "within its window.",
    ),
    "unlock-promise-logged": (
        "解锁声明在公开日志中。", "The unlocking statement is in the public log.",
    ),
    "unlock-promise-not-logged": (
        "没有给出解锁声明在公开日志中的证明（或日志公钥），这一点未核对。",
        "The unlocking statement's proof in the public log, or the log's key, was not given; this was not "
        "checked.",
    ),
    "unlock-promise-stands": (
        "投标 {bid} 的解锁密钥在解锁声明中，与回执所载一致。",
        "The secret of the bid {bid} stands in the unlocking statement as the receipt says.",
    ),
}  # fmt: skip

_REFUSALS = {
    "unlocking-other-tender": (
        "解锁声明属于另一个标段。",
        "The unlocking statement is of another tender.",
    ),
    "unlocking-not-logged": (
        "所给日志条目不是这份解锁声明的。",
        "The log entry given is not that of this unlocking statement.",
    ),
    "unlock-receipt-outside": (
        "投标 {bid} 的解锁回执的时间不在解锁声明所载的时段之内：平台不会在时段之外出具回执，两者必有一假。",
        "The receipt for unlocking the bid {bid} is from outside of the window that the unlocking statement "
        "names. The platform gives none outside of it, so one of the two is false.",
    ),
    "unlock-promise-missing": (
        "平台出具了投标 {bid} 的解锁回执，其解锁声明中却没有这份投标。",
        "The platform gave a receipt for unlocking the bid {bid}, but its unlocking statement does not have "
        "that bid.",
    ),
    "unlock-promise-silent": (
        "平台出具了投标 {bid} 的解锁回执，其解锁声明却称该投标未解锁。",
        "The platform gave a receipt for unlocking the bid {bid}, but its unlocking statement says that the "
        "bid was not unlocked.",
    ),
    "unlock-promise-differs": (
        "解锁声明中投标 {bid} 的 {member} 与平台出具的解锁回执不同。",
        "In the unlocking statement the {member} of the bid {bid} is another than in the receipt that the "
        "platform gave for it.",
    ),
    "promise-missing": (
        "平台出具了投标 {bid} 的回执，其台账中却没有这份投标。",
        "The platform gave a receipt for the bid {bid}, but its ledger does not have it.",
    ),
    "promise-differs": (
        "台账中投标 {bid} 的 {member} 与平台出具的回执不同。",
        "In the ledger the {member} of the bid {bid} is another than in the receipt that the platform gave.",
    ),
    "receipt-bundle-empty": (
        "此 ZIP 中没有回执。请给出回执文件、证明包或举证文件。",
        "This ZIP holds no receipt. Give a receipt's file, a bundle of proofs, or a proof against the "
        "platform.",
    ),
}

MESSAGES: dict[str, tuple[str, str]] = {**_FINDINGS, **_UNLOCKING, **_REFUSALS}
