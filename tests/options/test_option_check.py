"""The option check: what a module sets exists and has the right type, told at its place."""

from pathlib import Path

import pytest

from sovereign.diagnostics import Severity
from sovereign.nix.options.check import CODES, check_module
from sovereign.nix.options.facts import Use
from sovereign.nix.options.index import OptionIndex, read_index
from sovereign.nix.options.overlay import NO_OVERLAY, Overlay, Replacement
from sovereign.nix.options.uses import module_facts
from sovereign.nix.options.words import option_name, type_in_words

FILE = Path("hosts/one/generated/x.nix")

PORT = "16 bit unsigned integer; between 0 and 65535 (both inclusive)"
NIXOS = OptionIndex(
    {
        "boot.kernel.sysctl": "attribute set of (sysctl option value)",
        "fileSystems": "attribute set of (submodule)",
        "fileSystems.<name>.fsType": "string",
        "fileSystems.<name>.options": "non-empty (list of string)",
        "networking.firewall.allowedTCPPorts": f"list of {PORT}",
        "networking.firewall.enable": "boolean",
        "networking.peers": "list of (submodule)",
        "networking.peers.*.publicKey": "string",
        "services.openssh.enable": "boolean",
        "services.samba.enable": "boolean",
        "services.samba.settings": "attribute set of attribute set of (null or boolean or string)",
        "services.samba.settings.global.security": "one of “auto”, “user”",
        "services.port": PORT,
        "swapDevices": "list of (submodule)",
        "swapDevices.*.randomEncryption": "(submodule) or boolean convertible to it",
        "swapDevices.*.randomEncryption.enable": "boolean",
        "systemd.services": "attribute set of (submodule)",
        "systemd.services.<name>.serviceConfig": "attribute set of (systemd option)",
        "systemd.watchdog.device": "null or path",
    },
    Overlay(
        newer={},
        changed={},
        replaced={
            "services.samba.extraConfig": Replacement(
                "services.samba.settings", renamed=False, since="NixOS 24.11", source="https://a.b"
            ),
            "services.samba.shares": Replacement(
                "services.samba.settings", renamed=True, since="NixOS 24.11", source="https://a.b"
            ),
            "systemd.watchdog": Replacement("", renamed=False, since="NixOS 25.11", source=""),
        },
    ),
)


def found(text: str, index: OptionIndex = NIXOS) -> list[str]:
    """The findings of a module, each as one line."""
    return [
        f"{one.span.line}:{one.span.column}-{one.span.end_column} {one.code} {one.message}"
        + (f"; {one.fix}" if one.fix else "")
        for one in check_module(text, FILE, index)
        if one.span is not None
    ]


@pytest.mark.parametrize(
    "module",
    [
        "{ }",
        "{ services.samba.enable = true; }",
        "{ lib, ... }: { services.samba = lib.mkIf x { enable = lib.mkDefault true; }; }",
        "{ config.services = lib.mkMerge [ { samba.enable = a && b; } (f x) ]; }",
        '{ services.samba.settings.media = { path = "/a"; "guest ok" = false; x = null; }; }',
        '{ services.samba.settings.global."server string" = "a"; }',
        '{ fileSystems."/" = { fsType = "tmpfs"; options = [ "size=2G" ] ++ x; }; }',
        '{ fileSystems.${x}.fsType = "tmpfs"; }',
        "{ fileSystems = builtins.listToAttrs x; }",
        '{ boot.kernel.sysctl."net.ipv4.tcp_ecn" = 1; }',
        "{ systemd.services.a.serviceConfig = { Type = x; LoadCredential = [ ]; }; }",
        "{ swapDevices = [ { randomEncryption = true; } { randomEncryption.enable = true; } ]; }",
        "{ _module.args.x = 1; networking.peers = map f x; }",
        "{ imports = [ ./a.nix ]; }",
        "{ ",
    ],
)
def test_a_module_that_is_right_has_no_finding(module: str) -> None:
    assert found(module) == []


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (
            "{\n  services.samba.enabel = true;\n}",
            [
                "2:18-24 OPT001 there is no option `services.samba.enabel`;"
                " did you mean `services.samba.enable`?"
            ],
        ),
        (
            "{ boot.kernelSysctl = { }; }",
            [
                "1:8-20 OPT001 there is no option `boot.kernelSysctl`;"
                " did you mean `boot.kernel.sysctl`?"
            ],
        ),
        (
            "{ services.firewall.allowedTCPPorts = [ ]; }",
            ["1:12-20 OPT001 there is no option `services.firewall`"],
        ),
        (
            "{ network.firewall = { }; network = { }; }",
            [
                "1:3-10 OPT001 there is no option `network`; did you mean `networking`?",
                "1:27-34 OPT001 there is no option `network`; did you mean `networking`?",
            ],
        ),
        (
            "{ networking.allowedTCPPorts = [ ]; }",
            [
                "1:14-29 OPT001 there is no option `networking.allowedTCPPorts`;"
                " did you mean `networking.firewall.allowedTCPPorts`?"
            ],
        ),
        (
            '{ fileSystems."/" = { optoins = [ ]; }; }',
            [
                '1:23-30 OPT001 there is no option `fileSystems."/".optoins`;'
                ' did you mean `fileSystems."/".options`?'
            ],
        ),
        (
            "{ networking.peers = [ { publickey = x; } ]; }",
            [
                "1:26-35 OPT001 there is no option `networking.peers.*.publickey`;"
                " did you mean `networking.peers.*.publicKey`?"
            ],
        ),
        (
            '{ "ü".x = 1; services.port = "a"; }',
            [
                '1:3-6 OPT001 there is no option `"ü"`',
                "1:30-33 OPT002 `services.port` takes an integer from 0 to 65535,"
                ' not the string "a"',
            ],
        ),
        (
            "let port = 70000; in\n{ networking.firewall.allowedTCPPorts = [ 22 port ]; }",
            [
                "1:12-17 OPT002 `networking.firewall.allowedTCPPorts.*`"
                " takes an integer from 0 to 65535, not 70000"
            ],
        ),
        (
            '{\n  networking.firewall = {\n    enable = lib.mkForce\n      "yes";\n  };\n}',
            ['4:7-12 OPT002 `networking.firewall.enable` takes a boolean, not the string "yes"'],
        ),
        (
            "{ networking.firewall.enable = if x then true else null; }",
            ["1:52-56 OPT002 `networking.firewall.enable` takes a boolean, not null"],
        ),
        (
            '{ services.samba.settings = { global.security = "share"; media.path = { }; }; }',
            [
                '1:49-56 OPT002 `services.samba.settings.global.security` takes one of "auto",'
                ' "user", not the string "share"',
                "1:71-74 OPT002 `services.samba.settings.media.path` takes null or a boolean"
                " or a string, not a set",
            ],
        ),
        (
            "{ services.samba = 3; }",
            ["1:20-21 OPT002 `services.samba` takes a set of options, not 3"],
        ),
        (
            '{ fileSystems."/".options = [ ]; swapDevices = [ { randomEncryption = "x"; } ]; }',
            [
                '1:29-32 OPT002 `fileSystems."/".options` takes a non-empty list, each of it'
                " a string, not an empty list",
                "1:71-74 OPT002 `swapDevices.*.randomEncryption` takes a set of options"
                ' or a boolean, not the string "x"',
            ],
        ),
        (
            '{ services.samba.extraConfig = "x"; }',
            [
                "1:18-29 OPT003 `services.samba.extraConfig` was removed in NixOS 24.11;"
                " set `services.samba.settings`"
            ],
        ),
        (
            "{ services.samba.shares.a.path = x; }",
            [
                "1:18-24 OPT003 `services.samba.shares` was renamed in NixOS 24.11;"
                " set `services.samba.settings`"
            ],
        ),
        (
            '{ systemd.watchdog.device = "/dev/watchdog"; }',
            [
                "1:20-26 OPT003 `systemd.watchdog` was removed in NixOS 25.11;"
                " leave `systemd.watchdog` out"
            ],
        ),
        (
            "{ imports = [ ({ ... }: { config.services.openssh.enable = 1; }) ]; }",
            ["1:60-61 OPT002 `services.openssh.enable` takes a boolean, not 1"],
        ),
        (
            "let x = 1; in lib.mkMerge [ { services.port = true; } { services.port = true; } ]",
            [
                "1:47-51 OPT002 `services.port` takes an integer from 0 to 65535, not true",
                "1:73-77 OPT002 `services.port` takes an integer from 0 to 65535, not true",
            ],
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(module: str, expected: list[str]) -> None:
    assert found(module) == expected


def test_every_code_is_explained() -> None:
    text = "{ nothing = 1; services.port = true; services.samba.shares = { }; }"
    codes = {one.code for one in check_module(text, FILE, NIXOS)}
    assert codes == CODES.keys()
    assert all(CODES[code].code == code and CODES[code].why for code in codes)


def test_a_place_is_reported_once() -> None:
    text = "let v = 1; in { services.openssh.enable = if x then v else v; }"
    assert found(text) == ["1:9-10 OPT002 `services.openssh.enable` takes a boolean, not 1"]


def test_a_renamed_option_warns_and_a_removed_one_fails() -> None:
    text = "{ services.samba = { shares = { }; extraConfig = x; }; }"
    findings = check_module(text, FILE, NIXOS)
    assert [one.severity for one in findings] == [Severity.WARNING, Severity.ERROR]
    assert {(one.file, one.source) for one in findings} == {(FILE, "https://a.b")}


def test_the_options_that_a_module_sets_are_listed() -> None:
    text = """
      {
        services.samba = { enable = true; settings.media.path = "/a"; };
        fileSystems."/".options = x;
        nothing = 1;
      }
    """
    uses = [fact for fact in module_facts(text, NIXOS) if isinstance(fact, Use)]
    assert [option_name(use.path) for use in uses] == [
        "services.samba.enable",
        "services.samba.settings",
        "fileSystems",
        'fileSystems."/".options',
    ]
    assert (uses[0].span.line, uses[0].span.column) == (3, 28)


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("anything", "anything"),
        ("file mode string", "file mode string"),
        ("unsigned integer, meaning >=0", "an integer of at least 0"),
        ("signed integer or floating point number", "an integer or a floating-point number"),
        ("integer or floating point number between 0 and 1 (both inclusive)", "a number from 0"),
        ("one of " + ", ".join(f"“{n}”" for n in range(20)), '"10", "11", …'),
        ("string matching the pattern [a-z]", "a string that matches [a-z]"),
        ("strings concatenated with “,”", "a string"),
        ("TOML value", "data without null"),
        ("null or (list of string)", "null or a list, each of it a string"),
        ("attribute set of path", "a set, each value of it an absolute path"),
        ("nonzero signed integer, meaning !=0", "an integer of at most -1 or an integer"),
    ],
)
def test_a_type_is_told_in_words(description: str, words: str) -> None:
    index = OptionIndex({"a": description}, NO_OVERLAY)
    assert words in type_in_words(index.root.options["a"])


CLOUDLAB = """
{ config, lib, pkgs, ... }:
{
  boot.lanzaboote = { enable = true; pkiBundle = "/var/lib/sbctl"; settings.editor = false; };
  boot.loader.systemd-boot.enable = lib.mkForce false;
  boot.supportedFilesystems.zfs = true;
  boot.zfs = { package = pkgs.zfs_unstable; forceImportRoot = false; extraPools = [ "ember" ]; };
  disko.devices = {
    nodev."/" = { fsType = "tmpfs"; mountOptions = [ "size=2G" "mode=755" ]; };
    disk.a = {
      type = "disk";
      device = "/dev/disk/by-id/a";
      content = { type = "gpt"; partitions.ESP = { size = "1G"; content.type = "filesystem"; }; };
    };
    zpool.ember = {
      mode.topology = { type = "topology"; vdev = [ { mode = "raidz2"; members = [ "a" ]; } ]; };
      options.ashift = "12";
      datasets.code = { type = "zfs_fs"; options.recordsize = "128K"; mountpoint = "/ember/code"; };
    };
  };
  fileSystems."/".neededForBoot = true;
  hardware.nvidia = { open = false; branch = "legacy_580"; };
  networking.firewall = { backend = "nftables"; interfaces.wg0.allowedTCPPorts = [ 445 ]; };
  networking.nftables.tables.zones = { family = "inet"; content = "chain forward { }"; };
  networking.wireguard.interfaces.wg0.peers = [ { publicKey = "a"; allowedIPs = [ ]; } ];
  nixpkgs.config.allowUnfreePredicate = pkg: builtins.elem (lib.getName pkg) [ "nvidia-x11" ];
  preservation.preserveAt."/persist".files = [ "/a" { file = "/etc/machine-id"; inInitrd = true; } ];
  services.openssh.settings = { AcceptEnv = [ "LANG" ]; PermitRootLogin = "no"; MaxAuthTries = 3; };
  services.postgresql = {
    package = pkgs.postgresql_17;
    extensions = ps: [ ps.pgvector ];
    ensureUsers = [ { name = "emily"; ensureClauses = { login = true; password = "SCRAM"; }; } ];
    settings = { port = 5432; max_connections = 200; };
  };
  services.resolved.settings.Resolve = { DNS = [ "9.9.9.9" ]; DNSSEC = "true"; };
  systemd.settings.Manager.RuntimeWatchdogSec = "30s";
  users.users.alice = { isNormalUser = true; openssh.authorizedKeys.keys = [ "ssh-ed25519 A" ]; };
  assertions = [ { assertion = true; message = "x"; } ];
}
"""


def test_the_real_index_takes_a_host_as_it_should_be(option_index: Path) -> None:
    assert found(CLOUDLAB, read_index(option_index)) == []


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [
        ("pkiBundle", "pkiBundel", "OPT001"),
        ('"/var/lib/sbctl"', "./sbctl", "OPT002"),
        ("mountOptions", "mountOption", "OPT001"),
        ('ashift = "12"', "ashift = 12", "OPT002"),
        ('"nftables"', '"pf"', "OPT002"),
        ("[ 445 ]", "[ 4450000 ]", "OPT002"),
        ("publicKey", "publicKeyFile", "OPT001"),
        ("inInitrd = true", "inInitrd = 1", "OPT002"),
        ('[ "LANG" ]', '"LANG"', "OPT002"),
        ("extensions", "extraPlugins", "OPT003"),
        ("login = true", "login = x: x", "OPT002"),
        ("settings.Manager.RuntimeWatchdogSec", "watchdog.runtimeTime", "OPT003"),
        ("isNormalUser", "isNormlUser", "OPT001"),
        ("recordsize = ", "recordsize.a = ", "OPT002"),
    ],
)
def test_the_real_index_finds_what_is_wrong_with_it(
    option_index: Path, good: str, bad: str, code: str
) -> None:
    assert good in CLOUDLAB
    findings = check_module(CLOUDLAB.replace(good, bad), FILE, read_index(option_index))
    assert [one.code for one in findings] == [code]
