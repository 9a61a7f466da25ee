"""A fault written down: of what kind it is and where it happened, without the values that its message may quote."""

import traceback

# Their messages name names and figures of the program. Those of others, of types too, may quote a cell, an id or a statement.
_PLAIN = (ArithmeticError, AttributeError, ImportError, MemoryError, NameError, RecursionError)


def told(error: BaseException) -> str:
    """A fault as a text of several lines, after those that led to it.

    Args:
        error: What was raised.

    Returns:
        Places in the code, the outermost first, and the kind of fault; its message only where it cannot hold data.
    """
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    led = f"{told(before)}\nand then:\n" if before else ""
    parts = "".join(f"{told(part)}\n" for part in error.exceptions) if isinstance(error, BaseExceptionGroup) else ""
    return f"{led}{parts}{''.join(traceback.format_tb(error.__traceback__))}{_named(error)}"


def _named(error: BaseException) -> str:
    said = error.strerror if isinstance(error, OSError) else str(error) if isinstance(error, _PLAIN) else ""
    return f"{type(error).__qualname__}: {said}" if said else type(error).__qualname__
