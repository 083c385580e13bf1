"""The sentences about witnesses' cosignatures of the log."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "verify-cosigned": (
        "您策略中的 {total} 个见证人里有 {count} 个副署了日志检查点（{names}），满足策略。",
        "Of the {total} witnesses in your policy {count} have cosigned the log's checkpoint ({names}), as "
        "many as it wants.",
    ),
    "verify-cosigned-unchecked": (
        "日志检查点另有 {count} 个签名；它们是否出自独立的见证人，需用您自己的策略（--policy）核对。",
        "Signatures on the log's checkpoint beside the log's own: {count}; whether they are witnesses' only "
        "a policy of your own can tell (--policy).",
    ),
    "verify-cosigned-none": (
        "没有见证人副署日志检查点：是否人人看到的都是这个日志，证据包无法说明。",
        "No witness has cosigned the log's checkpoint: that everybody was shown this log, the package "
        "cannot tell.",
    ),
    "cosigned-too-few": (
        "副署不足：已副署 {count} 个，策略的要求没有满足",
        "too few have cosigned it: {count}, which is less than the policy wants",
    ),
    "log-unlisted": ("您的策略没有列出这个日志的公钥", "your policy does not list this log's key"),
    "policy-malformed": (
        "{what} 无法识别：{reason}。",
        "The {what} is malformed: {reason}.",
    ),
}
