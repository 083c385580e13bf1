"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "log-size-not-reached": (
        "日志现有 {have} 条记录，没有到 {size} 条。请先读取当前检查点。",
        "The log has {have} entries, not {size}. Read the current checkpoint first.",
    ),
    "log-entry-not-found": (
        "前 {size} 条日志中没有序号 {position}（从 0 起）。请核对序号。",
        "There is no entry {position} (counted from 0) among the first {size}. Check the position.",
    ),
    "acts-day-not-logged": (
        "{day} 的操作还没有汇总进公开日志。每天的汇总在次日一时之后写入。",
        "The acts of {day} have no root in the public log yet. It is logged after one o'clock of the next.",
    ),
    "log-digest-not-found": (
        "公开日志中没有摘要为 {digest} 的记录或声明。请核对 SHA-256 摘要。",
        "No entry of the log has, holds or names the digest {digest}. Check the SHA-256.",
    ),
    "log-entry-too-large": (
        "此操作在公开日志中的记录为 {size} 字节，超过单条上限 {limit} 字节。请缩短其中的理由后重新签名提交。",
        "The log's entry of this act has {size} bytes; at most {limit} have a place. Shorten the reasons in "
        "it, sign and send it again.",
    ),
    "log-not-cosigned": (
        "尚无见证人副署过包含第 {position} 条记录的检查点。请稍后再试，或不带 cosigned 查询。",
        "No witness has cosigned a checkpoint that holds entry {position} yet. Try again later, or ask "
        "without cosigned.",
    ),
    "log-size-not-offered": (
        "大小为 {size} 的检查点没有征求副署。请读取 /log/checkpoint 后再提交。",
        "No checkpoint of the size {size} is offered for cosigning. Read /log/checkpoint and try again.",
    ),
    "log-witness-unknown": (
        "这一副署不是本平台所列见证人对该检查点的有效签名。",
        "This is not a cosignature of that checkpoint by a witness that this platform knows.",
    ),
    "log-sizes-reversed": (
        "旧的大小 {old} 大于新的大小 {new}。请把较小的一个作为 old。",
        "The old size {old} is above the new one {new}. Give the smaller one as old.",
    ),
}
