# PostgreSQL, its databases, and who may use them.
{ config, units, ... }:
let
  cfg = config.services.postgresql;
in
if !cfg.enable then
  { inherit (cfg) enable; }
else
  {
    inherit (cfg)
      authentication
      enable
      ensureDatabases
      identMap
      initdbArgs
      settings
      ;
    everyAddress = cfg.enableTCPIP;
    jit = cfg.enableJIT;
    version =
      cfg.package.psqlSchema or (builtins.head (builtins.match "[^0-9]*([0-9]+).*" cfg.package.name));
    packages = [
      "${cfg.package}"
      "${cfg.finalPackage or cfg.package}"
    ];
    ensureUsers = map (user: {
      inherit (user) name ensureClauses;
      ensureDbOwnership = user.ensureDBOwnership;
    }) cfg.ensureUsers;
    server = units config.systemd.services "postgresql";
    setup = units config.systemd.services "postgresql-setup";
    databases = units config.systemd.services "postgresql-databases";
  }
