# expect: The option `services.openshh' does not exist
{ lib, ... }:
{
  services.openshh = lib.mkIf false { enable = true; };
}
