"""`python -m webapp`: the whole product on this machine."""

import sys

from webapp import logs
from webapp.serving import AddressError, address, serve


def main() -> int:
    """Serve at `HOST` and `PORT`, or http://127.0.0.1:8050."""
    try:
        host, port = address(port=8050)
        logs.configure()
    except (AddressError, logs.FormatError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    from webapp import server

    serve(server.app, "Clientele", host=host, port=port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
