# expect: A definition for option `boot.lanzaboote.pkiBundle' is not of type `null or
{
  boot.lanzaboote = {
    enable = true;
    pkiBundle = "${builtins.storeDir}/00000000000000000000000000000000-keys";
  };
}
