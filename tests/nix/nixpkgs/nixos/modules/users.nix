# Users, and a way in.
{
  config,
  demand,
  lib,
  ...
}:
let
  cfg = config.users;
  named = lib.attrsToList cfg.users;
  others = lib.filter (user: user.name != "root") named;
  isAdmin =
    { name, value }: name == "root" || value.group == "wheel" || lib.elem "wheel" value.extraGroups;
  locked = hash: hash == null || hash == "" || lib.hasPrefix "!" hash || lib.hasPrefix "*" hash;
  mayLogIn =
    { value, ... }:
    !locked value.hashedPassword
    || value.hashedPasswordFile != null
    || value.password != null
    || value.openssh.authorizedKeys.keys != [ ]
    || value.openssh.authorizedKeys.keyFiles != [ ];
  isSystem = user: user.isSystemUser || (user.uid != null && user.uid < 1000);
in
{
  users.users.root = {
    uid = 0;
    group = "root";
    home = "/root";
  };

  assertions = [
    (demand
      (
        cfg.mutableUsers || cfg.allowNoPasswordLogin || lib.any (user: isAdmin user && mayLogIn user) named
      )
      "Neither the root account nor any wheel user has a password or SSH authorized key.\nYou must set one to prevent being locked out of your system."
    )
  ]
  ++ lib.concatMap (user: [
    (demand (isSystem user.value != user.value.isNormalUser)
      "Exactly one of users.users.${user.name}.isSystemUser and users.users.${user.name}.isNormalUser must be set."
    )
    (demand (
      user.value.isNormalUser || user.value.group != ""
    ) "users.users.${user.name}.group is unset. This used to default to nogroup, but this is unsafe.")
  ]) others;
}
