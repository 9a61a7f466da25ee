"""Names that the catalogue allows, made of any text."""

import re
import unicodedata

LONGEST = 40


def slug(text: str, otherwise: str) -> str:
    """Lower-case letters, digits and _, beginning with a letter; `otherwise` stands in front of what does not."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter))
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return (words if words[:1].isalpha() else f"{otherwise}_{words}")[:LONGEST].strip("_")
