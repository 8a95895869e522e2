# Who the host is.
{ config, ... }:
{
  inherit (config.networking)
    domain
    enableIPv6
    hostId
    hostName
    hosts
    ;
  inherit (config.time) timeZone;
}
