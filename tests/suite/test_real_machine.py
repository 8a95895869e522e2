"""Checks against real sockets, files, settings, mounts and packets, in namespaces of their own."""

import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sovereign.run import Completed
from sovereign.suite.transport import Local

from .machines import Machine, Recorded, expect, look, machine, rules, wire

pytestmark = pytest.mark.usefixtures("kernel")


@pytest.fixture(scope="module")
def host(kernel: None) -> Iterator[Machine]:
    del kernel
    with machine() as one:
        yield one


@pytest.fixture(scope="module")
def client(host: Machine) -> Iterator[Machine]:
    with machine() as one:
        wire(host, one, "data", "10.20.0.2/24", "10.20.0.10/24")
        yield one


@pytest.fixture(scope="module")
def listening(
    host: Machine, client: Machine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """TCP 445 on one address, 8600 on loopback, 22 on all; UDP 53 on one."""
    del client  # with its cable comes the address
    program = (
        "import socket, time\n"
        "def on(kind, *at):\n"
        "    one = socket.socket(socket.AF_INET6 if ':' in at[0] else socket.AF_INET, kind)\n"
        "    one.bind(at)\n"
        "    one.listen() if kind == socket.SOCK_STREAM else None\n"
        "    return one\n"
        "tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM\n"
        "held = [on(tcp, '10.20.0.2', 445), on(tcp, '127.0.0.1', 8600), on(tcp, '::', 22),"
        " on(udp, '10.20.0.2', 53)]\n"
        "time.sleep(600)\n"
    )
    log = tmp_path_factory.mktemp("listening") / "log"
    with host.running("python3", "-c", program, log=log, ready="ss -Hlun | grep -q :53"):
        yield host


@pytest.mark.parametrize(
    ("port", "addresses", "outcome", "message"),
    [
        (445, ["10.20.0.2"], "passed", ""),
        (22, ["*"], "passed", ""),
        (22, ["0.0.0.0", "::"], "passed", ""),
        (8600, ["127.0.0.1"], "passed", ""),
        (445, ["*"], "failed", "tcp 445 must be listened on at 0.0.0.0, ::, and is at 10.20.0.2"),
        (
            22,
            ["10.20.0.2"],
            "failed",
            "tcp 22 must be listened on at 10.20.0.2, and is at 0.0.0.0, ::",
        ),
        (80, ["*"], "failed", "tcp 80 must be listened on at 0.0.0.0, ::, and is at no address"),
    ],
)
@pytest.mark.usefixtures("client")
def test_a_port_is_listened_on_at_exactly_its_addresses(
    listening: Machine, port: int, addresses: list[str], outcome: str, message: str
) -> None:
    expectation = expect("socket", protocol="tcp", port=port, addresses=addresses)
    assert look(expectation, listening.transport) == (outcome, message)


@pytest.mark.usefixtures("client")
def test_what_else_is_listened_on_is_named(listening: Machine) -> None:
    def only(protocol: str, *ports: int) -> tuple[str, str]:
        return look(expect("only-sockets", protocol=protocol, ports=ports), listening.transport)

    assert only("tcp", 22, 445) == ("passed", "")
    assert only("tcp", 22) == (
        "failed",
        "beyond loopback only 22 may be listened on (tcp), and 445 at 10.20.0.2 is",
    )
    assert only("udp")[1].endswith("only no port may be listened on (udp), and 53 at 10.20.0.2 is")


def test_a_flow_is_what_answers_and_nothing_else(listening: Machine, client: Machine) -> None:
    refused = "tcp dport 8600 reject with icmpx admin-prohibited"
    listening.run("nft -f -", rules("tcp dport 5432 drop", refused))

    def flow(ports: list[int], *, allowed: bool) -> tuple[str, str]:
        one = expect(
            "flow",
            source="data",
            destination="host",
            address="10.20.0.2",
            ports=ports,
            allowed=allowed,
        )
        return look(one, listening.transport, {"data": client.transport})

    assert flow([445, 443], allowed=True) == ("passed", "")  # 443 is reset: it is reached
    assert flow([5432, 8600], allowed=False) == ("passed", "")
    assert flow([445, 5432, 8600], allowed=True) == (
        "failed",
        "from data to host (10.20.0.2) port 5432, 8600 does not answer",
    )
    assert flow([445, 5432], allowed=False) == (
        "failed",
        "from data to host (10.20.0.2) port 445 answers, and must not",
    )
    listening.run("nft delete table inet t")


def test_a_machine_without_python_tries_ports_by_bash(listening: Machine, client: Machine) -> None:
    class Bare:
        def run(self, argv: Sequence[str], stdin: str, timeout: float) -> Completed:
            if "python3" in argv:
                return Recorded({}).run(argv, stdin, timeout)
            return client.transport.run(argv, stdin, timeout)

    listening.run("nft -f -", rules("tcp dport 5432 drop"))
    both = {"source": "data", "destination": "host", "address": "10.20.0.2"}
    for ports, allowed in (([445, 443], True), ([5432], False)):
        expectation = expect("flow", **both, ports=ports, allowed=allowed)
        assert look(expectation, listening.transport, {"data": Bare()}) == ("passed", "")
    listening.run("nft delete table inet t")


def test_the_uplinks_address_is_looked_up(listening: Machine, client: Machine) -> None:
    flow = expect("flow", source="data", destination="host", address="", ports=[445], allowed=True)
    zones = {"data": client.transport}
    assert look(flow, listening.transport, zones)[0] == "skipped"
    listening.run("ip route add default via 10.20.0.10")
    assert look(flow, listening.transport, zones) == ("passed", "")


def test_a_zone_without_a_vantage_is_skipped_with_the_reason() -> None:
    flow = expect(
        "flow", source="ai", destination="host", address="10.0.0.1", ports=[1], allowed=False
    )
    assert look(flow) == ("skipped", "no vantage in the zone ai is given")


@pytest.mark.usefixtures("client")
def test_an_interface_has_its_addresses(host: Machine) -> None:
    def interface(**fields: object) -> tuple[str, str]:
        return look(expect("interface", **fields), host.transport)

    assert interface(name="data", addresses=["10.20.0.2/24"]) == ("passed", "")
    assert interface(name="data", addresses=["10.20.0.3/24"]) == (
        "failed",
        "data must have 10.20.0.3/24, and has " + interface_addresses(host),
    )
    assert interface(name="ai") == ("failed", "there is no interface ai")
    failed, message = interface(name="data", mac="02:00:00:00:00:01")
    assert failed == "failed"
    assert message.startswith("the hardware address of data must be 02:00:00:00:00:01, and is ")


def interface_addresses(host: Machine) -> str:
    lines = host.run("ip -brief address show dev data").split()[2:]
    return ", ".join(sorted(lines))


def test_a_mount_has_its_kind_its_source_and_its_options(host: Machine, tmp_path: Path) -> None:
    host.run(f"mount -t tmpfs -o size=2048k,mode=755,noexec emily {tmp_path}")

    def mount(path: Path, **fields: object) -> tuple[str, str]:
        return look(expect("mount", path=str(path), **fields), host.transport)

    assert mount(tmp_path, filesystem="tmpfs", source="emily", options=["size=2M", "noexec"]) == (
        "passed",
        "",
    )
    assert mount(tmp_path, filesystem="zfs")[1] == f"{tmp_path} must be zfs, and is tmpfs"
    assert mount(tmp_path, filesystem="tmpfs", source="x")[1].endswith("must be x, and is emily")
    missing = mount(tmp_path, filesystem="tmpfs", options=["noatime", "noexec"])
    assert missing[1].startswith(f"{tmp_path} must be mounted with noatime, and has rw,")
    assert mount(tmp_path / "none", filesystem="tmpfs")[1].startswith("nothing is mounted at")


def test_a_setting_of_the_kernel(host: Machine) -> None:
    host.run("echo 1 > /proc/sys/net/ipv4/ip_forward")
    assert (
        look(expect("sysctl", name="net.ipv4.ip_forward", value="1"), host.transport)[0] == "passed"
    )
    assert look(expect("sysctl", name="net.ipv4.ip_forward", value="0"), host.transport) == (
        "failed",
        'net.ipv4.ip_forward must be "0", and is "1"',
    )
    assert (
        look(expect("sysctl", name="no.such", value="0"))[1] == "this kernel has no setting no.such"
    )
    swapped = expect("sysctl", name="net.ipv4.conf.lo.forwarding", value="1")
    assert look(swapped, host.transport)[0] == "passed"


def test_a_word_of_the_kernels_command_line() -> None:
    word = Path("/proc/cmdline").read_text().split()[0]
    assert look(expect("kernel-parameter", parameter=word)) == ("passed", "")
    outcome, message = look(expect("kernel-parameter", parameter="no.such=1"))
    assert outcome == "failed"
    assert message.startswith("the kernel's command line must hold no.such=1, and is ")


@pytest.mark.parametrize(
    ("kind", "fields", "outcome", "message"),
    [
        ("secret", {}, "passed", ""),
        ("directory", {}, "failed", "{path} must be a directory, and is none"),
        (
            "secret",
            {"mode": "0400"},
            "failed",
            "{path} must be root:root 0400, and is root:root 0640",
        ),
        (
            "file",
            {"owner": "emily"},
            "failed",
            "{path} must be emily:root 0640, and is root:root 0640",
        ),
        ("file", {"path": "/no/such"}, "failed", "/no/such is not there"),
    ],
)
def test_a_file_is_its_owners_with_its_mode(
    tmp_path: Path, kind: str, fields: dict[str, str], outcome: str, message: str
) -> None:
    path = tmp_path / "it's a secret; $(exit)"
    path.write_text("never read")
    path.chmod(0o640)
    os.chown(path, 0, 0)
    given = {"path": str(path), "owner": "root", "group": "root", "mode": "0640", **fields}
    expected = outcome, message.format(path=path)
    assert look(expect("file", kind=kind, **given)) == expected


def test_memory_and_threads_of_this_machine() -> None:
    threads = os.cpu_count() or 1
    assert look(expect("processor", threads=threads)) == ("passed", "")
    assert look(expect("processor", threads=threads + 1)) == (
        "failed",
        f"there must be {threads + 1} threads, and there are {threads}",
    )
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert look(expect("memory", at_least_bytes=total)) == ("passed", "")
    assert look(expect("memory", at_least_bytes=2 * total))[0] == "failed"


def test_a_port_of_this_machine_is_seen_without_namespaces() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        one = expect("socket", protocol="tcp", port=port, addresses=["127.0.0.1"])
        assert look(one, Local()) == ("passed", "")
