# Emily: her units, the settings that they read, and where both look for her package.
{
  config,
  lib,
  unit,
  ...
}:
let
  inherit (config.systemd) services targets;
  # a fleet of the template's has no module of hers
  cfg = config.services.emily or { enable = false; };
  # the text is made when the package set is built: the value that it is made of tells as much
  settings = cfg.configFile.value or { };
  file = path: builtins.unsafeDiscardStringContext "${path}";
in
lib.optionalAttrs cfg.enable {
  services = lib.mapAttrs (_: unit) (
    lib.filterAttrs (name: _: lib.hasPrefix "emily-" name) services
  );
  target = unit targets.emily;
  settings = if builtins.isString settings then builtins.fromJSON settings else settings;
  configFile = file cfg.configFile;
  package = file cfg.package;
  home = config.users.users.emily.home;
}
