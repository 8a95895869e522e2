# Generated from hosts/small/host.toml; edit that file instead.
{
  networking.wireguard = {
    useNetworkd = true;
    interfaces = {
      wg-vpn = {
        ips = [ "10.0.0.1/24" ];
        listenPort = 51820;
        mtu = 1420;
        privateKeyFile = "/persist/secrets/wireguard/vpn.key";
        peers = [
          {
            name = "office";
            publicKey = "pI/uvc25wsmPXE082SPVT80RkPiCKRdr/npq8DvNy5E=";
            allowedIPs = [ "10.0.0.2/32" ];
            endpoint = "office.example.net:51820";
            persistentKeepalive = 25;
          }
        ];
      };
    };
  };

  # Without these, a key that is missing would keep all of networkd from starting.
  systemd.services.systemd-networkd.serviceConfig.SetCredential = [
    "wireguard-wg-vpn-private-key:missing"
  ];
}
