# expect: A definition for option `services.samba.package' is not of type `package'
{
  services.samba.package = "samba";
}
