"""A C2SP tlog-policy in a file, read with errors that say which line to mend."""

from __future__ import annotations

from pathlib import Path

from signing.errors import PolicyError
from signing.policies import LogPolicy, parse_policy
from trading.client.errors import ClientError
from trading.client.files import read_file

_MAX_POLICY = 256 * 1024


def read_policy_file(path: Path) -> LogPolicy:
    """The policy in a file.

    Raises:
        ClientError: "policy-unknown", "policy-vkey", …, naming the line; or the file cannot be read.
    """
    try:
        return parse_policy(read_file(path, _MAX_POLICY))
    except PolicyError as error:
        raise ClientError(f"policy-{error.code}", path=path, line=error.line) from None
