# expect: The option `networking.hostId. is defined both null and not null
{
  imports = [
    { networking.hostId = null; }
    { networking.hostId = "0000beef"; }
  ];
}
