"""Memory that large bodies took goes back to the system when they are done."""

from __future__ import annotations

import ctypes
import sys

_M_MMAP_THRESHOLD = -3  # <malloc.h>
_BLOCK = 512 * 1024


def return_large_blocks() -> None:
    """Have glibc map each block of half a MiB or more by itself, so that freeing it returns it.

    By default it keeps freed blocks of up to 32 MiB in an arena for each thread, and a server whose threads
    take uploads in parts of 8 MiB grows by hundreds of MiB. Elsewhere this does nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _BLOCK)
    except AttributeError:  # another C library
        return
