# expect: A definition for option `networking.hostName' is not of type
{ lib, ... }:
{
  networking.hostName = lib.mkForce null;
}
