"""A backup's secret as words (SLIP-39): dealt to people, and put together again.

The words are a 256-bit secret, 33 words a share, in one group or several; without a further passphrase, as
whoever recovers a department's keys in ten years may know nothing but the sheets in its safes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shamir_mnemonic import MnemonicError, Share, generate_mnemonics
from shamir_mnemonic.recovery import RecoveryState

from trading.client.errors import ClientError

SECRET_SIZE = 32  # bytes
_GROUP = re.compile(r"(1?\d)/(1?\d)", re.ASCII)
_MOST = 16
_ITERATIONS = 1  # for a passphrase, of which there is none


def read_group(text: str) -> tuple[int, int]:
    """ "2/3": two of three shares; ClientError "words-group"."""
    found = _GROUP.fullmatch(text.strip())
    needed, count = (int(found[1]), int(found[2])) if found else (0, 0)
    # SLIP-39 deals no several shares of which one is enough: one share is copied instead.
    if not 1 <= needed <= count <= _MOST or (needed == 1 and count > 1):
        raise ClientError("words-group", found=text[:20])
    return needed, count


def deal_words(secret: bytes, groups: Sequence[tuple[int, int]], needed: int) -> list[list[str]]:
    """The shares of each group (needed, count); `needed` groups recover.

    Raises:
        ClientError: "words-group".
    """
    if not 1 <= needed <= len(groups) <= _MOST:
        raise ClientError("words-group", found=f"{needed}/{len(groups)}")
    words: list[list[str]] = generate_mnemonics(needed, groups, secret, iteration_exponent=_ITERATIONS)
    return words


class Gathering:
    """Shares as they come in, until they are enough."""

    def __init__(self) -> None:
        self._state = RecoveryState()
        self._known = 0

    def add(self, words: str) -> bool:
        """One share; False if it was there already, which changes nothing.

        Raises:
            ClientError: "words-mistyped", "words-other".
        """
        try:
            share = Share.from_mnemonic(" ".join(words.lower().split()))
        except MnemonicError as error:
            raise ClientError("words-mistyped", reason=error) from None
        try:
            self._state.add_share(share)
        except MnemonicError:
            raise ClientError("words-other") from None
        known, self._known = self._known, sum(map(len, self._state.groups.values()))
        return self._known > known

    @property
    def complete(self) -> bool:
        """Whether the shares are enough."""
        return bool(self._state.is_complete())

    @property
    def missing(self) -> str:
        """What is still wanted, in figures: "1/2" shares of the present group, "0/2" groups."""
        share = self._state.last_share
        if share is None:
            return "0"
        have, of = self._state.group_status(share.group_index)
        text = f"{have}/{of}"
        if share.group_threshold > 1:
            text += f", {self._state.groups_complete()}/{share.group_threshold}"
        return text

    def secret(self) -> bytes:
        """The secret, 32 bytes.

        Raises:
            ClientError: "words-missing", "words-other".
        """
        if not self.complete:
            raise ClientError("words-missing", have=self.missing)
        try:
            secret: bytes = self._state.recover(b"")
        except MnemonicError:
            raise ClientError("words-other") from None
        if len(secret) != SECRET_SIZE:
            raise ClientError("words-other")
        return secret


def gather(shares: Sequence[str]) -> bytes:
    """The secret of shares that are all at hand.

    Raises:
        ClientError: "words-mistyped", "words-other", "words-missing".
    """
    gathering = Gathering()
    for share in shares:
        gathering.add(share)
    return gathering.secret()
