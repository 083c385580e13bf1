"""Wrong usage told in Chinese; click itself tells it in English."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from trading.client.errors import in_chinese


class WrongUsage(click.UsageError):
    """Options that do not fit together, told in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh



# What click says in English, whole, and how it is said in Chinese.
_IN_CHINESE = (
    (r"\S+ ('.*') does not exist\.", "{} 不存在。"),
    (r"\S+ ('.*') is a file\.", "{} 是文件，不是目录。"),
    (r"\S+ ('.*') is a directory\.", "{} 是目录，不是文件。"),
    (r"\S+ ('.*') is not readable\.", "{} 无法读取，没有权限。"),
    (r"\S+ ('.*') is not writable\.", "{} 无法写入，没有权限。"),
    (r"(.*) is not in the range (.*)\.", "{} 不在 {} 之内。"),
    (r"(.*) is not a valid (?:integer|float)(?: range)?\.", "{} 不是数字。"),
    (r"(.*) is not one of (.*)\.", "{} 不可用，只能是 {}。"),
    (r"Got unexpected extra arguments? \((.*)\)", "多余的参数：{}。"),
    (r"Option '(.*)' requires an argument\.", "选项 {} 后面缺少值。"),
    (r"Option '(.*)' does not take a value\.", "选项 {} 后面不应有值。"),
)


def os_reason(error: OSError) -> str:
    """Why the system refused, in Chinese where it is a common reason."""
    return in_chinese(error.strerror or str(error))


def tell_in_chinese(error: click.ClickException) -> None:
    """Print what is wrong with the command line, and how it is used."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        pieces = context.command.collect_usage_pieces(context)
        click.echo(f"用法：{context.command_path} {' '.join(pieces)}", err=True)
        click.echo(f"用 {context.command_path} --help 查看说明（英文）。\n", err=True)
    click.echo(f"错误：{_sentence(error)}", err=True)


def _sentence(error: click.ClickException) -> str:
    if isinstance(error, click.MissingParameter):
        kind = "选项" if isinstance(error.param, click.Option) else "参数"
        return f"缺少{kind} {_place(error)}。"
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}。" + _perhaps(error.possibilities)
    if isinstance(error, click.exceptions.NoSuchCommand):
        return f"没有命令 {error.command_name}。" + _perhaps(error.possibilities)
    if isinstance(error, click.BadParameter):
        return f"{_place(error)} 的值不对：{_in_chinese(error.message)}"
    return error.zh if isinstance(error, WrongUsage) else _in_chinese(error.format_message())


def _in_chinese(message: str) -> str:
    for pattern, chinese in _IN_CHINESE:
        if found := re.fullmatch(pattern, message):
            return chinese.format(*found.groups())
    return message


def _place(error: click.BadParameter) -> str:
    hint = error.param_hint
    if hint is None and error.param is not None and error.ctx is not None:
        hint = error.param.get_error_hint(error.ctx)
    return hint if isinstance(hint, str) else "、".join(hint or ())


def _perhaps(names: Sequence[str] | None) -> str:
    return f"您是否要用：{'、'.join(sorted(names))}？" if names else ""
