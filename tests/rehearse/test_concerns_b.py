"""What network, wireguard, firewall and emily put on a rehearsed host."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

import test_evaluation
from emily.service.settings import Settings
from fleets import ROOT
from real_nix import Nix
from sovereign.generators.registry import expect_host
from sovereign.inventory.load import load
from sovereign.rehearse.concerns import CONCERNS, network
from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.values import OVERRIDES, evaluate
from sovereign.run import run
from test_evaluation import INPUTS, STAND_INS

flake = test_evaluation.flake
stand_ins = test_evaluation.stand_ins

OURS = ("network", "wireguard", "firewall", "emily")
GENERATED = ROOT / "hosts" / "cloudlab" / "generated"
WORLD = World("cloudlab", {"far": "198.51.100.11"})
RULES = "/etc/sovereign/nftables/rules.nft"
DELETIONS = "/etc/sovereign/nftables/deletions.nft"
SETTINGS = "/etc/sovereign/emily.toml"
UNITS = "/etc/systemd/system"
NETWORKS = "/etc/systemd/network"
Values = Mapping[str, Mapping[str, object]]


@pytest.fixture(scope="module")
def values(nix: Nix, flake: Path, stand_ins: Path) -> Values:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in nix.env.items():
            patch.setenv(name, value)
        patch.setenv(OVERRIDES, ",".join(f"{name}=path:{stand_ins / name}" for name in INPUTS))
        return evaluate(flake, "cloudlab")


@pytest.fixture(scope="module")
def furnished(values: Values) -> Mapping[str, Furnishing]:
    return {name: CONCERNS[name].furnish(values[name], WORLD) for name in OURS}


def files(furnishing: Furnishing) -> dict[str, Placed]:
    placed = {file.path: file for file in furnishing.files}
    assert len(placed) == len(furnishing.files)
    return placed


def furnish(concern: str, values: Mapping[str, object]) -> Furnishing:
    return CONCERNS[concern].furnish(values, WORLD)


@pytest.mark.parametrize("name", OURS)
def test_a_unit_that_is_restarted_is_there_or_the_distributions(
    furnished: Mapping[str, Furnishing], name: str
) -> None:
    own = {path.rpartition("/")[2] for path in files(furnished[name]) if path.startswith(UNITS)}
    known = {"systemd-networkd.service", "systemd-sysctl.service"}
    assert set(furnished[name].units) <= own | known


def test_only_what_this_kernel_lacks_is_unproven() -> None:
    ids = {one.id for one in expect_host(load(ROOT), "cloudlab").expectations}
    unproven = {
        one
        for one in ids
        if any(
            re.fullmatch(pattern, one) for name in OURS for pattern, _ in CONCERNS[name].unproven
        )
    }
    absent = {
        "kernel-module: tcp_bbr",
        "sysctl: net.core.default_qdisc",
        "sysctl: net.core.rmem_max",
    }
    assert absent <= unproven
    there = {"interface: uplink", "interface: wg-vpn", "sysctl: net.ipv4.tcp_ecn"}
    assert there <= ids - unproven


def test_interfaces_that_are_there_get_addresses_and_no_link_is_made(
    furnished: Mapping[str, Furnishing],
) -> None:
    placed = files(furnished["network"])
    named = {path.rpartition("/")[2] for path in placed if path.startswith(NETWORKS)}
    assert named == {f"{one}.network" for one in ("30-uplink", "40-management", "40-data", "40-ai")}
    assert "DHCP=ipv4\n" in placed[f"{NETWORKS}/30-uplink.network"].text
    assert "Address=10.20.0.2/24\n" in placed[f"{NETWORKS}/40-data.network"].text


def test_links_and_vlans_are_told_to_a_kernel_that_knows_them(values: Values) -> None:
    told = {file.path.rpartition("/")[2]: file.text for file in network.wires(values["network"])}
    assert told.keys() == {
        "10-uplink.link",
        *(f"20-{zone}.netdev" for zone in ("management", "data", "ai")),
    }
    assert told["20-data.netdev"] == "[NetDev]\nKind=vlan\nName=data\n[VLAN]\nId=20\n"


def test_the_kernel_is_told_each_setting(
    values: Values, furnished: Mapping[str, Furnishing]
) -> None:
    text = files(furnished["network"])["/etc/sysctl.d/60-nixos.conf"].text
    asked = values["network"]["sysctl"]
    assert isinstance(asked, dict)
    assert {line.partition("=")[0] for line in text.splitlines()} == asked.keys()
    assert "net.ipv4.conf.all.forwarding=1\n" in text


def test_a_tunnel_gets_its_key_by_the_name_of_its_file(
    furnished: Mapping[str, Furnishing],
) -> None:
    placed = files(furnished["wireguard"])
    script = placed["/etc/sovereign/scripts/wireguard-wg-vpn-up"]
    assert script.mode == 0o755
    assert "wg set wg-vpn private-key /persist/secrets/wireguard/vpn.key\n" in script.text
    assert "endpoint minnesota-server:51820" in script.text
    assert "mtu 1420 up" in script.text
    conf = placed["/etc/sovereign/wireguard/wg-home.conf"].text
    assert "AllowedIPs = 10.1.0.2/32, 192.168.1.0/24\n" in conf
    assert "ListenPort = 51821\n" in conf
    assert all(re.search("PrivateKey|PresharedKey", one.text) is None for one in placed.values())


def test_networkd_gives_a_tunnel_its_address_and_routes(
    furnished: Mapping[str, Furnishing],
) -> None:
    placed = files(furnished["wireguard"])
    own = placed[f"{NETWORKS}/40-wg-home.network"].text
    assert own.startswith("[Match]\nName=wg-home\n[Link]\nRequiredForOnline=false\n")
    assert "Address=10.1.0.1/24\n" in own
    routes = placed[f"{NETWORKS}/40-wg-home.network.d/allowed-ips.conf"].text
    assert routes == ("[Route]\nDestination=10.1.0.2/32\n[Route]\nDestination=192.168.1.0/24\n")


def test_our_rules_are_there_byte_for_byte(furnished: Mapping[str, Furnishing]) -> None:
    text = files(furnished["firewall"])[RULES].text
    for name in ("zones.nft", "forward.nft"):
        assert (GENERATED / name).read_text("utf-8").rstrip() in text


@pytest.mark.usefixtures("kernel")
def test_nft_takes_the_hosts_rules(furnished: Mapping[str, Furnishing], tmp_path: Path) -> None:
    placed = files(furnished["firewall"])
    previous = tmp_path / "previous"
    previous.touch()
    (tmp_path / "deletions").write_text(placed[DELETIONS].text, "utf-8")
    text = placed[RULES].text.replace(DELETIONS, str(tmp_path / "deletions"))
    (tmp_path / "rules").write_text(
        text.replace("/var/lib/nftables/deletions.nft", str(previous)), "utf-8"
    )
    loaded = ("unshare", "--net", "sh", "-ec", 'nft -f "$1"; nft -j list ruleset', "sh")
    found = json.loads(run((*loaded, tmp_path / "rules")).out)["nftables"]
    chains = {(one["chain"]["table"], one["chain"]["name"]) for one in found if "chain" in one}
    assert {("zones", "forward"), ("nixos-fw", "input"), ("nixos-fw", "forward")} <= chains
    policies = {one["chain"].get("policy") for one in found if "chain" in one}
    assert policies == {"drop", None}


def test_a_port_that_is_taken_out_is_not_let_in(values: Values) -> None:
    given = dict(values["firewall"])
    interfaces = given["interfaces"]
    assert isinstance(interfaces, dict)
    whole = files(furnish("firewall", given))[RULES].text
    assert "iifname data tcp dport { 445, 5432 } accept" in whole
    less = {"interfaces": interfaces | {"data": {"allowedTCPPorts": [445]}}}
    assert (
        "iifname data tcp dport { 445 } accept"
        in files(furnish("firewall", given | less))[RULES].text
    )


def test_nixoss_own_table_is_taken_where_nixos_has_made_it(values: Values) -> None:
    tables = {"nixos-fw": {"family": "inet", "content": "# as NixOS made it\n", "enable": True}}
    text = files(furnish("firewall", values["firewall"] | {"tables": tables}))[RULES].text
    assert text.count("table inet nixos-fw") == 1
    assert "# as NixOS made it\n" in text
    assert "temp-ports" not in text


def test_a_table_that_is_off_is_not_loaded(values: Values) -> None:
    tables = {"other": {"family": "inet", "content": "# other\n", "enable": False}}
    placed = files(furnish("firewall", values["firewall"] | {"tables": tables}))
    assert not any("other" in placed[path].text for path in (RULES, DELETIONS))


def test_without_nixoss_firewall_our_tables_stay(values: Values) -> None:
    text = files(furnish("firewall", values["firewall"] | {"firewall": {"enable": False}}))[
        RULES
    ].text
    assert "table inet zones" in text
    assert "nixos-fw" not in text


def test_without_nftables_there_are_no_rules() -> None:
    furnishing = furnish("firewall", {"enable": False})
    assert furnishing == Furnishing(commands=(("nft", "flush", "ruleset"),))


def test_emily_reads_the_settings(
    furnished: Mapping[str, Furnishing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    told = tomllib.loads(files(furnished["emily"])[SETTINGS].text)
    settings = Settings.model_validate(told)
    assert (settings.node, settings.memory.backend) == ("cloudlab", "pgvector")
    assert settings.memory.host == "/run/postgresql"


def test_emilys_units_are_as_evaluated_but_for_her_program(
    values: Values, furnished: Mapping[str, Furnishing]
) -> None:
    placed = files(furnished["emily"])
    services = values["emily"]["services"]
    assert isinstance(services, dict)
    assert len(services) == 6
    for name, service in services.items():
        unit = placed[f"{UNITS}/{name}.service"]
        assert "its program from the wheel" in unit.stand_in
        lines = unit.text.splitlines()
        settings = dict(service["serviceConfig"])
        command = settings.pop("ExecStart").split("/bin/emily ")[1].split(" --config")[0]
        assert f"ExecStart=/opt/emily/bin/emily {command} --config {SETTINGS}" in lines
        for key, value in settings.items():
            for one in value if isinstance(value, list) else [value]:
                text = str(one).lower() if isinstance(one, bool) else one
                assert f"{key}={text}" in lines


def test_emilys_account_is_there_before_her_units(furnished: Mapping[str, Furnishing]) -> None:
    furnishing = furnished["emily"]
    account = files(furnishing)["/etc/sysusers.d/emily.conf"].text
    assert account == 'u emily - "Emily" /var/lib/emily /usr/sbin/nologin\n'
    assert ("systemd-sysusers", "emily.conf") in furnishing.commands
    assert furnishing.units == ("emily.target",)


def test_without_emily_nothing_of_hers_runs() -> None:
    stop = ("systemctl", "stop", "emily-*.service")
    assert furnish("emily", {}) == Furnishing(commands=(stop,))


def test_the_settings_that_nixpkgs_keeps_as_text_are_read(nix: Nix) -> None:
    expression = f"""
      import {ROOT}/py/sovereign/rehearse/concerns/emily.nix {{
        lib = import {STAND_INS}/nixpkgs/lib;
        unit = options: options;
        config = {{
          systemd.services = {{ emily-api = {{ }}; other = {{ }}; }};
          systemd.targets.emily = {{ }};
          users.users.emily.home = "/home";
          services.emily = {{
            enable = true;
            package.outPath = "/package";
            configFile = {{ outPath = "/file"; value = ''{{"node": "text"}}''; }};
          }};
        }};
      }}
    """
    told = json.loads(nix.eval_json(expression))
    assert told["settings"] == {"node": "text"}
    assert (told["package"], told["configFile"]) == ("/package", "/file")
    assert told["services"].keys() == {"emily-api"}
