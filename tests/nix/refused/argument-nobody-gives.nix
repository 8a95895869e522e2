# expect: attribute 'inventory' missing
{ inventory, ... }:
{
  networking.hostName = inventory.name;
}
