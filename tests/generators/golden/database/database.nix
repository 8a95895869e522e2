# Generated from hosts/small/host.toml; edit that file instead.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  services.postgresql = {
    enable = true;
    package = pkgs.postgresql_17;
    extensions = ps: [ ps.pgvector ];
    settings = {
      port = 5432;
      listen_addresses = lib.mkForce "localhost,10.0.0.1";
      password_encryption = "scram-sha-256";
    };
    # Forced, as NixOS would let everybody on this host try passwords.
    authentication = lib.mkForce (builtins.readFile ./pg_hba.conf);
    ensureDatabases = [
      "app"
      "emily"
    ];
    ensureUsers = [
      {
        name = "app";
        ensureDBOwnership = true;
      }
      {
        name = "emily";
        ensureDBOwnership = true;
      }
    ];
  };

  systemd.services.postgresql-databases = {
    description = "Owners, extensions and passwords of the databases";
    wantedBy = [ "multi-user.target" ];
    requires = [ "postgresql.target" ];
    after = [ "postgresql.target" ];
    path = [ config.services.postgresql.package ];
    environment = {
      PGPORT = "5432";
      DATABASE_SQL = ./database.sql;
    };
    script = builtins.readFile ./database.sh;
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      User = "postgres";
      LoadCredential = [ "app:/persist/secrets/postgresql/app" ];
    };
  };
}
