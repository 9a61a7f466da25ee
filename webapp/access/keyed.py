"""Names for what must not be stored or noted as it is: the same each time, and of no use without the secret (RFC 2104)."""

import hashlib
import hmac


class Keyed:
    """Makes such names with one secret."""

    def __init__(self, secret: str) -> None:
        """Key with a secret."""
        self._secret = secret.encode()

    def name(self, purpose: str, value: str) -> str:
        """The name of a value, in hexadecimal; the same value has other names for other purposes."""
        return hmac.new(self._secret, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()

    def short(self, purpose: str, value: str) -> str:
        """The first 16 digits: enough to tell people and things apart in a log."""
        return self.name(purpose, value)[:16]
