"""The memory that Chromium's processes for pages take."""

from __future__ import annotations

from pathlib import Path

from tests.browser.chromium import Reader
from tests.functional.measured import peak


class Memories:
    """Resident memory of each process that runs pages and their workers, from now on."""

    def __init__(self, reader: Reader) -> None:
        browser = reader.context.browser
        assert browser is not None
        told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
        self.processes = [each["id"] for each in told["processInfo"] if each["type"] == "renderer"]
        for process in self.processes:
            Path(f"/proc/{process}/clear_refs").write_text("5")  # the peak begins anew
        self.before = {process: peak(process) for process in self.processes}

    def growth(self) -> int:
        """The most that one of them ever took beyond what it had at first, in bytes."""
        return max(peak(process) - before for process, before in self.before.items()) * 1024
