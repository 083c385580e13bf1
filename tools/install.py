"""Install Sunseal with extras into the environment that runs this: `python tools/install.py [EXTRAS]`.

uv does it in a few seconds where pip takes most of a minute, so uv goes first and pip is the fallback. uv
does not read pip's settings: what the machine says there about the origin of packages must hold all the same,
so it is handed over.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# pip's name of a setting: uv's environment variable, and what stands there between several values.
SETTINGS = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
}


def pip_settings() -> dict[str, str]:
    """What pip is told by its files and environment, by a setting's bare name; later sources win."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    order = {"global": 0, "install": 1, ":env:": 2}
    found: list[tuple[int, str, str]] = []
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in order:
            found.append((order[section], key, value.strip("'\"").replace("\\n", " ").strip()))
    return {key: value for _, key, value in sorted(found, key=lambda item: item[0]) if value}


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """The environment in which uv looks where pip would look; what is already said to uv itself stays."""
    environment = dict(os.environ)
    for key, (variable, separator) in SETTINGS.items():
        if key in settings:
            environment.setdefault(variable, separator.join(settings[key].split()))
    # pip takes the best version from all places; uv by default only looks into the first that knows the name.
    environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    environment.setdefault("UV_HTTP_TIMEOUT", "60")
    # The cache may be on another file system; a warning about it helps nobody.
    environment.setdefault("UV_LINK_MODE", "copy")
    return environment


def main(arguments: list[str]) -> int:
    """0 when installed; otherwise the exit status of pip, which has said why."""
    extras = arguments[0] if arguments else "platform,test"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    target = ["-e", f"{ROOT}[{extras}]"]
    if subprocess.run([*pip, "install", "--quiet", "uv>=0.5"], stderr=subprocess.DEVNULL).returncode == 0:
        uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
        if subprocess.run([*uv, *target], env=uv_environment(pip_settings())).returncode == 0:
            return 0
        print("uv could not install everything; trying again with pip", file=sys.stderr)
    return subprocess.run([*pip, "install", "--quiet", *target]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
