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
    "log-sizes-reversed": (
        "旧的大小 {old} 大于新的大小 {new}。请把较小的一个作为 old。",
        "The old size {old} is above the new one {new}. Give the smaller one as old.",
    ),
}
