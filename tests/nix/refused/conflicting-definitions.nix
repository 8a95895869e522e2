# expect: The option `system.stateVersion' has conflicting definition values:.*`two.nix': "25.05".*`one.nix': "25.11"
{ lib, ... }:
{
  imports = [
    {
      _file = "one.nix";
      system.stateVersion = lib.mkOverride 90 "25.11";
    }
    {
      _file = "two.nix";
      system.stateVersion = lib.mkOverride 90 "25.05";
    }
  ];
}
