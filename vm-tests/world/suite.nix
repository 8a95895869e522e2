# `verify`: the suite on the host itself, and over SSH from the zones where somebody stands.
{
  document,
  secrets,
  tools,
  unproven,
  vantages,
}:
{ lib, pkgs, ... }:
let
  folder = "/etc/sovereign";
  key = "/root/.ssh/vantage";
  # The last two words of a secret's path are its name among the credentials: samba/colter.
  credentials = map (path: "--credentials=${dirOf (dirOf path)}") (lib.take 1 secrets);
  from = lib.mapAttrsToList (
    zone: address: "--from=${zone}=ssh://root@${address}?ssh_config=${folder}/ssh_config"
  ) vantages;
in
{
  environment.etc = {
    "sovereign/expectations.json".text = document;
    "sovereign/unproven.json".text = builtins.toJSON unproven;
    "sovereign/ssh_config".text = ''
      IdentityFile ${key}
      StrictHostKeyChecking no
      UserKnownHostsFile /dev/null
      LogLevel ERROR
    '';
  };

  environment.systemPackages = [
    pkgs.jq
    (pkgs.writeShellApplication {
      name = "verify";
      runtimeInputs = [ tools.python ];
      text = ''
        exec python -m sovereign.suite \
          --expectations ${folder}/expectations.json \
          --inside local:// \
          ${lib.escapeShellArgs (credentials ++ from)} \
          --unproven ${folder}/unproven.json \
          --results /tmp/results.json \
          "$@"
      '';
    })
  ];
}
