# expect: A definition for option `fileSystems' is not of type `attribute set of
{
  fileSystems = [ { mountPoint = "/"; } ];
}
