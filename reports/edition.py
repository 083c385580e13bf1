"""Which edition of the documents this is, and what drew it: each document names both as its producer.

The same facts give the same document only where both are the same, so whoever renders a document again knows
by them whether it can be compared.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import reportlab
from PIL import features

from reports.typeface import FILES, FOLDER

# Raise it when any document comes out otherwise from the same facts; a test says when.
EDITION = 1


@lru_cache(maxsize=1)
def producer() -> str:
    """`Sunseal edition 1 (reportlab …, lcms …, fonts …)`: the layout, and what decides how it is drawn.

    Raises OSError if the fonts have not been made.
    """
    fonts = hashlib.sha256()
    for file in FILES.values():
        fonts.update((FOLDER / file).read_bytes())
    lcms = features.version("littlecms2")
    tools = f"reportlab {reportlab.Version}, lcms {lcms}, fonts {fonts.hexdigest()[:16]}"
    return f"Sunseal edition {EDITION} ({tools})"
