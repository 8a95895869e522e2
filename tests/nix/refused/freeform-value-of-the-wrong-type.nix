# expect: A definition for option `services.postgresql.settings.max_connections' is not of type
{
  services.postgresql.settings.max_connections = {
    value = 100;
  };
}
