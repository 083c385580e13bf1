"""Settings: environment and .ini into one typed object; a wrong one stops the start with a sentence.

Each setting is `sunseal.<name>` in the .ini file's `[app:main]` and `SUNSEAL_<NAME>` in the
environment, which wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from configparser import ConfigParser
from configparser import Error as ParserError
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from signing.policies import LogPolicy
from trading.client.errors import ClientError
from trading.client.policy_file import read_policy_file
from trading.errors import ConfigurationError

PREFIX = "sunseal."
# The tests' and the client's own.
_OTHERS = (
    "SUNSEAL_TEST_",
    "SUNSEAL_FORBID_",
    "SUNSEAL_SERVER",
    "SUNSEAL_TOKEN",
    "SUNSEAL_PASSWORD",
    "SUNSEAL_PASSPHRASE",
    "SUNSEAL_STORE",
)
INCLUDES = (
    "trading.web",
    "trading.audit",
    "trading.accounts",
    "trading.sign_in",
    "trading.tenders",
    "trading.submission",
    "trading.timestamps",
    "trading.custody",
    "trading.opening",
    "trading.unlocking",
    "trading.evaluation",
    "trading.awards",
    "trading.evidence",
    "trading.results",
    "trading.supervision",
    "trading.operating",
    "trading.desk",
    "trading.portal",
)

OWN_TSA = "own"


@dataclass(frozen=True)
class Settings:
    """Everything an operator can choose. Sizes in bytes, times in seconds, paths as seen from the start.

    Addresses that may hold a password stay out of its text form, and so out of logs.
    """

    database_url: str = field(default="sqlite:///var/sunseal.db", repr=False)
    storage_url: str = field(default="file://var/storage", repr=False)
    broker_url: str = field(default="memory://", repr=False)
    keys_dir: Path = Path("var/keys")
    custodians_dir: Path | None = None
    outside_authorities_dir: Path | None = None
    public_url: str = "http://127.0.0.1:6543"
    listen_host: str = "127.0.0.1"
    listen_port: int = 6543
    log_origin: str = "sunseal.local/log"
    log_policy: Path | None = None
    cosign_seconds: float = 2.0
    platform_name: str = "阳光交易 Sunseal"
    default_language: str = "zh"
    worker_threads: int = 2
    scan_seconds: float = 0.25
    claim_seconds: float = 10.0
    crl_hours: int = 24
    tsa_urls: str = OWN_TSA
    tsa_roots_file: Path | None = None
    tsa_seconds: float = 5.0
    holidays_file: Path | None = None
    reserve_size: int = 32
    max_object_bytes: int = 20 * 1024**3
    max_document_bytes: int = 64 * 1024**2
    demo_sign_in: bool = False
    validate_responses: bool = False
    log_level: str = "info"

    @cached_property
    def witnesses(self) -> LogPolicy:
        """Who cosigns the log, and whose cosignatures together are enough: the file `log_policy`.

        Raises:
            ConfigurationError: it cannot be read, or a line is malformed.
        """
        if self.log_policy is None:
            return LogPolicy()
        try:
            return read_policy_file(self.log_policy)
        except ClientError as error:
            raise ConfigurationError(
                f"设置项 log_policy：{error.text('zh')}", f"Setting log_policy: {error.text('en')}"
            ) from None

    @property
    def tsa_order(self) -> tuple[str, ...]:
        """Time-stamp authorities for receipts in the order in which they are asked; `own` is ours."""
        return tuple(self.tsa_urls.replace(",", " ").split())

    @property
    def secure(self) -> bool:
        """Whether people reach the platform over https."""
        return self.public_url.startswith("https:")

    def cookie(self, name: str) -> str:
        """A cookie's name: over https one that no other host can set."""
        return f"__Host-{name}" if self.secure else name

    @property
    def embedded(self) -> bool:
        """Whether broker and worker live in the web process."""
        return self.broker_url.startswith("memory:")


def read_settings(ini: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Settings from both sources.

    Raises:
        ConfigurationError: naming the setting, what it holds and what it should hold.
    """
    known = {each.name for each in fields(Settings)}
    given: dict[str, str] = {}
    for key, value in ini.items():
        if key.startswith(PREFIX):
            given[_known(key.removeprefix(PREFIX), known, key)] = str(value)
    for key, value in environ.items():
        if key.startswith("SUNSEAL_") and not key.startswith(_OTHERS):
            given[_known(key.removeprefix("SUNSEAL_").lower(), known, key)] = value
    values = {name: _parse(name, text) for name, text in given.items()}
    settings = Settings(**values)
    _check(settings)
    return settings


def _known(name: str, known: set[str], key: str) -> str:
    if name not in known:
        raise ConfigurationError(
            f"没有设置项 {key}。可用的设置项：{', '.join(sorted(known))}。",
            f"There is no setting {key}. Known settings: {', '.join(sorted(known))}.",
        )
    return name


def _parse(name: str, text: str) -> Any:
    kind = {each.name: each.type for each in fields(Settings)}[name]
    parsers: dict[str, Callable[[str], Any]] = {
        "str": str,
        "int": int,
        "float": float,
        "bool": _boolean,
        "Path": Path,
        "Path | None": Path,
    }
    try:
        return parsers[str(kind)](text.strip())
    except ValueError:
        zh, en = _WANTED[str(kind)]
        raise _wrong(name, text, zh, en) from None


_WANTED = {
    "int": ("应为整数", "a whole number"),
    "float": ("应为数字", "a number"),
    "bool": ("应为 true 或 false", "true or false"),
}


def _wrong(name: str, value: object, zh: str, en: str) -> ConfigurationError:
    return ConfigurationError(
        f"设置项 {name} 的值为 {value!r}，{zh}。请更正后重新启动。",
        f"Setting {name} is {value!r}; it must be {en}.",
    )


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _check(settings: Settings) -> None:
    _one_of("database_url", settings.database_url, ("sqlite:///", "postgresql+psycopg://"))
    if settings.database_url in ("sqlite:///", "sqlite:///:memory:"):
        raise ConfigurationError(
            "设置项 database_url 没有写明文件，请写成 sqlite:///var/sunseal.db。",
            "Setting database_url names no file: write sqlite:///var/sunseal.db.",
        )
    _one_of("storage_url", settings.storage_url, ("file://", "s3://"))
    _one_of("broker_url", settings.broker_url, ("memory://", "redis://", "rediss://", "amqp://", "amqps://"))
    parts = urlsplit(settings.public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _wrong(
            "public_url",
            settings.public_url,
            "应为用户访问平台的 http(s) 地址",
            "the http(s) address that people reach the platform at",
        )
    if settings.default_language not in ("zh", "en"):
        raise _wrong("default_language", settings.default_language, "应为 zh 或 en", "zh or en")
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise _wrong(
            "log_level",
            settings.log_level,
            "应为 debug、info、warning 或 error",
            "debug, info, warning or error",
        )
    if not settings.log_origin or any(c.isspace() or c == "+" for c in settings.log_origin):
        raise _wrong(
            "log_origin",
            settings.log_origin,
            "应为不含空格和“+”的名称，例如 trading.example.gov/log",
            "a name without spaces or '+', like trading.example.gov/log",
        )
    if settings.demo_sign_in and settings.listen_host not in ("127.0.0.1", "::1", "localhost"):
        raise ConfigurationError(
            "设置项 demo_sign_in 允许任何人免密登录，只能用于本机演示：listen_host 应为 127.0.0.1。",
            "Setting demo_sign_in lets anybody in without a password; it is for demonstrations on one "
            "machine: "
            "listen_host must be 127.0.0.1.",
        )
    for known in settings.witnesses.witnesses:
        if known.url is not None and not known.url.startswith(("http://", "https://")):
            raise _wrong(
                "log_policy", known.url, "见证人网址应以 http:// 或 https:// 开头",
                "a policy whose witnesses' URLs begin with http:// or https://",
            )  # fmt: skip
    _between("cosign_seconds", settings.cosign_seconds, 0.1, 3600)
    _between("listen_port", settings.listen_port, 1, 65535)
    _between("worker_threads", settings.worker_threads, 1, 64)
    _between("scan_seconds", settings.scan_seconds, 0.05, 60)
    _between("claim_seconds", settings.claim_seconds, 0.5, 600)
    for one in settings.tsa_order:
        if one != OWN_TSA and (urlsplit(one).scheme not in ("http", "https") or not urlsplit(one).hostname):
            raise _wrong(
                "tsa_urls",
                one,
                "应为 own 或 RFC 3161 时间戳机构的 http(s) 地址，以空格分隔",
                "own, or http(s) addresses of RFC 3161 authorities, with spaces between",
            )
    _between("tsa_seconds", settings.tsa_seconds, 0.1, 60)
    _between("crl_hours", settings.crl_hours, 1, 24 * 31)
    _between("reserve_size", settings.reserve_size, 0, 1000)
    _between("max_object_bytes", settings.max_object_bytes, 1, 2**50)
    _between("max_document_bytes", settings.max_document_bytes, 1, 2**32)


def _one_of(name: str, value: str, starts: tuple[str, ...]) -> None:
    if not value.startswith(starts):
        # A URL may hold a password: what it is stays unsaid.
        raise ConfigurationError(
            f"设置项 {name} 应以下列之一开头：{'、'.join(starts)}。请更正后重新启动。",
            f"Setting {name} starts with none of {', '.join(starts)}. Correct it and start again.",
        )


def _between(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise _wrong(name, value, f"应在 {low} 与 {high} 之间", f"between {low} and {high}")


def read_ini(path: Path) -> dict[str, str]:
    """The section [app:main] of an .ini file, for read_settings.

    Raises:
        ConfigurationError: the file cannot be read or has no such section.
    """
    parser = ConfigParser(interpolation=None)
    try:
        with path.open(encoding="utf-8") as file:
            parser.read_file(file)
        return dict(parser["app:main"])
    except (OSError, UnicodeDecodeError, ParserError, KeyError) as error:
        raise ConfigurationError(
            f"设置文件 {path} 无法读取，或没有 [app:main] 一节（{type(error).__name__}）。",
            f"The settings file {path} cannot be read, or has no section [app:main] "
            f"({type(error).__name__}).",
        ) from None
