"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "tsa-media-type": (
        "时间戳请求的 Content-Type 应为 application/timestamp-query（RFC 3161）。",
        "A time-stamp request has the Content-Type application/timestamp-query (RFC 3161).",
    ),
    "tsa-too-many": (
        "此网络地址的时间戳请求过多。请在 {seconds} 秒后重试。",
        "Too many time-stamp requests from this network address. Try again in {seconds} seconds.",
    ),
}
