"""Takes what its unit lets it take, and tells after each step: run in a guest, in a unit's place.

Usage: probe.py ADDRESS THREADS MEBIBYTES
"""

import json
import os
import socket
import sys
import threading


def main(address: str, threads: int, mebibytes: int) -> None:
    """Send to `address` and to itself, start threads, fill memory; a line of JSON after each."""
    _tell("policy", os.sched_getscheduler(0))
    _tell("loopback", _sent("127.0.0.1"))
    _tell("outside", _sent(address))
    _tell("threads", _started(threads))
    held = []
    for count in range(8, mebibytes + 1, 8):
        held.append(bytearray(b"x") * (8 << 20))
        _tell("mebibytes", count)


def _sent(address: str) -> str:
    """Send a datagram to the port "discard"; "" when the kernel took it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        try:
            sender.sendto(b".", (address, 9))
        except OSError as error:
            return error.strerror or type(error).__name__
    return ""


def _started(wanted: int) -> int:
    end = threading.Event()
    running: list[threading.Thread] = []
    try:
        for _ in range(wanted):
            one = threading.Thread(target=end.wait)
            one.start()
            running.append(one)
    except RuntimeError:
        pass
    end.set()
    for one in running:
        one.join()
    return len(running)


def _tell(name: str, value: object) -> None:
    sys.stdout.write(f"{json.dumps({name: value})}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
