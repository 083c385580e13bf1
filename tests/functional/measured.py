"""A step in a process of its own that tells at its end how much memory it ever had.

`python -m tests.functional.measured PEAK sunseal …` runs the command line; `… PEAK open-files JOB` opens a
bid's files as the agency does, JOB being JSON. The peak, in KiB, is written to the file PEAK.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path


def peak(process: int | str = "self") -> int:
    """The most memory (KiB, resident) that a running process has had. Not ru_maxrss: that begins with what
    the process had that started it."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found.group(1))


def open_files(job: dict[str, str]) -> None:
    """Fetch, check and decrypt the attachments of one bid into a folder."""
    from bids.manifest import Manifest
    from bids.notice import Notice
    from signing.suite import SUNSEAL_1
    from trading.client.api import Api
    from trading.client.attachments import open_attachments
    from trading.client.transport import HttpTransport

    opened = open_attachments(
        Api(HttpTransport(job["server"]), job["token"]),
        Notice.parse(Path(job["notice"]).read_bytes()),
        Manifest.parse(Path(job["manifest"]).read_bytes()),
        SUNSEAL_1.sealing_key(bytes.fromhex(job["seed"])),
        Path(job["folder"]),
        "bid",
    )
    for file in opened:
        assert file.problem is None, file.problem


def main(arguments: list[str]) -> None:
    """As the module says."""
    told, step, *rest = arguments
    try:
        if step == "open-files":
            open_files(json.loads(rest[0]))
        else:
            from trading.cli import main as sunseal

            sys.argv = ["sunseal", *rest]
            sunseal()
    finally:
        Path(told).write_text(str(peak()))


if __name__ == "__main__":
    main(sys.argv[1:])
