# Generated from hosts/cloudlab/host.toml; edit that file instead.
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
      listen_addresses = lib.mkForce "localhost,10.20.0.2,10.0.0.1";
      password_encryption = "scram-sha-256";
      max_connections = 200;
      shared_buffers = "8GB";
      effective_cache_size = "24GB";
      maintenance_work_mem = "2GB";
      random_page_cost = 1.1;
    };
    # Forced, as NixOS would let everybody on this host try passwords.
    authentication = lib.mkForce (builtins.readFile ./pg_hba.conf);
    ensureDatabases = [
      "emily"
      "mlflow"
    ];
    ensureUsers = [
      {
        name = "emily";
        ensureDBOwnership = true;
      }
      {
        name = "mlflow";
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
      LoadCredential = [
        "emily:/persist/secrets/postgresql/emily"
        "mlflow:/persist/secrets/postgresql/mlflow"
      ];
    };
  };
}
