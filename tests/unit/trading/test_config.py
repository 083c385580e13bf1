"""Settings: from both sources, typed, and refused at the start with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from trading.config import Settings, read_ini, read_settings
from trading.errors import ConfigurationError


def test_defaults_are_the_embedded_platform() -> None:
    settings = read_settings({}, {})
    assert settings == Settings()
    assert settings.embedded


def test_the_environment_wins() -> None:
    ini = {"sunseal.listen_port": "1", "sunseal.crl_hours": "5", "other.thing": "x"}
    settings = read_settings(ini, {"SUNSEAL_LISTEN_PORT": "2", "PATH": "/bin"})
    assert (settings.listen_port, settings.crl_hours) == (2, 5)


def test_each_type_is_parsed() -> None:
    settings = read_settings(
        {},
        {
            "SUNSEAL_SCAN_SECONDS": "0.5",
            "SUNSEAL_VALIDATE_RESPONSES": "True",
            "SUNSEAL_KEYS_DIR": " /k ",
            "SUNSEAL_CUSTODIANS_DIR": "/c",
            "SUNSEAL_BROKER_URL": "redis://h",
        },
    )
    assert settings.scan_seconds == 0.5 and settings.validate_responses
    assert (settings.keys_dir, settings.custodians_dir) == (Path("/k"), Path("/c"))
    assert not settings.embedded


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LISTEN_PORT", "http", "whole number"),
        ("LISTEN_PORT", "0", "between 1 and 65535"),
        ("SCAN_SECONDS", "fast", "a number"),
        ("SCAN_SECONDS", "nan", "between"),
        ("SCAN_SECONDS", "inf", "between"),
        ("VALIDATE_RESPONSES", "yes", "true or false"),
        ("DATABASE_URL", "mysql://x", "sqlite:///, postgresql"),
        ("DATABASE_URL", "sqlite:///:memory:", "names no file"),
        ("DATABASE_URL", "sqlite:///", "names no file"),
        ("STORAGE_URL", "/var/x", "file://, s3://"),
        ("BROKER_URL", "kafka://x", "memory://"),
        ("PUBLIC_URL", "trading.example.gov", "http(s) address"),
        ("DEFAULT_LANGUAGE", "fr", "zh or en"),
        ("LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("LOG_ORIGIN", "a b", "without spaces"),
        ("LOG_ORIGIN", "a+b", "without spaces"),
        ("LOG_ORIGIN", "", "without spaces"),
        ("CRL_HOURS", "0", "between"),
        ("NO_SUCH_THING", "1", "There is no setting SUNSEAL_NO_SUCH_THING"),
    ],
)
def test_wrong_settings_are_refused_with_a_sentence(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings({}, {f"SUNSEAL_{name}": value})
    text = str(caught.value)
    assert said in text and text.endswith(".")
    assert name.lower() in text.lower()


def test_an_unknown_setting_of_the_file_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="There is no setting sunseal.databse_url"):
        read_settings({"sunseal.databse_url": "x"}, {})


def test_passwords_stay_out_of_text() -> None:
    settings = read_settings(
        {},
        {
            "SUNSEAL_DATABASE_URL": "postgresql+psycopg://sunseal:hunter2@db/sunseal",
            "SUNSEAL_BROKER_URL": "amqp://u:hunter3@mq",
        },
    )
    assert "hunter" not in repr(settings) + str(settings)
    with pytest.raises(ConfigurationError) as caught:
        read_settings({}, {"SUNSEAL_DATABASE_URL": "postgres://u:hunter2@db/x"})
    assert "hunter2" not in str(caught.value)


def test_the_clients_and_the_tests_own_variables_are_left_alone() -> None:
    environ = {"SUNSEAL_TOKEN": "sst_x", "SUNSEAL_SERVER": "https://x", "SUNSEAL_TEST_POSTGRES_URL": "x"}
    assert read_settings({}, environ) == Settings()


def test_an_ini_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "sunseal.ini"
    file.write_text("[app:main]\nsunseal.platform_name = 城市 100%\n[server:main]\nport = 1\n", "utf-8")
    assert read_settings(read_ini(file), {}).platform_name == "城市 100%"


@pytest.mark.parametrize("content", [None, "", "[other]\nx = 1\n", "x = 1\n", "[app:main]\nx\n\ny"])
def test_a_file_without_the_section_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "sunseal.ini"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"sunseal\.ini"):
        read_ini(file)


def test_a_policy_of_witnesses_is_read_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "log.policy"
    key = "w.example/1+e1023304+BCHjWEgBNIMaBzKI3BClg1Dbv8qg4Avdi1rhK0te9j8h"
    path.write_text(f"witness w {key} https://w.example\nquorum w\n", "utf-8")
    settings = read_settings({}, {"SUNSEAL_LOG_POLICY": str(path)})
    assert [each.url for each in settings.witnesses.witnesses] == ["https://w.example"]
    assert not read_settings({}, {}).witnesses.witnesses
    elsewhere = f"witness w {key} ftp://w\nquorum w\n"
    for text, said in ((elsewhere, "https://"), ("witness\n", "line 1"), (None, "read")):
        if text is None:
            path.unlink()
        else:
            path.write_text(text, "utf-8")
        with pytest.raises(ConfigurationError) as caught:
            read_settings({}, {"SUNSEAL_LOG_POLICY": str(path)})
        assert said in caught.value.text("en").replace("Line", "line")
