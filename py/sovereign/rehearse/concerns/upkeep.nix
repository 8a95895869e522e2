# What runs by the calendar, of what a machine without pools can be asked.
{ config, ... }:
let
  calendar = set: { inherit (set) enable interval; };
in
{
  scrub = calendar config.services.zfs.autoScrub;
  trim = calendar config.services.zfs.trim;
}
