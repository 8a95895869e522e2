# expect: trying to define a value of type `string'\s+rather than an attribute set for the option\s+`services.openssh'
{
  services.openssh = "enabled";
}
