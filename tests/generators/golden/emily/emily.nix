# Generated from hosts/small/host.toml; edit that file instead.
{
  services.emily = {
    enable = true;
    tokenFile = "/persist/secrets/emily/token";
    clients = [ "10.0.0.0/24" ];
    memoryMax = "512M";
    settings = {
      node = "small";
      bus.router = "tcp/127.0.0.1:7447";
      api = {
        host = "0.0.0.0";
        port = 8600;
      };
      memory = {
        backend = "pgvector";
        host = "/run/postgresql";
        port = 5432;
        database = "emily";
        user = "emily";
      };
      circadian.timezone = "America/Chicago";
    };
  };

  # The extension is created by then.
  systemd.services.emily-cognition = {
    wants = [ "postgresql-databases.service" ];
    after = [ "postgresql-databases.service" ];
  };
}
