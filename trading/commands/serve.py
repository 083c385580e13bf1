"""`sunseal serve`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from trading.client.files import write_file
from trading.commands.group import Language
from trading.commands.options import PATH, lang_option, say
from trading.commands.platform import (
    Jobs,
    closing,
    data_overrides,
    migrate,
    set_up_logs,
    settings_from,
    stop_signals,
    wait_with_parent,
)
from trading.commands.server import HttpServer, refuse_taken


@click.command()
@click.option("--config", type=PATH, help="An .ini file with settings in [app:main].")
@click.option("--data", type=PATH, help="A folder that holds the whole state: database, storage, keys.")
@click.option("--host", help="Address to listen at; by default the setting listen_host (loopback).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; by default the setting listen_port.")
@click.option(
    "--operator-token", type=PATH,
    help="Write a fresh operator's token to this new file, once the platform answers.",
)  # fmt: skip
@click.option("--with-parent", type=int, hidden=True, help="End when this process, which started it, ends.")
@lang_option
def serve(
    config: Path | None, data: Path | None, host: str | None, port: int | None, operator_token: Path | None,
    with_parent: int | None, lang: Language,
) -> None:  # fmt: skip
    """Run the whole platform in one process: HTTP, jobs, and the custodians of custodians_dir.

    Whoever runs custodians in here holds their keys: good for rehearsals and trials, and said so in every
    notice.
    """
    from trading.accounts.services import bootstrap_operator
    from trading.commands.embedded import EmbeddedCustodians
    from trading.platform import build_platform
    from trading.web.app import make_app
    from trading.web.liveness import Heart

    overrides = data_overrides(data)
    if host is not None:
        overrides["listen_host"] = host
    if port is not None:
        overrides["listen_port"] = str(port)
    settings = settings_from(config, overrides)
    set_up_logs(settings)
    refuse_taken(settings)
    # Threads that compute (rendering, checking) must not keep short requests waiting 5 ms at each turn.
    sys.setswitchinterval(0.001)
    migrate(settings.database_url)
    platform = build_platform(settings)
    http = HttpServer(make_app(platform), settings)
    heart = Heart(platform)
    jobs = Jobs(platform)
    custodians = None
    if settings.custodians_dir is not None:
        custodians = EmbeddedCustodians(settings.custodians_dir, http.address)
    with stop_signals() as stop:
        jobs.start()
        http.start(stop)
        heart.start()
        if custodians is not None:
            custodians.start()
        if operator_token is not None:
            secret = bootstrap_operator(platform, "operator", 1)
            write_file(operator_token, secret.encode() + b"\n", private=True)
        http.tell(lang)
        wait_with_parent(stop, with_parent) if with_parent else stop.wait()
        say(lang, "正在停止……", "Stopping …")
        ends = [jobs.stop, http.stop, heart.stop, platform.close]
        closing(*([] if custodians is None else [custodians.stop]), *ends)
