"""The supplier's and the verifier's commands run on the base install, where nothing of the platform is there.

The base install is imitated by an import hook in a fresh interpreter: a module that it would not bring cannot
be imported, whoever asks. What it brings is read from setup.py, so nothing has to be kept in step.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import json, sys

class Absent:
    blocked = frozenset(json.loads(sys.argv[1]))
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.blocked or ".".join(name.split(".")[:2]) in self.blocked:
            raise ModuleNotFoundError(f"No module named {name!r} in the base install", name=name)

sys.meta_path.insert(0, Absent())
sys.argv = ["sunseal", *sys.argv[2:]]
from trading.cli import main
sys.exit(main())
"""

COMMANDS = [
    ["--help"],
    ["bid", "--help"],
    ["bid", "prepare", "--help"],
    ["bid", "submit", "--help"],
    ["bid", "withdraw", "--help"],
    ["bid", "status", "--help"],
    ["bid", "receipt", "--help"],
    ["receipt", "check", "--help"],
    ["verify", "--help"],
    ["document", "--help"],
    ["document", "check", "--help"],
    ["custodian", "--help"],
    ["custodian", "run", "--help"],
    ["custodian", "drill", "--help"],
    ["custodian", "release", "--help"],
    ["custodian", "unit", "--help"],
    ["witness", "--help"],
    ["witness", "run", "--help"],
]


def requirements(name: str) -> list[str]:
    """The list of that name in setup.py, as distribution names."""
    for node in ast.parse((ROOT / "setup.py").read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return [bare(item) for item in ast.literal_eval(node.value)]
    raise AssertionError(f"setup.py has no list {name}")


def bare(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def closure(names: list[str]) -> set[str]:
    """These distributions and all that they need, extras aside."""
    seen: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            needed = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        todo += [bare(item) for item in needed if "extra ==" not in item]
    return seen


def absent_modules() -> list[str]:
    """Top-level modules of every installed distribution that the base install would not bring."""
    base = closure(requirements("BASE"))
    absent = []
    for module, owners in packages_distributions().items():
        kept = {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners} & (base | {"sunseal"})
        if not kept and not module.startswith(("_", "__editable__")):
            absent.append(module)
    return sorted(absent)


def run_base(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(absent_modules()), *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_the_hook_hides_the_platform() -> None:
    hidden = set(absent_modules())
    assert {"sqlalchemy", "pyramid", "dramatiq", "reportlab", "zope", "alembic", "obstore"} <= hidden
    assert not {"cryptography", "click", "urllib3", "signing", "trading"} & hidden


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_runs_without_the_platform(command: list[str]) -> None:
    done = run_base(*command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: sunseal"), done.stdout


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_the_platform_says_what_is_missing(command: str) -> None:
    done = run_base(command)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr, done.stderr
    assert "sunseal[platform]" in done.stderr, "the error names the extra to install"
