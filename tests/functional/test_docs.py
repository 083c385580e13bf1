"""README and docs/ against the program: commands, options, settings, addresses, files; and their links."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from copy import copy
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path

import click
import pytest

from trading.cli import sunseal
from trading.config import Settings
from trading.web.openapi import document

TREE = Path(__file__).resolve().parents[2]
PAGES = [TREE / "README.md", *sorted((TREE / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^|\n)\n((?:    .*\n(?:\n(?=    ))?)+)")
INLINE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
COMMAND = re.compile(r"(?:runuser -u \S+ -- )?(?:\S+/)?sunseal (.*)")
FOLDER = re.compile(r"(?:tests|trading|bids|signing|reports|tools|alembic)/[\w/-]*")
LINK = re.compile(r"\]\(([^)\s]+)\)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
# Options of other people's programs, in their own command lines and named in the text.
THEIRS = frozenset({"--distributed", "--exit", "--help", "--strict"})
# What is made, and so not under version control.
MADE = frozenset({"trading/_alembic", "trading/web/static/built/"})
# What a page says that its commands leave out.
LEFT_OUT = {"agency.md": {"key"}}

each_page = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])


def blocks(page: Path) -> Iterator[str]:
    """Its code blocks, fenced and indented, but no figures, TOML and Python."""
    text = page.read_text("utf-8")
    for language, block in FENCE.findall(text):
        if language in ("", "sh"):
            yield block
    for block in INDENTED.findall(FENCE.sub("", text)):
        yield re.sub(r"^    ", "", block, flags=re.MULTILINE)


def spoken(page: Path) -> Iterator[str]:
    """Code within the text, and what stands in code blocks, word for word."""
    text = page.read_text("utf-8")
    for found in INLINE.findall(FENCE.sub("", text)):
        yield re.sub(r"\s+", " ", found)


def command_lines(page: Path) -> Iterator[list[str]]:
    """The words of each `sunseal` command in its code blocks, without redirections and comments."""
    for block in blocks(page):
        if "sunseal serve  " in block:
            continue  # the listing in README, which has a test of its own
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            if found := COMMAND.match(line):
                told = re.split(r"\s{2,}", found[1])[0]
                words = shlex.split(told.replace("…", "X"), comments=True)
                ends = [place for place, word in enumerate(words) if word in (">", "|", "&&", ";")]
                yield words[: ends[0] if ends else None]


def resolve(words: list[str]) -> tuple[click.Command, click.Context, list[str]]:
    """The command that the words name, and the rest of them."""
    command, context = sunseal, click.Context(sunseal, info_name="sunseal")
    while isinstance(command, click.Group) and words:
        _, found, rest = command.resolve_command(context, words)
        assert found is not None
        command, words = found, rest
        context = click.Context(command, parent=context, info_name=found.name)
    return command, context, words


def parse(words: list[str], left_out: set[str]) -> None:
    """Take the words as the command would, without running it."""
    command, context, rest = resolve(words)
    if isinstance(command, click.Group):
        raise AssertionError(f"{' '.join(words)}: {command.name} wants a subcommand")
    command = copy(command)
    command.params = [copy(parameter) for parameter in command.params]
    for parameter in command.params:
        if isinstance(parameter.type, click.Path):
            parameter.type = click.Path()  # files need not be there
        if parameter.name in left_out:
            parameter.required = False
    command.parse_args(context, rest)


@each_page
def test_commands_are_as_the_program_takes_them(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUNSEAL_STORE", "/var/lib/sunseal-custodian")
    for words in command_lines(page):
        try:
            parse(words, LEFT_OUT.get(page.name, set()))
        except click.ClickException as error:
            pytest.fail(f"{page.name}: sunseal {' '.join(words)}: {error.format_message()}")


def test_the_readme_lists_every_command() -> None:
    """`sunseal bid submit | withdraw`: names after a bar stand for others in the same group."""
    (listing,) = [block for block in blocks(TREE / "README.md") if "sunseal serve" in block]
    listed: set[str] = set()
    for line in listing.splitlines():
        if not line.startswith("sunseal"):
            continue
        words = re.split(r"\s{2,}", line)[0].split()[1:]
        first, *others = " ".join(words).split(" | ")
        group = first.rpartition(" ")[0]
        listed |= {first, *(f"{group} {other}".strip() for other in others)}
    assert listed == set(all_commands())


def all_commands() -> Iterator[str]:
    """Every command that does something, by its words."""
    pending: list[tuple[str, click.Command]] = [("", sunseal)]
    while pending:
        name, command = pending.pop()
        if not isinstance(command, click.Group):
            yield name
            continue
        context = click.Context(command)
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            assert found is not None
            pending.append((f"{name} {each}".strip(), found))


@cache
def all_options() -> frozenset[str]:
    """Every option of every command."""
    return frozenset(
        option for name in all_commands() for parameter in resolve(name.split())[0].params
        for option in (*parameter.opts, *parameter.secondary_opts) if isinstance(parameter, click.Option)
    )  # fmt: skip


@each_page
def test_what_the_text_names_is_there(page: Path) -> None:
    """Options, commands, files and addresses within the text."""
    for code in spoken(page):
        unknown = set(OPTION.findall(code)) - all_options() - THEIRS
        assert not unknown, f"{page.name}: no command has {unknown}"
        if code.startswith("sunseal ") and "[" not in code:
            words = shlex.split(code)[1:]
            command, _, rest = resolve(words)
            own = {option for parameter in command.params for option in parameter.opts}
            wrong = set(OPTION.findall(" ".join(rest))) - own
            assert not wrong, f"{page.name}: {code}: no such option: {wrong}"


@each_page
def test_links_and_anchors_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name}: {target}"


def anchors(page: Path) -> set[str]:
    """Of its headings, as GitHub makes them."""
    text = FENCE.sub("", page.read_text("utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }


@each_page
def test_files_are_where_it_says(page: Path) -> None:
    names = [f"/{name}" for name in tracked()]
    for code in spoken(page):
        if re.fullmatch(r"[\w./-]*[\w-]+\.(py|ts|yaml|jinja2|sh)", code) and "*" not in code:
            assert any(name.endswith(f"/{code}") for name in names), f"{page.name}: there is no {code}"
        elif code not in MADE and FOLDER.fullmatch(code):
            assert any(name.startswith(f"/{code}") for name in names), f"{page.name}: there is no {code}"


@cache
def tracked() -> tuple[str, ...]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=TREE, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return tuple(listing.splitlines())


@each_page
def test_addresses_of_the_api_are_there(page: Path) -> None:
    """`POST /tenders`, and whatever stands under /api/v1."""
    paths = document()["paths"]
    text = page.read_text("utf-8")
    for method, address in re.findall(r"`(GET|POST|PUT|DELETE) ((?:/[\w{}.-]+)+)[`?]", text):
        address = address.removeprefix("/api/v1")
        found = [path for path in paths if same(path, address)]
        if address not in ("/tsa", "/add-checkpoint"):
            assert any(method.lower() in paths[path] for path in found), f"{page.name}: {method} {address}"
    for address in re.findall(r"/api/v1((?:/[\w${}.-]+)+)(?!/…)\b", text):
        assert any(same(path, address) for path in paths), f"{page.name}: no /api/v1{address}"


def same(path: str, address: str) -> bool:
    """Whether an address is of this form: `{id}`, `ID`, `$TENDER` stand for anything."""
    pattern = re.sub(r"\\\{\w+\\\}", r"[^/]+", re.escape(path))
    return re.fullmatch(pattern, address.rstrip(".")) is not None


def test_the_table_has_every_setting_and_its_default() -> None:
    page = (TREE / "docs" / "operating.md").read_text("utf-8")
    table = page.partition("| setting | default |")[2].partition("\n\n")[0]
    told: dict[str, str] = {}
    for names, default in re.findall(r"^\| ([a-z_, ]+) \| (.*?) \|", table, re.MULTILINE):
        told |= dict(zip(names.split(", "), default.split(", "), strict=True))
    units = {"GiB": 1024**3, "MiB": 1024**2}
    for each in fields(Settings):
        if each.name == "demo_sign_in":
            continue  # told by itself, with its danger
        assert each.default is not MISSING
        said = told.pop(each.name)
        if found := re.fullmatch(r"(\d+) (GiB|MiB)", said):
            assert int(found[1]) * units[found[2]] == each.default
        elif isinstance(each.default, bool):
            assert said == str(each.default).lower()
        elif isinstance(each.default, float):
            assert float(said) == each.default
        else:
            assert said == ("–" if each.default is None else str(each.default)), each.name
    assert not told


@each_page
def test_settings_and_variables_are_there(page: Path) -> None:
    known = {each.name for each in fields(Settings)}
    text = page.read_text("utf-8")
    clients = {"SERVER", "TOKEN", "PASSWORD", "PASSPHRASE", "STORE"}
    for name in re.findall(r"\bSUNSEAL_([A-Z_]+)\b", text):
        assert name.lower() in known or name in clients or name.startswith(("TEST_", "FORBID_")), name
    for block in blocks(page):
        for name in re.findall(r"^([a-z]+_[a-z_]+) = ", block, re.MULTILINE):
            assert name in known, f"{page.name}: no setting {name}"
