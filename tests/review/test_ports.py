"""One owner for each port."""

import pytest

from sovereign.review import ports

from .cases import Case, assert_found
from .conftest import Draft

FOUND = [
    Case(
        ports.same_port_on_host,
        '"ssh"',
        "SSH and SMB both listen on port 22/tcp",
        (('[samba]\nzones = ["vpn", "data"]', '[samba]\nport = "ssh"\nzones = ["vpn", "data"]'),),
    ),
    Case(
        ports.same_port_on_host,
        "[network.tunnels.home]",
        'tunnel "vpn" and tunnel "home" both listen on port 51820/udp',
        fleet=(('port = "wireguard-home"', 'port = "wireguard-vpn"'),),
    ),
    Case(
        ports.wrong_protocol,
        "[network.tunnels.home]",
        'tunnel "home" speaks UDP, port "zenoh" of the ledger is 7447/tcp',
        fleet=(('port = "wireguard-home"', 'port = "zenoh"'),),
    ),
    Case(
        ports.wrong_protocol,
        '"wireguard-vpn"',
        'SSH speaks TCP, port "wireguard-vpn" of the ledger is 51820/udp',
        (("[access.ssh]", '[access.ssh]\nport = "wireguard-vpn"'),),
    ),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_a_service_cannot_have_its_port(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


def test_the_documents_give_four_ports_to_nine_services(committed: Draft) -> None:
    draft = (
        committed.fleet("infisical = { port = 8090 }", "infisical = { port = 8080 }")
        .fleet("hubble = { port = 8091 }", "hubble = { port = 8081 }")
        .fleet("docs = { port = 8092 }", "docs = { port = 8000 }")
        .fleet("langfuse = { port = 3001 }", "langfuse = { port = 3000 }")
        .fleet("grafana = { port = 3002 }", "grafana = { port = 3000 }")
    )
    findings = draft.findings(ports.same_port)
    assert {(draft.place(found).line, found.message) for found in findings} == {
        (
            "infisical = { port = 8080 }",
            "port 8080/tcp belongs to ramalama-architect and infisical",
        ),
        ("hubble = { port = 8081 }", "port 8081/tcp belongs to ramalama-swarm and hubble"),
        ("docs = { port = 8000 }", "port 8000/tcp belongs to vllm and docs"),
        (
            "grafana = { port = 3000 }",
            "port 3000/tcp belongs to open-webui, langfuse and grafana",
        ),
    }
    assert {draft.place(found).marked for found in findings} == {"8080", "8081", "8000", "3000"}


def test_tcp_and_udp_are_two_ports_of_the_same_number(committed: Draft) -> None:
    draft = committed.fleet("zenoh = { port = 7447 }", "zenoh = { port = 51820 }")
    assert not draft.findings(ports.same_port)


def test_the_free_port_that_is_proposed_is_free(committed: Draft) -> None:
    draft = committed.fleet("infisical = { port = 8090 }", "infisical = { port = 8080 }")
    assert draft.finding(ports.same_port).fix.endswith(" 8083")
