# The file shares and who may use them.
{ config, units, ... }:
let
  cfg = config.services.samba;
  daemon = name: {
    inherit (cfg.${name}) enable extraArgs;
    unit = units config.systemd.services "samba-${name}";
  };
in
{
  inherit (cfg) enable settings;
  daemons = {
    nmbd = daemon "nmbd";
    smbd = daemon "smbd";
    winbindd = daemon "winbindd";
  };
  groups = builtins.mapAttrs (_: group: group.members) config.users.groups;
  inherit (config.systemd.tmpfiles) rules;
  users = units config.systemd.services "samba-users";
}
