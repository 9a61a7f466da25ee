"""Memory that is free again goes back to the system: glibc alone gives back no more than the end of what it has."""

import ctypes


def trim() -> bool:
    """Ask the system's C library for it, by glibc's malloc_trim(3); says whether something was given back, nothing where it is another."""
    ask = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return bool(ask and ask(0))
