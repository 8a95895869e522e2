# The boot loader, md arrays and the stages before the root file system is there.
{
  config,
  demand,
  lib,
  options,
  pkgs,
  ...
}:
let
  inherit (config) boot;
  scripted = [
    "postDeviceCommands"
    "postMountCommands"
    "postResumeCommands"
    "preDeviceCommands"
    "preLVMCommands"
  ];
  mails =
    lib.hasInfix "MAILADDR" boot.swraid.mdadmConf || lib.hasInfix "PROGRAM" boot.swraid.mdadmConf;
in
{
  system.build.installBootLoader = lib.mkMerge [
    (lib.mkOptionDefault "none")
    (lib.mkIf boot.loader.external.enable boot.loader.external.installHook)
    (lib.mkIf boot.loader.systemd-boot.enable "systemd-boot")
    (lib.mkIf boot.loader.grub.enable "grub")
  ];
  boot.loader.grub.enable = lib.mkOptionDefault (
    !(boot.loader.external.enable || boot.loader.systemd-boot.enable)
  );
  boot.loader.grub.devices = lib.mkOptionDefault [ ];
  boot.kernelPackages = lib.mkOptionDefault pkgs.linuxPackages;
  systemd.package = lib.mkOptionDefault pkgs.systemd;

  assertions = [
    (demand (boot.loader.grub.enable -> boot.loader.grub.devices != [ ])
      "You must set the option ‘boot.loader.grub.devices’ or 'boot.loader.grub.mirroredBoots' to make the system bootable."
    )
  ]
  ++ map (
    name:
    demand (boot.initrd.systemd.enable -> !(options.boot.initrd.${name}.isDefined or false))
      "systemd stage 1 does not support 'boot.initrd.${name}'. Please convert it to analogous systemd units in 'boot.initrd.systemd'."
  ) scripted;
  warnings = lib.optional (
    boot.swraid.enable && !mails
  ) "mdadm: Neither MAILADDR nor PROGRAM has been set. This will cause the `mdmon` service to crash.";
}
