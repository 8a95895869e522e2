"""The stand-ins' texts beside those of nixpkgs itself, where SOVEREIGN_NIXPKGS names a checkout.

Nothing is built: the texts are read from the derivations that would write them.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import pytest
from pydantic import TypeAdapter

from real_nix import Nix
from sovereign.rehearse.render import postgresql_conf, smb_conf, sshd_config, tmpfiles
from sovereign.rehearse.render.systemd_unit import unit_text

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

OPTIONS = {"after": ["a.service"], "description": "A probe", "wantedBy": ["multi-user.target"]}
SERVICE = {"ExecStart": "/bin/true", "LoadCredential": ["a:/a", "b:/b"], "RemainAfterExit": True}
HOST = """
{ lib, pkgs, ... }:
{
  boot.isContainer = true;
  system.stateVersion = "26.05";
  services.openssh = {
    enable = true;
    ports = [ 22 2222 ];
    listenAddresses = [ { addr = "10.0.0.1"; port = 22; } ];
    authorizedKeysInHomedir = false;
    settings = {
      AllowUsers = [ "ann" "bob" ];
      PasswordAuthentication = false;
      RequiredRSASize = 3072;
    };
  };
  services.samba = {
    enable = true;
    settings = {
      global = {
        "hosts allow" = [ "127.0.0.1" "10.0.0.0/24" ];
        "restrict anonymous" = 2;
        "disable netbios" = true;
      };
      zeta.path = "/zeta";
      alpha = { path = "/alpha"; "valid users" = [ "ann" "bob" ]; };
    };
  };
  services.postgresql = {
    enable = true;
    package = pkgs.postgresql_17;
    settings = { log_line_prefix = "it's %p "; random_page_cost = 1.1; fsync = false; };
  };
  systemd.tmpfiles.settings."10-probe" = {
    "/b".z = { mode = "0400"; user = "root"; };
    "/a".f.argument = "two words\\\\";
  };
  systemd.globalEnvironment = lib.mkForce { };
  systemd.services.probe = builtins.fromJSON ''@options@'' // {
    environment.TEXT = "say \\"hi\\"";
    path = lib.mkForce [ ];
    serviceConfig = builtins.fromJSON ''@service@'';
  };
}
"""
QUESTION = """
let
  host = import @nixpkgs@/nixos/lib/eval-config.nix {
    system = "x86_64-linux";
    modules = [ (@host@) ];
  };
  inherit (host) config;
  inherit (config) services systemd;
  inherit (config.environment) etc;
  written = name: text:
    builtins.head (builtins.filter (drv: builtins.match ".*-${name}\\\\.drv" drv != null)
      (builtins.attrNames (builtins.getContext text)));
in
{
  samba = services.samba.settings;
  smb = map (file: file.drvPath) etc."samba/smb.conf".source.files;
  postgresql = services.postgresql.settings;
  conf = written "postgresql\\\\.conf" systemd.services.postgresql.preStart;
  openssh = { inherit (services.openssh) settings extraConfig; };
  sftp = services.openssh.sftpServerExecutable;
  hostKeys = services.openssh.hostKeys;
  sshd = written "sshd\\\\.conf-settings" etc."ssh/sshd_config".source.buildCommand;
  tmpfiles = map (file: file.drvPath)
    (builtins.filter (file: file.name or "" == "10-probe.conf") systemd.tmpfiles.packages);
  probe = systemd.units."probe.service".text;
}
"""


def written_by(nix: Nix, derivation: str) -> str:
    """The text that a derivation of writeText writes."""
    shown = json.loads(nix.run("nix", "derivation", "show", derivation).out)
    (one,) = shown.get("derivations", shown).values()
    text = one["env"]["text"]
    assert isinstance(text, str)
    return text


def test_a_text_is_read_from_its_derivation(nix: Nix, tmp_path: Path) -> None:
    text = 'two\n"lines" ${of} text\\\n'
    (tmp_path / "text").write_text(text, "utf-8")
    made = f"""derivation {{
      name = "t"; system = "x86_64-linux"; builder = "/bin/sh";
      text = builtins.readFile {tmp_path}/text;
    }}"""
    drv = json.loads(nix.eval_json(f"({made}).drvPath"))
    assert written_by(nix, drv) == text


@pytest.fixture(scope="module")
def real(nix: Nix) -> Mapping[str, Json]:
    """Option values and texts of nixpkgs, for a small host."""
    named = os.environ.get("SOVEREIGN_NIXPKGS")
    if not named:
        pytest.skip("SOVEREIGN_NIXPKGS names no checkout of nixpkgs")
    host = HOST.replace("@options@", json.dumps(OPTIONS)).replace("@service@", json.dumps(SERVICE))
    question = QUESTION.replace("@nixpkgs@", str(Path(named).resolve())).replace("@host@", host)
    answer = json.loads(nix.eval_json(question))
    assert isinstance(answer, dict)
    return answer


def texts(nix: Nix, derivations: Json) -> str:
    assert isinstance(derivations, list)
    assert derivations
    return "".join(written_by(nix, str(one)) for one in derivations)


def test_smb_conf(nix: Nix, real: Mapping[str, Json]) -> None:
    settings = TypeAdapter(dict[str, dict[str, smb_conf.Value]]).validate_python(real["samba"])
    assert smb_conf.smb_conf(settings) == texts(nix, real["smb"])


def test_postgresql_conf(nix: Nix, real: Mapping[str, Json]) -> None:
    model = TypeAdapter(dict[str, postgresql_conf.Value])
    settings = model.validate_python(real["postgresql"])
    assert postgresql_conf.postgresql_conf(settings) == written_by(nix, str(real["conf"]))
    own = postgresql_conf.own_settings(every_address=False, jit=False)
    assert {**own, **settings} == settings


def test_sshd_config(nix: Nix, real: Mapping[str, Json]) -> None:
    openssh = real["openssh"]
    assert isinstance(openssh, dict)
    model = TypeAdapter(dict[str, sshd_config.Value])
    settings = model.validate_python(openssh["settings"])
    assert sshd_config.sshd_config(settings, "") == written_by(nix, str(real["sshd"])) + "\n"
    own = sshd_config.own_lines(
        ipv6=True,
        ports=[22, 2222],
        addresses=[sshd_config.ListenAddress(addr="10.0.0.1", port=22)],
        sftp=[str(real["sftp"])],
        key_files=["/etc/ssh/authorized_keys.d/%u"],
        host_keys=TypeAdapter(list[sshd_config.HostKey]).validate_python(real["hostKeys"]),
    )
    assert str(openssh["extraConfig"]).rstrip("\n") == own


def test_tmpfiles(nix: Nix, real: Mapping[str, Json]) -> None:
    rules = {
        "/b": {"z": tmpfiles.Rule(type="z", mode="0400", user="root")},
        "/a": {"f": tmpfiles.Rule(type="f", argument="two words\\")},
    }
    assert tmpfiles.settings_file(rules) == texts(nix, real["tmpfiles"])


def test_a_unit(real: Mapping[str, Json]) -> None:
    given = {**OPTIONS, "environment": {"TEXT": 'say "hi"'}, "serviceConfig": SERVICE}
    assert unit_text("probe", given) == real["probe"]
