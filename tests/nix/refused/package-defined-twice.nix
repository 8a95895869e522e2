# expect: The option `boot.zfs.package' is defined multiple times while it's expected to be unique
{ pkgs, ... }:
{
  imports = [
    { boot.zfs.package = pkgs.zfs_unstable; }
    { boot.zfs.package = pkgs.zfs_2_3; }
  ];
}
