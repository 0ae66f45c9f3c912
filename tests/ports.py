"""Ports for servers that are told theirs before they start."""

import random
import socket

# Below those that the system gives out itself, so that no connection takes one before its server does, and a
# client that knocks while nobody listens cannot connect to itself.
LOWEST, HIGHEST = 20_000, 32_000


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free; nobody else is given it here until this process ends.

    A UDP socket reserves it, whose numbers are other ones: the server that gets the port can bind it all the same.
    """
    choose = random.SystemRandom()  # hypothesis seeds the common one
    while True:
        port = choose.randint(LOWEST, HIGHEST)
        with socket.socket(type=socket.SOCK_DGRAM) as reservation, socket.socket() as tried:
            try:
                reservation.bind(("127.0.0.1", port))
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            reservation.detach()  # stays open
            return port
