# PostgreSQL and the GPU's driver.
{
  config,
  demand,
  lib,
  pkgs,
  ...
}:
let
  inherit (config.services) postgresql;
  orphans = lib.filter (
    user: user.ensureDBOwnership && !(lib.elem user.name postgresql.ensureDatabases)
  ) postgresql.ensureUsers;

  nvidia = lib.elem "nvidia" config.services.xserver.videoDrivers;
  # what `hardware.nvidia` brings that is unfree; the open kernel modules are not
  unfree = [
    "nvidia-x11"
  ]
  ++ lib.optional (config.hardware.nvidia.open != true) "nvidia-kernel-modules";
  allows =
    name:
    config.nixpkgs.config.allowUnfree or false
    || (config.nixpkgs.config.allowUnfreePredicate or (_: false)) {
      pname = name;
      name = "${name}-580";
    };
in
{
  services.postgresql.package = lib.mkOptionDefault pkgs.postgresql_17;
  services.samba.package = lib.mkOptionDefault pkgs.samba;
  # the extensions become part of the system, so that each must be known to the server's package
  system.extraDependencies = lib.mkIf postgresql.enable (
    if builtins.isFunction postgresql.extensions then
      postgresql.extensions postgresql.package.pkgs
    else
      postgresql.extensions
  );
  users.users.postgres = lib.mkIf postgresql.enable {
    uid = 71;
    group = "postgres";
    home = "/var/lib/postgresql";
  };

  assertions = [
    (demand (postgresql.enable -> orphans == [ ])
      "For each database user defined with `services.postgresql.ensureUsers` and `ensureDBOwnership = true;`, a database with the same name must be defined in `services.postgresql.ensureDatabases`. Offender: ${
        lib.concatMapStringsSep ", " (user: user.name) orphans
      }"
    )
    (demand (
      nvidia -> config.hardware.nvidia.open != null
    ) "You must configure `hardware.nvidia.open` on NVIDIA driver versions >= 560.")
  ]
  ++ map (
    name:
    demand (
      nvidia -> allows name
    ) "Package ‘${name}’ has an unfree license (‘unfreeRedistributable’), refusing to evaluate."
  ) unfree;
}
