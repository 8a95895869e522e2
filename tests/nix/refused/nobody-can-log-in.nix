# expect: Neither the root account nor any wheel user has a password or SSH authorized key
{ lib, ... }:
{
  users.mutableUsers = false;
  users.users.operator.extraGroups = lib.mkForce [ ];
}
