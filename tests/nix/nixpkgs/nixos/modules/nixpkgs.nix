# The platform and the packages.
{
  config,
  lib,
  options,
  ...
}:
let
  platform =
    if options.nixpkgs.hostPlatform.isDefined then
      config.nixpkgs.hostPlatform
    else
      throw "Neither nixpkgs.hostPlatform nor the legacy option nixpkgs.system has been set.\nSet nixpkgs.hostPlatform, for example to \"x86_64-linux\".";
in
{
  _module.args.pkgs = import ../../packages {
    inherit lib;
    inherit (config.nixpkgs) overlays;
    system = platform.system or platform;
  };
}
