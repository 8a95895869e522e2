# expect: A definition for option `services.samba.settings.models' is not of type
{
  services.samba.settings.models = "/ember/models";
}
