"""The sentences about certificates that lists name, and about authorities outside the platform."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "verify-revoked-later": (
        "有 {count} 份投标的签名证书在收到投标之后被吊销，只作记录，投标有效："
        "证书效力以收到的时间为准（{bids}）。",
        "The certificates behind {count} bids were revoked after the bids had been received. That is "
        "recorded and the bids stand: a certificate is judged as of the time of receipt ({bids}).",
    ),
    "verify-revoked-unlisted": (
        "有 {count} 份投标的签名证书在收到投标之前已被吊销，但回执所列的吊销列表当时尚未载明；"
        "按该列表判断，投标有效，请向平台询问（{bids}）。",
        "The certificates behind {count} bids had been revoked before the bids were received, which the "
        "list named in the receipt did not say yet. Judged by that list the bids stand; ask the platform "
        "({bids}).",
    ),
    "verify-no-platform-crls": (
        "没有覆盖到证据目录时间的平台证书吊销列表，无法核对平台自己的证书是否被吊销。",
        "No list reaches to the time of the evidence for the platform's own certificates, so whether one of "
        "them was revoked could not be checked.",
    ),
    "outside-unknown": (
        "签名证书由平台以外的签发机构 {authority} 签发，但没有该机构的根证书。"
        "请用 --outside-roots 给出，或从证据包中取用。",
        "The signer's certificate is from an authority outside the platform, {authority}, whose root is not "
        "among those trusted. Give it with --outside-roots.",
    ),
    "verify-outside-own": (
        "平台以外签发机构的根证书使用您自己的（{count} 份）。",
        "Your own roots of authorities outside the platform are used ({count}).",
    ),
    "verify-outside-package": (
        "平台以外签发机构的根证书（{count} 份）取自证据包本身；未与您自己的根证书核对。",
        "The roots of authorities outside the platform ({count}) are the package's own; only the platform's "
        "enrolments vouch for them.",
    ),
    "enrolment-day-entry": (
        "日志中的这一条不是供应商证书的每日汇总，或没有写明日期和根。",
        "This entry of the log is no day's root of suppliers' enrolments, or names neither day nor root.",
    ),
    "enrolment-day-other": (
        "出示的不是 {party} 在这一天汇总下的位置。",
        "What was shown is not the place of {party} under that day's root.",
    ),
    "enrolment-day-root": (
        "出示的 {party} 的位置推算不到日志中的根。",
        "The place of {party} that was shown does not lead to the root in the log.",
    ),
    "verify-enrolments-logged": (
        "招标人和保管人的 {count} 张证书各有日志条目，持有人都能查到。",
        "The log has an entry of its own for each of {count} certificates of agency and custodians, where "
        "their "
        "owners find them.",
    ),
    "verify-enrolments-day": (
        "供应商的 {count} 张证书列在日志中一天的汇总之下，各在其机构自己的位置，持有人都能查到。",
        "{count} certificates of suppliers are listed under a day's root in the log, in their parties' own "
        "places, where their owners find them.",
    ),
    "verify-enrolments-new": (
        "有 {count} 张供应商证书登记不足两天，收入它们的每日汇总当时还没有，无法核对。",
        "{count} certificates of suppliers were younger than two days: a day's root that has them was not "
        "there "
        "yet, and could not be checked.",
    ),
    "enrolment-unlogged": (
        "证书 {certificate} 的登记不在公开日志中，其持有人无从得知。",
        "The enrolment of the certificate {certificate} is not in the public log, where its owner would "
        "find it.",
    ),
    "enrolment-unlisted": (
        "证书 {certificate} 的登记不在其供应商每日汇总的位置中，持有人无从得知。",
        "The enrolment of the certificate {certificate} is not listed in its supplier's place under a "
        "day's root, "
        "where its owner would find it.",
    ),
}
