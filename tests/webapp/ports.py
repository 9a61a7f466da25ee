"""Ports of this machine that nobody listens at."""

import socket


def free_port() -> int:
    """One of them, for a server that is started at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
