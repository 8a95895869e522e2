# expect: wg0\.generatePrivateKeyFile cannot be used with the networkd backend
{
  networking.useNetworkd = true;
  networking.wireguard.interfaces.wg0 = {
    generatePrivateKeyFile = true;
    privateKeyFile = "/persist/secrets/wg0";
  };
}
