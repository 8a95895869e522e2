# expect: A definition for option `services.openssh.ports."\[definition 1-entry 1\]"' is not of type `16 bit unsigned integer
{
  services.openssh.ports = [ 65536 ];
}
