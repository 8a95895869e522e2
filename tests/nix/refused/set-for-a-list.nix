# expect: A definition for option `boot.kernelParams' is not of type `list of
{
  boot.kernelParams.quiet = true;
}
