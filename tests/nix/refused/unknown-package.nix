# expect: attribute 'zfs_2_5' missing
{ pkgs, ... }:
{
  boot.zfs.package = pkgs.zfs_2_5;
}
