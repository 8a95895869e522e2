# expect: has an unfree license
{
  hardware.nvidia.open = false;
  services.xserver.videoDrivers = [ "nvidia" ];
}
