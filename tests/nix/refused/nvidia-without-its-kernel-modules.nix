# expect: Package ‘nvidia-kernel-modules’ has an unfree license
{
  hardware.nvidia.open = false;
  nixpkgs.config.allowUnfreePredicate = package: package.pname == "nvidia-x11";
  services.xserver.videoDrivers = [ "nvidia" ];
}
