"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "opening-record-not-ready": (
        "开标记录尚未生成。请在开标完成后再下载。",
        "The opening record is not rendered yet. Download it after the opening.",
    ),
    "tender-not-opened": (
        "标段尚未完成开标。请在开标记录公布后再读取。",
        "The tender is not opened yet. Read this when the opening record is published.",
    ),
    "signed-before-opening": (
        "文件写明的签署时间 {at} 早于开标时间 {opened}。请核对本机时钟后重新签署。",
        "The time {at} that you signed is before the opening at {opened}. Check your clock and sign again.",
    ),
    "segment-not-found": (
        "本标段没有分段 {segment}。",
        "This tender has no segment {segment}.",
    ),
    "bid-not-opened": (
        "本标段没有这份已开启的投标文件。", "This tender has no such bid that was opened.",
    ),
}
