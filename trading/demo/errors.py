"""What stops a demonstration, in Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trading.client.errors import ClientError

_MESSAGES: dict[str, tuple[str, str]] = {
    "out-exists": (
        "输出文件夹 {path} 已存在，不会覆盖；请用 --out 另选一个。",
        "The folder {path} exists and is not written into; choose another one with --out.",
    ),
    "out-unwritable": (
        "无法写入输出文件夹 {path}：{reason}。",
        "The folder {path} cannot be written: {reason}.",
    ),
    "input": ("输入文件 {path} 有误：{place}：{reason}", "The input {path} is wrong: {place}: {reason}"),
    "rules-unknown": (
        "没有规则包 {pack}；可选：{known}。",
        "There is no rule pack {pack}; there are: {known}.",
    ),
    "lead-too-short": (
        "{late} 份投标未能在开标时间前送达（{seconds} 秒太短）。请用 --lead 给出更多秒数。",
        "{late} bids were not in before the opening time: {seconds} seconds are too few. "
        "Give more with --lead.",
    ),
    "platform-start": (
        "平台未能启动：{reason}",
        "The platform did not start: {reason}",
    ),
    "platform-died": (
        "平台意外停止：{reason}",
        "The platform stopped unexpectedly: {reason}",
    ),
    "command-failed": (
        "命令 sunseal {command} 未成功：{reason}",
        "The command sunseal {command} did not succeed: {reason}",
    ),
    "process-died": (
        "进程“{name}”意外停止：{reason}",
        "The process of {name} stopped unexpectedly: {reason}",
    ),
    "not-in-time": (
        "{seconds} 秒后仍未{what_zh}。平台日志末尾：\n{log}",
        "After {seconds} seconds: not yet {what}. The platform's log ends:\n{log}",
    ),
    "stuck": (
        "{seconds} 秒后 {contract} 仍处于状态 {state}。平台日志末尾：\n{log}",
        "{contract} is still in the state {state} after {seconds} seconds. The platform's log ends:\n{log}",
    ),
}


class DemoError(ClientError):
    """A demonstration that cannot go on."""

    sentences: ClassVar[Mapping[str, tuple[str, str]]] = _MESSAGES
