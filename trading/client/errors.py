"""What the parties' programs refuse by themselves, in Chinese or English."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from typing import ClassVar, Literal

from trading.client.messages import MESSAGES

Language = Literal["zh", "en"]

_OS_REASONS = {
    errno.ENOENT: "没有这个文件或目录",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许的操作",
    errno.EEXIST: "文件已存在",
    errno.EISDIR: "这是目录，不是文件",
    errno.ENOTDIR: "这不是目录",
    errno.ENOSPC: "磁盘空间不足",
    errno.EROFS: "文件系统只读",
    errno.EADDRINUSE: "地址已被占用",
    errno.ECONNREFUSED: "对方拒绝连接",
    errno.ECONNRESET: "连接被对方中断",
    errno.EHOSTUNREACH: "主机不可达",
    errno.ENETUNREACH: "网络不可达",
    errno.ETIMEDOUT: "连接超时",
}
_BY_TEXT = {os.strerror(number): zh for number, zh in _OS_REASONS.items()}


def in_chinese(reason: str) -> str:
    """Why the system refused, in Chinese where it is a common reason."""
    return _BY_TEXT.get(reason, reason)


class ClientError(Exception):
    """A refusal: a stable `code` and the values that its two sentences need; never a secret."""

    sentences: ClassVar[Mapping[str, tuple[str, str]]] = MESSAGES

    def __init__(self, code: str, /, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = {name: str(value) for name, value in params.items()}

    def text(self, lang: Language) -> str:
        """The sentence for a person."""
        zh, en = self.sentences[self.code]
        if lang == "en":
            return en.format_map(self.params)
        return zh.format_map({name: in_chinese(value) for name, value in self.params.items()})

    def __str__(self) -> str:
        return self.text("en")
