# Generated from hosts/small/host.toml; edit that file instead.
{ lib, ... }:
{
  hardware.enableRedistributableFirmware = true;
  hardware.cpu.amd.updateMicrocode = true;

  # Unfree, and nothing else that is.
  nixpkgs.config.allowUnfreePredicate =
    package:
    builtins.elem (lib.getName package) [
      "nvidia-kernel-modules"
      "nvidia-persistenced"
      "nvidia-x11"
    ];

  # The way to choose the driver, with or without X.
  services.xserver.videoDrivers = [ "nvidia" ];
  hardware.graphics.enable = true;
  hardware.nvidia = {
    branch = "production";
    open = true;
    nvidiaPersistenced = true;
    nvidiaSettings = false;
  };
}
