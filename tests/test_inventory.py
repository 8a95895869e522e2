"""The door of the inventory: what comes in, and how everything else is refused at its place."""

import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from fleets import FLEET, HOST, ROOT, copy_with
from sovereign.diagnostics import Diagnostic, KeyPath
from sovereign.inventory.document import value_at
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import InvalidInventoryError, Inventory, load
from sovereign.inventory.problems import _schema_at, _schema_of, explain_validation
from sovereign.report import render, to_json
from sovereign.units import Size


def refused(root: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(InvalidInventoryError) as caught:
        load(root)
    return caught.value.diagnostics


@pytest.fixture(scope="module")
def cloudlab() -> Inventory:
    return load(ROOT)


def test_cloudlab_is_what_its_documents_describe(cloudlab: Inventory) -> None:
    host = cloudlab.hosts["cloudlab"]
    assert host.hardware.cpu.sockets * 14 == host.hardware.cpu.cores == 28
    assert host.hardware.memory == Size.parse("128GiB")
    assert sum(disk.kind == "hdd" for disk in host.hardware.disks.values()) == 14
    assert [len(vdev.members) for vdev in host.storage.pools["ember"].vdevs] == [7, 7]
    assert {"apps", "vms", "databases", "builds", "persist"} <= set(
        host.storage.pools["rpool"].datasets
    )
    assert set(host.storage.pools["ember"].datasets) == {"code", "models", "media", "nix"}
    assert host.network.vlans["ai"].address == IPv4Interface("10.30.0.2/24")
    assert {zone.vlan for zone in cloudlab.fleet.zones.values() if zone.vlan} == {10, 20, 30}
    assert host.samba
    assert {share.drive for share in host.samba.shares.values()} == {"Z", "M", "A"}
    assert host.database
    assert host.database.databases["emily"].extensions == ("vector",)


def test_the_inventory_is_frozen(cloudlab: Inventory) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        cloudlab.fleet.name = "other"  # type: ignore[misc] # what the test is about


# snippet of cloudlab's file → what stands there instead, the code, the place, words of the message
REFUSED = [
    ('kernel = "6.18"', "kernel = 6.18", "INV012", "6.18", "must be a string"),
    ('kernel = "6.18"', 'kernel = "six"', "INV013", '"six"', "not written as it must be"),
    ('zfs = "zfs_unstable"', 'zfs = "zfs_unstabel"', "INV015", '"zfs_unstabel"', "must be"),
    ('zfs = "zfs_unstable"', 'zsf = "zfs_unstable"', "INV010", "zsf", "not known"),
    ('kernel = "6.18"\n', "", "INV011", "[boot]", '"kernel" is missing'),
    ('size = "2GiB"', 'size = "2G"', "INV013", '"2G"', '"64GiB"'),
    ('size = "2GiB"', "size = 2147483648", "INV012", "2147483648", "must be a string"),
    ("priority = 10", "priority = 32768", "INV014", "32768", "at most 32767"),
    ("priority = 10", "priority = 1.0", "INV012", "1.0", "whole number"),
    ("autotrim = true", "autotrim = 1", "INV012", "1", "true or false"),
    ('members = ["nvme-a.nix", ', 'members = ["nvme-c.nix", ', "INV020", '"nvme-c.nix"', "nvme-c"),
    ('address = "10.30.0.2/24"', 'address = "10.30.0.2"', "INV013", '"10.30.0.2"', "prefix length"),
    (
        'address = "10.30.0.2/24"',
        'address = "10.30.0.300/24"',
        "INV013",
        '"10.30.0.300/24"',
        "IPv4",
    ),
    ('host_id = "c10d1ab0"', 'host_id = "c10d1ab"', "INV013", '"c10d1ab"', "not written"),
    ('"nvme-b.esp", mount', '"nvme-b.epS", mount', "INV013", '"nvme-b.epS"', "not written"),
    ('path = "/ember/code"', 'path = "/ember/../code"', "INV013", '"/ember/../code"', ". and .."),
    ('nic = "uplink"\nzone', 'nic = "uplnk"\nzone', "INV020", '"uplnk"', "no nic"),
    ('"Z"\nusers = ["colter"]', '"Z"\nusers = ["coltre"]', "INV020", '"coltre"', "no SMB user"),
    ('owner = "mlflow"', 'owner = "mlfow"', "INV020", '"mlfow"', "no database user"),
    ('name = "swap"', 'name = "esp"', "INV021", '"esp"', "described twice"),
    ('disks = ["nvme-a", "nvme-b"]', 'disks = "nvme-a"', "INV012", '"nvme-a"', "an array"),
    ('members = ["nvme-a.nix", "nvme-b.nix"]', "members = []", "INV014", "[]", "at least one"),
    ('address = "10.30.0.2/24"', "address = 8080", "INV012", "8080", "must be a string"),
    ('"9.9.9.9",', "9,", "INV012", "9", "must be a string"),
    ("[samba.shares.media]", "[samba.shares.homes]", "INV013", "homes", "smb.conf"),
    ("[network.tunnels.vpn]", "[network.tunnels.queue]", "INV013", "queue", "nftables"),
    ("[hardware.gpus.p4]", "[hardware.gpus.P4_X]", "INV013", "P4_X", '"nvme-a"'),
    ("[storage.swap]", "[storage.swop]", "INV010", "swop", "not known"),
]


@pytest.mark.parametrize(("old", "new", "code", "marked", "words"), REFUSED)
def test_a_mistake_is_found_at_its_place(
    tmp_path: Path, old: str, new: str, code: str, marked: str, words: str
) -> None:
    root = copy_with(tmp_path, {HOST: {old: new}})
    found = next(d for d in refused(root) if d.code == code)
    place = to_json(found, root)
    line = (root / HOST).read_text("utf-8").splitlines()[place["line"] - 1]  # type: ignore[operator] # it has one
    assert line[place["column"] - 1 : place["end_column"] - 1] == marked  # type: ignore[operator]
    assert words in found.message + found.fix


def test_a_misspelt_name_is_answered_with_the_right_one(tmp_path: Path) -> None:
    root = copy_with(tmp_path, {HOST: {"autotrim": "autotrmi", 'type = "swap"': 'type = "swapp"'}})
    assert {d.fix for d in refused(root)} == {'did you mean "autotrim"?', 'did you mean "swap"?'}


def test_all_errors_of_all_files_come_in_one_run(tmp_path: Path) -> None:
    root = copy_with(
        tmp_path,
        {
            HOST: {"priority = 10": "priority = -1", 'kernel = "6.18"': "kernel = 1"},
            FLEET: {"port = 22 ": "port = 0 ", "vlan = 10,": "vlan = 4095,"},
        },
    )
    other = root / "hosts" / "Other" / "host.toml"
    other.parent.mkdir()
    other.write_text("[identity\n", "utf-8")
    found = refused(root)
    assert {(d.file.relative_to(root).as_posix(), d.code) for d in found} == {
        (HOST, "INV014"),
        (HOST, "INV012"),
        (FLEET, "INV014"),
        ("hosts/Other/host.toml", "INV001"),
        ("hosts/Other/host.toml", "INV004"),
    }
    assert len(found) == 6


@pytest.mark.parametrize(
    "key",
    [
        "abewc/IrjPJjSbCKeh2tRNAoIZE/dMP6y8oKGJ9AjLR=",  # the last character has bits to spare
        "abewc/IrjPJjSbCKeh2tRNAoIZE/dMP6y8oKGJ9AjLQ",
        "abewc/IrjPJjSbCKeh2tRNAoIZE/dMP6y8oKGJ9A",
        "not base64 at all",
    ],
)
def test_a_wireguard_key_is_32_bytes_in_one_spelling(tmp_path: Path, key: str) -> None:
    own = "abewc/IrjPJjSbCKeh2tRNAoIZE/dMP6y8oKGJ9AjLQ="
    (found,) = refused(copy_with(tmp_path, {HOST: {own: key}}))
    assert (found.code, found.at[-1]) == ("INV013", "public_key")


UNREADABLE = [
    (b"a = \n", "INV001", 1),
    (b'a = "1"\na = "2"\n', "INV001", 2),
    (b'a = "\xff"\n', "INV002", 1),
    (b"a = " + b"[" * 100_000, "INV001", 1),
    (b"a = " + b"9" * 5_000, "INV001", 1),
    (b"a = { b = 1\n", "INV001", 1),
    (b"\x00", "INV001", 1),
]


@pytest.mark.parametrize(("text", "code", "line"), UNREADABLE)
def test_a_file_that_is_no_toml_is_refused_at_its_line(
    tmp_path: Path, text: bytes, code: str, line: int
) -> None:
    root = copy_with(tmp_path, {})
    (root / HOST).write_bytes(text)
    (found,) = refused(root)
    assert (found.code, found.span and found.span.line) == (code, line)


def test_a_missing_fleet_file_is_named(tmp_path: Path) -> None:
    (found,) = refused(tmp_path)
    assert found.code == "INV003"
    assert "No such file" in found.message


SECRETS = [
    'password = "hunter2"',
    'password = { value = "hunter2" }',
    'password = { path = "/nix/store/hunter2" }',
    'password = { path = "/persist/hunter2", mode = "0444" }',
    'pasword = "hunter2"',
    'pwd = "hunter2"',
    'password = { path = "/x", mode = "hunter2" }',
    'password = { path = "hunter2", path = "y" }',
    'password = "hunter2',
    "password = hunter2",
    'password = "x"\npassword = "hunter2"',
    'password = """\n\nhunter2 \\z"""',
    'note = """-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2 \\z"""',
    'note = "-----BEGIN OPENSSH PRIVATE KEY-----\\nhunter2"',
    'note = "$6$salt$hunter2"',
    'note = "smtp://mail:hunter2@relay"',
    "note = 1 # the password is hunter2",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_value_is_refused_and_never_shown(tmp_path: Path, secret: str) -> None:
    written = 'password = { path = "/persist/secrets/samba/colter" }'
    root = copy_with(tmp_path, {HOST: {written: secret}})
    found = refused(root)
    assert found
    assert "hunter2" not in render(found, root)
    assert "hunter2" not in str([to_json(d, root) for d in found])


def test_what_stands_where_a_table_with_a_secret_belongs_is_not_shown(tmp_path: Path) -> None:
    user = '[samba.users.colter]\npassword = { path = "/persist/secrets/samba/colter" }'
    root = copy_with(tmp_path, {HOST: {user: '[samba.users]\ncolter = "hunter2"'}})
    assert "hunter2" not in render(refused(root), root)


def test_a_line_that_only_refers_to_a_secret_is_shown(tmp_path: Path) -> None:
    reference = 'password = { path = "/persist/secrets/samba/colter" }'
    root = copy_with(tmp_path, {HOST: {reference: f"{reference}\nnote = 1"}})
    assert "note = 1" in render(refused(root), root)


@pytest.mark.parametrize(
    "key", ["-----BEGIN OPENSSH PRIVATE KEY-----", "AGE-SECRET-KEY-1QQQQ", "$6$salt$hash"]
)
def test_a_private_key_is_no_description(tmp_path: Path, key: str) -> None:
    root = copy_with(tmp_path, {HOST: {'description = "Source code"': f'description = "{key}"'}})
    (found,) = refused(root)
    assert found.code == "INV016"
    assert key not in render([found], root)


HOSTILE = [
    "\n",
    "a\nb",
    "\x00",
    "a\x1b[31mred",
    "\u202eabc",
    "\u2066x",
    "\u2028",
    "\ufeff",
    "\ue000",
    "\U000e0041",
    "\uffff",
]
INERT = ["${builtins.abort 1}", "$${x}", "''${x}''", '"; evil = 1; "', "$(id)", "`id`", "'; drop"]


def strings(value: object, at: KeyPath = ()) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from strings(inner, (*at, index))
    elif isinstance(value, str):
        yield at


def replaced(value: object, at: KeyPath, new: str) -> object:
    if not at:
        return new
    if isinstance(value, dict):
        return value | {at[0]: replaced(value[at[0]], at[1:], new)}
    assert isinstance(value, list)
    index = at[0]
    assert isinstance(index, int)
    return [*value[:index], replaced(value[index], at[1:], new), *value[index + 1 :]]


EXAMPLE = "tests/generators/example/hosts"
FILES = [
    (HOST, Host),
    (FLEET, Fleet),
    (f"{EXAMPLE}/small/host.toml", Host),
    (f"{EXAMPLE}/fleet.toml", Fleet),
]


@pytest.mark.parametrize(("name", "model"), FILES)
def test_no_string_of_the_inventory_takes_what_has_no_place_in_a_line(
    name: str, model: type[Host] | type[Fleet]
) -> None:
    document: Mapping[str, object] = tomllib.loads((ROOT / name).read_text("utf-8"))
    for at in strings(document):
        for hostile in HOSTILE:
            changed = replaced(document, at, hostile)
            assert isinstance(changed, dict)
            with pytest.raises(ValidationError) as caught:
                model.model_validate(changed)
            found = explain_validation(caught.value, model, changed, Path(name))
            assert [d.at for d in found] == [at], f"{hostile!r} at {at}"


FREE_TEXT = {"key", "description", "node_type", "model", "use", "reason", "user"}


@pytest.mark.parametrize(("name", "model"), FILES)
@pytest.mark.parametrize("text", INERT)
def test_only_texts_for_people_take_what_another_language_would_read(
    name: str, model: type[Host] | type[Fleet], text: str
) -> None:
    document = tomllib.loads((ROOT / name).read_text("utf-8"))
    taken = set()
    for at in strings(document):
        try:
            model.model_validate(replaced(document, at, text))
        except ValidationError:
            continue
        taken.add(at[-1])
    assert taken <= FREE_TEXT


def named_tables(value: object, model: type[BaseModel], at: KeyPath = ()) -> Iterator[KeyPath]:
    """The tables whose keys are names that somebody chose."""
    if isinstance(value, dict):
        if value and "patternProperties" in _schema_at(_schema_of(model), at):
            yield at
        for key, inner in value.items():
            yield from named_tables(inner, model, (*at, key))


@pytest.mark.parametrize(("name", "model"), FILES)
def test_no_name_takes_what_another_language_would_read(name: str, model: type[BaseModel]) -> None:
    document = tomllib.loads((ROOT / name).read_text("utf-8"))
    tables = list(named_tables(document, model))
    assert len(tables) >= 4
    for at in tables:
        table = value_at(document, at)
        assert isinstance(table, dict)
        first = next(iter(table))
        for hostile in (*HOSTILE, *INERT, "", "../x", "a b", "-x"):
            changed = replaced(document, at, {hostile: table[first]})
            with pytest.raises(ValidationError):
                model.model_validate(changed)
