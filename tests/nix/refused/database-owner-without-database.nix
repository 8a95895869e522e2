# expect: a database with the same name must be defined.*Offender: emily
{
  services.postgresql = {
    enable = true;
    ensureDatabases = [ "mind" ];
    ensureUsers = [
      {
        name = "emily";
        ensureDBOwnership = true;
      }
    ];
  };
}
