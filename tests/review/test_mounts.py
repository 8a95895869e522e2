"""Which folders of a host outlive a boot."""

import pytest

from sovereign.review.mounts import Mount, below, lasting, recordsize
from sovereign.units import Size

from .conftest import Draft

KEPT = {
    "/ember/code/emily": Mount("/ember/code", "ember", "code"),
    "/ember/music": Mount("/ember", "ember"),
    "/var/lib/postgresql/17": Mount("/var/lib/postgresql", "rpool", "databases/postgresql"),
    "/nix/store": Mount("/nix"),
    "/persist/secrets": Mount("/persist", "rpool", "persist"),
    # Persisted folders lie in /persist.
    "/var/lib/samba/private": Mount("/persist", "rpool", "persist"),
    "/var/log": Mount("/persist", "rpool", "persist"),
    "/srv": None,
    "/var/lib": None,
    "/var/logs": None,
    "/": None,
}


@pytest.mark.parametrize(("path", "mount"), KEPT.items())
def test_what_holds_a_folder(path: str, mount: Mount | None, committed: Draft) -> None:
    assert lasting(committed.loaded(), path) == mount


def test_a_dataset_in_a_persisted_folder_is_the_deeper_one(committed: Draft) -> None:
    draft = committed.host('"/var/log",', '"/var/log",\n  "/var/lib",')
    assert lasting(draft.loaded(), "/var/lib/postgresql/17") == KEPT["/var/lib/postgresql/17"]
    assert lasting(draft.loaded(), "/var/lib/emily") == KEPT["/persist/secrets"]


def test_what_is_persisted_into_memory_is_lost(committed: Draft) -> None:
    draft = committed.host('persist = { mount = "/persist" }', "persist = {}")
    assert lasting(draft.loaded(), "/var/log") is None


SIZES = {
    "/ember/code": Size.parse("128KiB"),
    "/ember/music": Size.parse("1MiB"),
    "/var/lib/postgresql": Size.parse("16KiB"),
    "/rpool/vms": Size.parse("128KiB"),
    "/nix": None,
}


@pytest.mark.parametrize(("path", "size"), SIZES.items())
def test_the_record_size_is_inherited(path: str, size: Size | None, committed: Draft) -> None:
    host = committed.loaded()
    mount = lasting(host, path)
    assert mount is not None
    assert recordsize(host, mount) == size


def test_below() -> None:
    assert below("/var/log", "/var/log")
    assert below("/var/log/nginx", "/var/log")
    assert below("/var", "/")
    assert not below("/var/logs", "/var/log")
