# expect: infinite recursion
{ config, ... }:
{
  networking.domain = config.networking.domain + ".example";
}
