# expect: A definition for option `services.openssh.enable' is not of type `boolean'
{
  services.openssh.enable = "yes";
}
