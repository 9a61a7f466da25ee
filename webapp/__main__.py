"""`python -m webapp`: the whole product on this machine."""

import sys

from webapp import logs
from webapp.access.settings import SettingsError
from webapp.serving import address, serve
from webapp.settings import Settings


def main() -> int:
    """Serve at `HOST` and `PORT`, or http://127.0.0.1:8050."""
    try:
        host, port = address(port=8050)
        settings = Settings.from_environment()
        logs.configure()
        from webapp.server import create_server

        app = create_server(settings)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    serve(app, "Clientele", host=host, port=port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
