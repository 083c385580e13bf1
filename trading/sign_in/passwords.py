"""Passwords: Argon2id hashes (RFC 9106; parameters of OWASP's cheat sheet), and which are too easy."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from trading.web.forms import Both, tidy

LEAST = 12  # characters
MOST = 200
# 19 MiB and two passes: a district's small server checks several at a time.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_COMMON = (
    "123456", "password", "qwerty", "abcdef", "111111", "000000", "888888", "asdfgh", "iloveyou", "woaini",
)  # fmt: skip


def hash_password(password: str) -> str:
    """The encoded Argon2id hash, its salt and parameters inside."""
    return _HASHER.hash(password)


def verify_password(encoded: str | None, password: str) -> bool:
    """Whether the password is the hash's. Without a hash it takes as long, so that names cannot be probed."""
    try:
        _HASHER.verify(encoded or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return encoded is not None


def outdated(encoded: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(encoded)


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody's")


def weakness(password: str, *known: str) -> Both | None:
    """What is wrong with a new password; `known` are names that it must not hold. None if nothing is."""
    if len(password) < LEAST:
        return Both(
            f"密码至少 {LEAST} 个字符，现在有 {len(password)} 个。可以用几个不相干的词组成。",
            f"At least {LEAST} characters; there are {len(password)}. A few unrelated words will do.",
        )
    if len(password) > MOST:
        return Both(f"密码最多 {MOST} 个字符。请缩短。", f"At most {MOST} characters. Shorten it.")
    plain = tidy(password).casefold()
    if len(set(plain)) < 6:
        return Both("密码重复的字符太多。请换一个。", "Too many repeated characters. Choose another.")
    for name in known:
        if len(name) >= 3 and name.casefold() in plain:
            return Both("密码中含有您的姓名或用户名。请换一个。", "It holds your name. Choose another.")
    if any(plain.replace(each, "") != plain and len(plain.replace(each, "")) < 6 for each in _COMMON):
        return Both(
            "这是很常见的密码，容易被猜到。请换一个。", "A common password, easily guessed. Choose another."
        )
    return None
