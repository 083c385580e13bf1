"""Chinese lines as they are set (GB/T 15834, 禁则): none begins with a closing mark or ends with an opening
one, no word or number is broken.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports import typeface

NO_BEGIN = frozenset("，。、；：？！）》〉」』】〕”’…%‰,.;:?!)]}")
NO_END = frozenset("（《〈「『【〔“‘([{")


def broken(text: str, face: str, size: float, room: float, indent: float = 0.0) -> list[str]:
    """`text` (visible already) in lines of `room` points, the first one shorter by `indent`."""
    lines, line, used = [], "", indent
    for piece in pieces(text):
        needed = typeface.width(piece, face, size)
        if line and used + typeface.width(piece.rstrip(), face, size) > room:
            lines.append(line.rstrip())
            line, used = "", 0.0
            piece = piece.lstrip()
        if typeface.width(piece, face, size) > room:  # nothing of it can be kept whole
            for char in piece:
                if line and used + typeface.width(char, face, size) > room:
                    lines.append(line)
                    line, used = "", 0.0
                line += char
                used += typeface.width(char, face, size)
            continue
        line, used = line + piece, used + needed
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def pieces(text: str) -> Iterator[str]:
    """What stays together: a word or number with the spaces after it, or one Chinese character; opening marks
    with what follows them, closing marks with what comes before.
    """
    piece = ""
    for char in text:
        if piece and breaks_between(piece[-1], char):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def breaks_between(before: str, after: str) -> bool:
    """Whether a line may end after `before` when `after` follows."""
    if before in NO_END or after in NO_BEGIN or after == " ":
        return False
    return before == " " or before >= "\u2e80" or after >= "\u2e80" or before in NO_BEGIN - frozenset(",.:")
