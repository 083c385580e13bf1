"""npm's shamir-secret-sharing as referee of ours: it combines our shares, and we combine its."""

from __future__ import annotations

import itertools
import json
import subprocess
from typing import Any

import pytest

from signing import sharing
from tests.typescript.node import ASSETS, EXECUTABLE

# Set-up brings both: the package for the portal's scripts, Node to bundle them.
PACKAGE = ASSETS / "node_modules" / "shamir-secret-sharing"

pytestmark = pytest.mark.outside
SCRIPT = """
const { split, combine } = require(process.argv[1]);
const bytes = (hex) => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (data) => Buffer.from(data).toString('hex');
(async () => {
  const asked = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  const combined = await Promise.all(asked.combine.map(async (s) => hex(await combine(s.map(bytes)))));
  const deal = async ([k, n, s]) => (await split(bytes(s), n, k)).map(hex);
  const dealt = await Promise.all(asked.split.map(deal));
  process.stdout.write(JSON.stringify({ combined, dealt }));
})();
"""
KEY = bytes(range(100, 132))


def node(request: dict[str, Any]) -> Any:
    command = [str(EXECUTABLE), "-e", SCRIPT, str(PACKAGE)]
    result = subprocess.run(command, input=json.dumps(request).encode(), capture_output=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_npm_combines_our_shares() -> None:
    sets = []
    for threshold, count in ((2, 2), (2, 3), (3, 5), (9, 16)):
        shares = [share.hex() for share in sharing.deal(KEY, threshold, count, b"context")]
        sets += list(itertools.islice(itertools.combinations(shares, threshold), 40))
    assert set(node({"combine": sets, "split": []})["combined"]) == {KEY.hex()}


def test_we_combine_npms_shares() -> None:
    asked = [(2, 3, KEY.hex()), (3, 5, KEY.hex()), (9, 16, KEY.hex())]
    for (threshold, _, _), shares in zip(asked, node({"combine": [], "split": asked})["dealt"], strict=True):
        assert sharing.combine([bytes.fromhex(share) for share in shares[:threshold]]) == KEY
