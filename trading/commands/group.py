"""Groups whose subcommands load late, and whose errors are sentences in the reader's language."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import click

from trading.commands.table import Entry
from trading.commands.usage import os_reason, tell_in_chinese

Language = Literal["zh", "en"]

# What the base install brings or the project itself; another module missing is the platform's.
_PLATFORM_MISSING = {
    "zh": "此命令需要平台的组件 sunseal[platform]（缺少 {name}）。请用您信任的安装包安装："
    "pip install '安装包.whl[platform]'",
    "en": "This command needs sunseal[platform] ({name} is not installed). Install it from the package file "
    "that you trust: pip install 'FILE.whl[platform]'",
}
_UNFORESEEN = {
    "zh": "程序出现意外错误（{kind}）。详情写入 {place}，请附上它报告。",
    "en": "The program failed in a way nobody foresaw ({kind}). Details are in {place}; please report them.",
}
_INTERRUPTED = {"zh": "已中断。", "en": "Interrupted."}
_ERROR = {"zh": "错误：", "en": "Error: "}

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


def language_of(environ: Mapping[str, str]) -> Language:
    """The reader's language by the locale's variables, in POSIX order; English if they say nothing."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def language_in(arguments: Sequence[str]) -> Language:
    """The language that --lang asks for, before the arguments are parsed, else the locale's."""
    for index, argument in enumerate(arguments):
        value = None
        if argument == "--lang" and index + 1 < len(arguments):
            value = arguments[index + 1]
        elif argument.startswith("--lang="):
            value = argument.partition("=")[2]
        if value == "zh":
            return "zh"
        if value == "en":
            return "en"
    return language_of(os.environ)


class LateGroup(click.Group):
    """A group that imports a subcommand when it is called, or its own help is asked for."""

    def __init__(self, name: str, entries: Mapping[str, Entry], **options: Any) -> None:
        super().__init__(name, **options)
        self._entries = entries

    def list_commands(self, context: click.Context) -> list[str]:
        """All subcommands, in the table's order."""
        return list(self._entries)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Import one."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        command = getattr(importlib.import_module(entry.module), entry.attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of subcommands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self._entries.items()])


class SunsealGroup(LateGroup):
    """The command itself: whatever goes wrong is told in a sentence, with an exit status."""

    def run(self, arguments: Sequence[str]) -> int:
        """Run; 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
        language = language_in(arguments)
        try:
            result = self.main(list(arguments), prog_name="sunseal", standalone_mode=False)
        except click.exceptions.Exit as done:
            return done.exit_code
        except (KeyboardInterrupt, click.exceptions.Abort):
            return _tell(_INTERRUPTED[language], EXIT_INTERRUPTED)
        except click.ClickException as error:
            tell_in_chinese(error) if language == "zh" else error.show()
            return error.exit_code
        except BrokenPipeError:
            # The reader of our output has gone; nothing more can be said to it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return EXIT_FAILED
        except Exception as error:
            text = sentence(error, language)
            if text is None:
                text = _UNFORESEEN[language].format(kind=type(error).__name__, place=_keep_trace(error))
            return _tell(_ERROR[language] + text, EXIT_FAILED)
        return result if isinstance(result, int) else 0


def _keep_trace(error: Exception) -> str:
    """Put what helps a developer into a file of its own."""
    with tempfile.NamedTemporaryFile("w", prefix="sunseal-", suffix=".txt", delete=False) as file:
        traceback.print_exception(error, file=file)
        return file.name


def _tell(text: str, status: int) -> int:
    click.echo(text, err=True)
    return status


def sentence(error: Exception, language: Language) -> str | None:
    """What to tell a person about an error of ours; None for one that nobody foresaw."""
    from bids.errors import BidError, from_signing
    from signing.errors import SigningError
    from trading.client.api import ApiProblem
    from trading.client.custodian_state import StateConflict
    from trading.client.errors import ClientError
    from trading.errors import ToldInBoth

    if isinstance(error, (BidError, ClientError, ToldInBoth)):
        return error.text(language)
    if isinstance(error, SigningError):
        return from_signing(error).text(language)
    if isinstance(error, (ApiProblem, StateConflict)):
        return str(error)
    own = ("trading", "bids", "signing", "reports")
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith(own):
        return _PLATFORM_MISSING[language].format(name=error.name)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{os_reason(error) if language == 'zh' else error.strerror or error}"
    return None
