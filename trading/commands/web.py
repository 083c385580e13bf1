"""`sunseal web`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trading.commands.group import Language
from trading.commands.options import PATH, lang_option
from trading.commands.platform import closing, data_overrides, set_up_logs, settings_from, stop_signals
from trading.commands.server import HttpServer, refuse_taken

if TYPE_CHECKING:
    from trading.config import Settings

# Of each granian process. A request that keeps an act of its own beside what it reads holds two connections:
# all of them together fit into the pool.
THREADS = 16


@click.command()
@click.option("--config", type=PATH, help="An .ini file with settings in [app:main].")
@click.option("--data", type=PATH, help="A folder that holds the whole state.")
@click.option("--host", help="Address to listen at; by default the setting listen_host.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; by default the setting listen_port.")
@click.option(
    "--server", type=click.Choice(["granian", "waitress"]), default="granian", show_default=True,
    help="HTTP server.",
)  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="granian's processes."
)  # fmt: skip
@lang_option
def web(
    config: Path | None, data: Path | None, host: str | None, port: int | None, server: str, workers: int,
    lang: Language,
) -> None:  # fmt: skip
    """Serve HTTP only; jobs run in `sunseal worker`."""
    overrides = data_overrides(data) | _given(host, port)
    settings = settings_from(config, overrides)
    refuse_taken(settings)
    if server == "waitress":
        _waitress(settings, lang)
    else:
        _granian(settings, config, overrides, workers)


def _waitress(settings: Settings, lang: Language) -> None:
    from trading.migrations import require_current
    from trading.platform import build_platform
    from trading.web.app import make_app
    from trading.web.liveness import Heart

    set_up_logs(settings)
    platform = build_platform(settings)
    require_current(platform.database.engine)
    http = HttpServer(make_app(platform), settings)
    with stop_signals() as stop:
        http.start(stop)
        heart = Heart(platform)
        heart.start()
        http.tell(lang)
        stop.wait()
        closing(http.stop, heart.stop, platform.close)


def _granian(settings: Settings, config: Path | None, overrides: Mapping[str, str], workers: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    from trading.db import make_engine
    from trading.migrations import require_current

    require_current(make_engine(settings.database_url))
    # Granian's processes read the settings anew: what options said goes along in the environment.
    os.environ |= {f"SUNSEAL_{name.upper()}": value for name, value in overrides.items()}
    if config is not None:
        os.environ[INI_VARIABLE] = str(config.absolute())
    Granian(
        "trading.commands.web:application",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.listen_host,
        port=settings.listen_port,
        workers=workers,
        blocking_threads=THREADS,
    ).serve()


INI_VARIABLE = "SUNSEAL_SERVER_INI"


def application() -> object:
    """The WSGI application for granian's processes."""
    from trading.platform import build_platform
    from trading.web.app import make_app
    from trading.web.liveness import Heart

    ini = os.environ.get(INI_VARIABLE)
    settings = settings_from(Path(ini) if ini else None, {})
    set_up_logs(settings)
    platform = build_platform(settings)
    Heart(platform).start()
    return make_app(platform)


def _given(host: str | None, port: int | None) -> dict[str, str]:
    given = {"listen_host": host, "listen_port": None if port is None else str(port)}
    return {name: value for name, value in given.items() if value is not None}
