# Who may come in over SSH.
{ config, lib, ... }:
let
  cfg = config.services.openssh;
  people = lib.filterAttrs (_: user: user.isNormalUser) config.users.users;
in
{
  inherit (cfg)
    allowSFTP
    authorizedKeysInHomedir
    enable
    extraConfig
    hostKeys
    listenAddresses
    ports
    settings
    sftpFlags
    ;
  inherit (config.networking) enableIPv6;
  people = builtins.mapAttrs (_: user: { inherit (user) description extraGroups; }) people;
  # Of every account: a key of root's lets somebody in, too.
  keys = builtins.mapAttrs (_: user: {
    inherit (user.openssh.authorizedKeys) keys;
    files = map builtins.readFile user.openssh.authorizedKeys.keyFiles;
  }) config.users.users;
}
