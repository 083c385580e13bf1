"""The sentences about time-stamps on receipts."""

from __future__ import annotations

_FINDINGS = {
    "verify-tokens": (
        "{count} 份回执带有有效的 RFC 3161 时间戳，均不早于回执：平台自有机构 {own} 份，外部 {outside} 份。",
        "{count} receipts carry an RFC 3161 time-stamp that holds and is not from before its receipt: {own} "
        "by the platform's own authority, {outside} by an outside one.",
    ),
    "verify-tokens-without": (
        "{count} 份回执没有时间戳；回执照样有效，但其时间仅凭平台自己的签名。",
        "{count} receipts have no time-stamp; they stand without, but for their time only the platform's own "
        "signature speaks.",
    ),
    "verify-tokens-unrooted": (
        "{count} 份时间戳出自外部机构，其证书没有可信根：签名有效，但无法核对是哪家机构。"
        "请用 --tsa-roots 给出该机构的根证书。",
        "{count} time-stamps are by an outside authority for whose certificate there is no root here: their "
        "signatures hold, whose they are could not be checked. Give its root with --tsa-roots.",
    ),
    "verify-tokens-package": (
        "外部时间戳机构的根证书取自证据包本身；请用 --tsa-roots 给出您自己的来核对。",
        "The outside time-stamp authority's roots are the package's own; nobody but the package vouches for "
        "them. Give your own with --tsa-roots.",
    ),
    "verify-tokens-listed": (
        "{count} 份外部时间戳中，{listed} 份的时间在所给吊销列表（--tsa-crl）的范围内，其机构证书未被撤销。",
        "Of {count} time-stamps by outside authorities {listed} are within the revocation lists given "
        "(--tsa-crl); the certificates of their authorities were not revoked.",
    ),
    "verify-tokens-late": (
        "{count} 份时间戳比回执晚 5 分钟以上（最多 {minutes} 分钟）："
        "可能是当时联系不上时间戳机构，也可能是回执倒签了日期；仅凭时间戳无法区分。",
        "{count} time-stamps are from more than 5 minutes after their receipts, by up to {minutes} minutes: "
        "the authority was not reached, or the receipts were back-dated. The time-stamps alone cannot tell.",
    ),
}

_REFUSALS = {
    "token-early": (
        "投标 {bid} 的时间戳早于回执所载的时间：两者必有一个不实。",
        "The time-stamp on the receipt of the bid {bid} is from before the receipt says that it was made: "
        "one of the two is not true.",
    ),
    "token-file": (
        "{file} 不是回执中的时间戳。",
        "{file} is not the time-stamp that the receipt holds.",
    ),
}

MESSAGES: dict[str, tuple[str, str]] = {**_FINDINGS, **_REFUSALS}
