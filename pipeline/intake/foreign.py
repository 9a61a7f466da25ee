"""What a file that is not read is, by its first bytes: whatever its name says, nobody meant it for a table of text."""

import codecs
import json
import re

# Of a file this much is looked at.
LOOKED_AT = 1 << 16

_SIGNATURES: dict[bytes, str] = {
    b"%PDF-": "a PDF document",
    b"\x89PNG\r\n\x1a\n": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF87a": "a GIF picture",
    b"GIF89a": "a GIF picture",
    b"{\\rtf": "an RTF document",
    b"SQLite format 3\0": "an SQLite database",
    b"ARROW1\0\0": "an Arrow file",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\xfd7zXZ\0": "an xz archive",
    b"(\xb5/\xfd": "a zstd archive",
    b"BZh": "a bzip2 archive",
    b"\x7fELF": "a program",
}
# Beginnings that a line of text may have as well, unless this follows.
_GOES_ON = {b"ORC": re.compile(rb"[\x00-\x1f]"), b"BZh": re.compile(rb"[1-9](1AY&SY|\x17rE8P\x90)")}
_MARKUP = {
    "an HTML page": re.compile(r"<!doctype\s+html|<html(\s[^>]*)?>(?!\s*[,;|])", re.IGNORECASE),
    "XML": re.compile(r"<\?xml\s"),
}
# The first key of an object, alone or in a list: a header may begin with a bracket, but does not go on like this.
_OBJECT = re.compile(r'(\[\s*)?\{\s*"([^"\\]|\\.)*"\s*:')


def foreign(head: bytes) -> str | None:
    """What a file is, in words, if that is certain and nothing that is read.

    Args:
        head: The first `LOOKED_AT` bytes, or all there are.
    """
    for signature, words in _SIGNATURES.items():
        goes_on = _GOES_ON.get(signature)
        if head.startswith(signature) and (goes_on is None or goes_on.match(head, len(signature))):
            return words
    text = _text(head).lstrip()
    markup = next((words for words, pattern in _MARKUP.items() if pattern.match(text)), None)
    return markup or ("JSON" if _is_json(text, whole=len(head) < LOOKED_AT) else None)


def _text(head: bytes) -> str:
    """As far as markup goes, which is ASCII in whatever encoding."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", errors="replace")
    return head.removeprefix(codecs.BOM_UTF8).decode("latin-1")


def _is_json(text: str, *, whole: bool) -> bool:
    """Whether a text is a list or an object; `whole`: nothing of it was cut off."""
    if _OBJECT.match(text):
        return True
    if not (whole and text.startswith(("{", "["))):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
