"""Who may log in, and the secrets that a host needs after a boot."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovereign.review import access
from sovereign.review.access import rsa_bits, usable

from .cases import Case, Sound, assert_found, assert_sound
from .conftest import Draft

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH0DSbo0uUlHnmbHcsrtFcBhl5ipjtq3qi6jl1/IUK+/ colter"
EXAMPLE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJlcGxhY2UgdGhpcyBrZXkgd2l0aCB5b3VyIG93biEh nobody"
SSH = "[access.ssh]"
OPERATOR = "[operators.colter]"


def rsa_key(bits: int) -> str:
    """An RSA public key of a length, as ssh-keygen writes it (RFC 4253, 6.6)."""
    fields = [
        b"ssh-rsa",
        (65537).to_bytes(3, "big"),
        b"\0" + (1 << bits - 1).to_bytes(-(-bits // 8), "big"),
    ]
    if bits % 8:
        fields[2] = fields[2][1:]
    blob = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return f"ssh-rsa {base64.b64encode(blob).decode()} colter"


FOUND = [
    Case(
        access.short_key,
        f'"{rsa_key(2048)}"',
        'an RSA key of "colter" has 2048 bits',
        fleet=((ED25519, rsa_key(2048)),),
    ),
    Case(
        access.example_key,
        f'"{EXAMPLE}"',
        'the key of "colter" is an example',
        fleet=((ED25519, EXAMPLE),),
    ),
    Case(
        access.same_key,
        f'"{ED25519.removesuffix("colter")}emily"',
        '"colter" and "emily" have the same key',
        fleet_end=f'[operators.emily]\nkeys = ["{ED25519.removesuffix("colter")}emily"]',
    ),
    Case(
        access.system_account,
        "[operators.nixbld1]",
        '"nixbld1" is an account of the system',
        fleet_end=f'[operators.nixbld1]\nkeys = ["{ED25519}"]',
    ),
    Case(
        access.nobody_is_root,
        '["colter"]',
        "none of the operators has sudo",
        fleet=((OPERATOR, f"{OPERATOR}\nsudo = false"),),
    ),
    Case(
        access.ssh_from_the_internet,
        '"internet"',
        "everybody on the internet reaches sshd",
        ((f'{SSH}\nzones = ["vpn", "management"]', f'{SSH}\nzones = ["vpn", "internet"]'),),
    ),
    Case(
        access.foreign_listen_address,
        '"10.10.0.3"',
        "no interface of the host has the address 10.10.0.3",
        ((SSH, f'{SSH}\nlisten = ["10.0.0.1", "10.10.0.3"]'),),
    ),
    Case(
        access.host_keys_are_lost,
        '"/etc/ssh"',
        "/etc/ssh is on the root in memory",
        ((SSH, f'{SSH}\nhost_keys = "/etc/ssh"'),),
    ),
    Case(
        access.secret_is_lost,
        '"/etc/wireguard/vpn.key"',
        "/etc/wireguard/vpn.key is on the root in memory",
        (('"/persist/secrets/wireguard/vpn.key"', '"/etc/wireguard/vpn.key"'),),
    ),
    Case(
        access.secret_is_lost,
        '"/root/mail"',
        "/root/mail is on the root in memory",
        (('"/persist/secrets/mail/password"', '"/root/mail"'),),
    ),
    Case(
        access.trusted_by_nix,
        '"colter"',
        '"colter" is trusted by Nix and has no sudo',
        fleet=((OPERATOR, f"{OPERATOR}\nsudo = false"),),
    ),
]

SOUND = [
    Sound(access.short_key, "3072 bits", fleet=((ED25519, rsa_key(3072)),)),
    Sound(
        access.nobody_is_root,
        "one of two has sudo",
        (('operators = ["colter"]', 'operators = ["colter", "emily"]'),),
        fleet_end=f'[operators.emily]\nsudo = false\nkeys = ["{ED25519}"]',
    ),
    Sound(
        access.foreign_listen_address,
        "addresses of the host",
        ((SSH, f'{SSH}\nlisten = ["10.0.0.1", "10.10.0.2"]'),),
    ),
    Sound(
        access.secret_is_lost,
        "made anew at every boot",
        (('"/persist/secrets/mail/password"', '"/run/secrets/mail"'),),
    ),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_access_is_not_as_it_should_be(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize("case", SOUND, ids=str)
def test_access_is_sound(case: Sound, committed: Draft) -> None:
    assert_sound(case, committed)


@given(st.integers(1024, 8192))
def test_the_length_of_an_rsa_key_is_read_from_it(bits: int) -> None:
    assert rsa_bits(rsa_key(bits)) == bits
    assert usable(rsa_key(bits)) is (bits >= 3072)


def test_a_key_of_ssh_keygen() -> None:
    made = (
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCujjSUkoF0PbHHnPmZ/WXe8UgeDO2u1BkIcYrkve0vO2aRwcrb"
        "oh8W0y+V1w1paL+kiP/8/NCCOHAxoVwA3hdgCgq98NaV6XFB62E+5rWcxqMTY1tJNdWwy12+owZHRIEaiAjnCEWf"
        "YX+jxtdaa4tUdPBpLeXNMsH870TB+qdGSkZqpGn27m/L+dK7uTqmhXQCWj2uYEkN1/lbIjMTGNaHG0WnbWr4F9XA"
        "XTNMOLghkdb+26zef7GLPvrThKtwXJN1KDNzqyQQKllpBNFJg6wyrKETcEd3kncNI+z+UKouInI4PqzfbyQ2YKXt"
        "YEopSDzGsHbFw6tLswOIBSYzZE6f old"
    )
    assert rsa_bits(made) == 2048


def test_a_key_of_another_kind_has_no_length() -> None:
    assert rsa_bits(ED25519) is None
    assert usable(ED25519)


def test_a_cut_rsa_key_has_no_bits() -> None:
    blob = base64.b64encode(b"\0\0\0\x07ssh-rsa").decode()
    assert rsa_bits(f"ssh-rsa {blob}") == 0
