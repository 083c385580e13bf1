"""Refusals: codes with sentences in both languages, harmless to a log, and one for each signing error."""

from __future__ import annotations

import ast
import pickle
import re
import string
from pathlib import Path

import pytest

import bids
from bids.errors import BidError, Refused, from_signing, refusing
from bids.messages import MESSAGES
from signing import errors as signing_errors
from signing.errors import CertificateError, SigningError

PACKAGE = Path(bids.__file__).parent
# Reads PDFs for the verifier, which says what is found: its libraries are the platform's.
READER_OF_DOCUMENTS = PACKAGE.parent / "trading" / "evidence" / "pades_check.py"
# Fetches what it checks; the page's follower says the same by the same sentences.
FOLLOWER = PACKAGE.parent / "trading" / "client" / "log_follower.py"


def composed() -> tuple[str, ...]:
    """Beginnings of codes that are put together, like f"certificate-{reason}"."""
    return tuple(
        node.values[0].value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.JoinedStr)
        and isinstance(node.values[0], ast.Constant)
        and isinstance(node.values[0].value, str)
        and re.fullmatch(r"([a-z0-9]+-)+", node.values[0].value)
    )


def literals() -> set[str]:
    """Every text constant in the package's own modules but the messages, and in those that say the same."""
    found: set[str] = set()
    for path in (*PACKAGE.rglob("*.py"), READER_OF_DOCUMENTS, FOLLOWER):
        if not path.name.startswith("messages"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return found


def raised() -> set[str]:
    """The codes given as literals to BidError and Refused."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("BidError", "Refused")
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(str(node.args[0].value))
    return found


def test_every_code_that_is_raised_has_sentences() -> None:
    assert len(raised()) > 50
    assert raised() - MESSAGES.keys() == set()


def test_no_sentence_is_without_its_code() -> None:
    beginnings = composed()
    assert {"certificate-", "manifest-other-"} <= set(beginnings)
    assert [code for code in MESSAGES.keys() - literals() if not code.startswith(beginnings)] == []


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_both_languages_say_the_same_with_the_same_values(code: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", code)
    chinese, english = MESSAGES[code]
    fields = [
        {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (chinese, english)
    ]
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert not re.search(r"[\u4e00-\u9fff]", english)
    assert fields[0] <= fields[1] or fields[1] <= fields[0]


def test_text_in_both_languages() -> None:
    error = BidError("number-negative", path="items[3].unit_price", value="-5")
    assert str(error) == "items[3].unit_price: -5 is negative. Prices and quantities cannot be."
    assert error.text("zh") == "items[3].unit_price：-5 是负数。价格和数量不得为负。"
    assert error.params == {"path": "items[3].unit_price", "value": "-5"}
    assert (error.rule, error.article) == ("", "")


def test_hostile_values_cannot_forge_a_log_line_or_flood_it() -> None:
    error = BidError("name-unsafe", name="a\nINFO: accepted\x1b[2J\u202egnp.exe\ud800" + "x" * 10_000)
    assert len(error.params["name"]) == 300
    assert not re.search(r"[\n\x1b\u202e\ud800]", str(error))
    str(error).encode("utf-8")


def test_refused_names_rule_and_article() -> None:
    error = Refused("closing-early", rule="deadline", article="20号令第27条 / Order 20 art. 27")
    assert isinstance(error, BidError)
    assert (error.rule, error.article) == ("deadline", "20号令第27条 / Order 20 art. 27")


@pytest.mark.parametrize(
    "error", [BidError("duplicate", path="items", value="1"), Refused("closing-early", rule="r", article="a")]
)
def test_errors_survive_pickling(error: BidError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (again.code, again.params, again.rule, str(again)) == (
        error.code,
        error.params,
        error.rule,
        str(error),
    )


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("CanonicalError", "not-canonical"),
        ("EncodingError", "encoding-invalid"),
        ("SignatureInvalid", "signature-invalid"),
        ("SealingError", "sealing-failed"),
        ("DealingError", "dealing-failed"),
        ("PaddingError", "padding-invalid"),
        ("CiphertextError", "ciphertext-invalid"),
        ("MerkleError", "proof-invalid"),
        ("NoteError", "note-invalid"),
        ("SigningError", "signing-refused"),
    ],
)
def test_each_signing_error_has_its_code(kind: str, code: str) -> None:
    error = getattr(signing_errors, kind)("It does not hold.", "short")
    with pytest.raises(BidError) as caught, refusing("manifest", bid="b"):
        raise error
    assert caught.value.code == code
    assert caught.value.params == {"what": "manifest", "reason": "short", "bid": "b"}
    assert "manifest" in caught.value.text("zh") and "manifest" in str(caught.value)


@pytest.mark.parametrize(
    "reason",
    [
        "expired",
        "not-yet-valid",
        "revoked",
        "untrusted",
        "wrong-authority",
        "algorithm",
        "crl-missing",
        "malformed",
    ],
)
def test_each_reason_against_a_certificate_has_its_code(reason: str) -> None:
    error = from_signing(CertificateError("No.", reason))  # type: ignore[arg-type]
    assert error.code == f"certificate-{reason}"
    assert str(error) and error.text("zh")


def test_other_errors_pass_through() -> None:
    with pytest.raises(OSError), refusing("manifest"):
        raise OSError
    with refusing("manifest"):
        assert issubclass(CertificateError, SigningError)
