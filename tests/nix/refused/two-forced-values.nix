# expect: The option `services.openssh.enable' has conflicting definition values
{ lib, ... }:
{
  imports = [
    { services.openssh.enable = lib.mkForce true; }
    { services.openssh.enable = lib.mkForce false; }
  ];
}
