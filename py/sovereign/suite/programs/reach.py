"""Which ports answer: `python3 - SECONDS ADDRESS PORT [ADDRESS PORT]…` prints those, all tried at once.

A port answers that accepts a connection or resets it. Silence and an unreachable address are none.
"""

import errno
import ipaddress
import select
import socket
import sys
import time

REACHED = {0, errno.ECONNREFUSED, errno.ECONNRESET}


def reached(targets: list[tuple[str, int]], seconds: float) -> list[tuple[str, int]]:
    """Return those of the targets, pairs of an address and a port, that answer in time."""
    waiting: dict[int, tuple[socket.socket, tuple[str, int]]] = {}
    answered = []
    poll = select.poll()
    for address, port in targets:
        v6 = ipaddress.ip_address(address).version == 6
        one = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_STREAM)
        one.setblocking(False)
        code = one.connect_ex((address, port))
        if code == errno.EINPROGRESS:
            waiting[one.fileno()] = (one, (address, port))
            poll.register(one, select.POLLOUT)
        elif code in REACHED:
            answered.append((address, port))
    end = time.monotonic() + seconds
    while waiting and time.monotonic() < end:
        for number, _ in poll.poll(max(1, (end - time.monotonic()) * 1000)):
            one, target = waiting.pop(number)
            poll.unregister(number)
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in REACHED:
                answered.append(target)
            one.close()
    return answered


if __name__ == "__main__":
    words = sys.argv[2:]
    pairs = [(words[i], int(words[i + 1])) for i in range(0, len(words), 2)]
    for found, at in reached(pairs, float(sys.argv[1])):
        print(found, at)
