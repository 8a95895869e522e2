# The platform and the packages.
{
  config,
  demand,
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
  _module.args.pkgs =
    if options.nixpkgs.pkgs.isDefined then
      lib.foldl' (pkgs: pkgs.extend) config.nixpkgs.pkgs config.nixpkgs.overlays
    else
      import ../../packages {
        inherit lib;
        inherit (config.nixpkgs) overlays;
        system = platform.system or platform;
      };

  assertions = [
    (demand (options.nixpkgs.pkgs.isDefined -> config.nixpkgs.config == { })
      "Your system configures nixpkgs with an externally created instance. `nixpkgs.config` options should be passed when creating the instance instead."
    )
  ];
}
