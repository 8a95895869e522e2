# expect: has an unsupported attribute `networking'
{
  config.services.openssh.enable = true;
  networking.hostName = "cloudlab";
}
