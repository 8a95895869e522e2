# expect: Package ‘nvidia-x11’ has an unfree license
{
  hardware.nvidia.open = false;
  services.xserver.videoDrivers = [ "nvidia" ];
}
