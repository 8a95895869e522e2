# expect: The option `networking\.wireguard\.interfaces\.wg0\.peers\."\[definition 1-entry 1\]"\.publicKey' was accessed but has no value defined
{
  networking.wireguard.interfaces.wg0 = {
    privateKeyFile = "/persist/secrets/wg0";
    peers = [ { allowedIPs = [ "10.0.0.2/32" ]; } ];
  };
}
