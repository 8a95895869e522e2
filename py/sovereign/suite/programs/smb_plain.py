"""A client that cannot encrypt: logs in, connects to a share, prints `WHERE STATUS`.

smbclient does as the server wants, and cannot be told not to. This client offers SMB 3.1.1 without
ciphers ([MS-SMB2] 2.2.3.1), logs in by NTLMv2 ([MS-NLMP] 3.3.2) and signs what it sends. STATUS is an
NTSTATUS in hexadecimal digits, of the last step that was tried; it got in by `share 00000000`.
"""

import hashlib
import hmac
import os
import socket
import struct
import sys

SUCCESS, MORE = 0, 0xC0000016
NEGOTIATE, SESSION_SETUP, TREE_CONNECT = 0, 1, 3
SIGNED = 0x8
NTLM_FLAGS = (
    0xA0888205  # Unicode, target, NTLM, always sign, extended security, target info, 128, 56
)


MASK = 0xFFFFFFFF
ROUNDS = (
    (0, (3, 7, 11, 19), tuple(range(16))),
    (0x5A827999, (3, 5, 9, 13), tuple(4 * (i % 4) + i // 4 for i in range(16))),
    (0x6ED9EBA1, (3, 9, 11, 15), (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)),
)


def mixed(number: int, x: int, y: int, z: int) -> int:
    """The functions F, G and H."""
    return ((x & y) | (~x & z), (x & y) | (x & z) | (y & z), x ^ y ^ z)[number]


def md4(data: bytes) -> bytes:
    """RFC 1320; OpenSSL 3 no longer has it."""
    text = data + b"\x80" + b"\0" * ((55 - len(data)) % 64) + struct.pack("<Q", 8 * len(data))
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    for start in range(0, len(text), 64):
        words = struct.unpack("<16I", text[start : start + 64])
        a, b, c, d = state
        for number, (constant, shifts, order) in enumerate(ROUNDS):
            for step, index in enumerate(order):
                total = (a + mixed(number, b, c, d) + words[index] + constant) & MASK
                shift = shifts[step % 4]
                a, b, c, d = d, (total << shift | total >> (32 - shift)) & MASK, b, c
        state = [(old + new) & MASK for old, new in zip(state, (a, b, c, d), strict=True)]
    return struct.pack("<4I", *state)


def ntlm_negotiate() -> bytes:
    """The first message."""
    return b"NTLMSSP\0" + struct.pack("<II16x", 1, NTLM_FLAGS)


def ntlm_authenticate(challenge: bytes, user: str, password: str) -> tuple[bytes, bytes]:
    """The answer to the challenge, and the session's key."""
    server = challenge[24:32]
    length, _, offset = struct.unpack_from("<HHI", challenge, 40)
    target = challenge[offset : offset + length]
    key = hmac.digest(md4(password.encode("utf-16-le")), user.upper().encode("utf-16-le"), "md5")
    filetime = struct.pack("<Q", 116444736000000000)
    blob = b"\x01\x01" + bytes(6) + filetime + os.urandom(8) + bytes(4) + target + bytes(4)
    proof = hmac.digest(key, server + blob, "md5")
    fields, payload = b"", b""
    for part in (bytes(24), proof + blob, b"", user.encode("utf-16-le"), b"", b""):
        fields += struct.pack("<HHI", len(part), len(part), 64 + len(payload))
        payload += part
    head = b"NTLMSSP\0" + struct.pack("<I", 3) + fields + struct.pack("<I", NTLM_FLAGS)
    return head + payload, hmac.digest(key, proof, "md5")


class Connection:
    """One TCP connection, its session and the hash of what was said before the session was made."""

    def __init__(self, address: str, port: int) -> None:
        self.socket = socket.create_connection((address, port), 10)
        self.count = self.session = 0
        self.preauth = bytes(64)
        self.key = b""

    def ask(self, command: int, body: bytes) -> tuple[int, bytes]:
        """Send a request; return the status of the answer, and the answer."""
        flags = SIGNED if self.key else 0
        fields = (64, 1, 0, command, 31, flags, 0, self.count, 0, 0, self.session)
        head = struct.pack("<4sHHIHHIIQIIQ", b"\xfeSMB", *fields)
        message = head + bytes(16) + body
        if self.key:
            signature = hmac.digest(self.key, message, "sha256")[:16]
            message = head + signature + body
        self.count += 1
        self.hash(message)
        self.socket.sendall(struct.pack(">I", len(message)) + message)
        (length,) = struct.unpack(">I", self.read(4))
        answer = self.read(length)
        (status,) = struct.unpack_from("<I", answer, 8)
        (self.session,) = struct.unpack_from("<Q", answer, 40)
        if status in {SUCCESS, MORE} and not (command == SESSION_SETUP and status == SUCCESS):
            self.hash(answer)
        return status, answer

    def hash(self, message: bytes) -> None:
        """Add to the hash ([MS-SMB2] 3.1.4.4.1)."""
        self.preauth = hashlib.sha512(self.preauth + message).digest()

    def read(self, length: int) -> bytes:
        """Read so many bytes."""
        found = b""
        while len(found) < length:
            part = self.socket.recv(length - len(found))
            if not part:
                raise ConnectionError("the server closed the connection")
            found += part
        return found


def negotiate(connection: Connection) -> int:
    """Offer SMB 3.1.1 with SHA-512 and signing by HMAC-SHA256, and no cipher."""
    contexts = context(1, struct.pack("<HHH", 1, 32, 1) + os.urandom(32))
    contexts += context(8, struct.pack("<HH", 1, 0))
    body = struct.pack("<HHHHI16sIHHH2x", 36, 1, 1, 0, 0, os.urandom(16), 104, 2, 0, 0x311)
    return connection.ask(NEGOTIATE, body + contexts)[0]


def context(kind: int, data: bytes) -> bytes:
    """A negotiate context, filled up to eight bytes."""
    return struct.pack("<HHI", kind, len(data), 0) + data + bytes(-len(data) % 8)


def log_in(connection: Connection, user: str, password: str) -> int:
    """Make a session; from then on everything is signed."""
    status, answer = connection.ask(SESSION_SETUP, setup(ntlm_negotiate()))
    if status != MORE:
        return status
    offset, length = struct.unpack_from("<HH", answer, 68)
    token, key = ntlm_authenticate(answer[offset : offset + length], user, password)
    status, _ = connection.ask(SESSION_SETUP, setup(token))
    label = b"SMBSigningKey\0"  # the counter mode of NIST SP 800-108
    text = struct.pack(">I", 1) + label + b"\0" + connection.preauth + struct.pack(">I", 128)
    connection.key = hmac.digest(key, text, "sha256")[:16]
    return status


def setup(token: bytes) -> bytes:
    """The body of a session setup."""
    return struct.pack("<HBBIIHHQ", 25, 0, 1, 0, 0, 88, len(token), 0) + token


def tree(connection: Connection, address: str, share: str) -> int:
    """Connect to a share."""
    path = f"\\\\{address}\\{share}".encode("utf-16-le")
    return connection.ask(TREE_CONNECT, struct.pack("<HHHH", 9, 0, 72, len(path)) + path)[0]


def main(address: str, port: int, share: str, user: str, password: str) -> None:
    """Try to get in without encryption and print where and how that ended."""
    connection = Connection(address, port)
    where, status = "protocol", negotiate(connection)
    if status == SUCCESS:
        where, status = "session", log_in(connection, user, password)
    if status == SUCCESS:
        where, status = "share", tree(connection, address, share)
    sys.stdout.write(f"{where} {status:08x}\n")
