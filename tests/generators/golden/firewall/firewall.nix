# Generated from hosts/small/host.toml; edit that file instead.
{
  networking = {
    nftables = {
      enable = true;
      tables.zones = {
        family = "inet";
        content = builtins.readFile ./zones.nft;
      };
    };

    firewall = {
      checkReversePath = "strict";
      # A packet has to pass both forward chains: this one accepts what the table "zones", which
      # sees it first, has let through, and drops what comes from no zone.
      filterForward = true;
      extraForwardRules = builtins.readFile ./forward.nft;
      interfaces = {
        uplink.allowedUDPPorts = [ 51820 ];
        wg-vpn.allowedTCPPorts = [
          22
          445
          5432
          8600
        ];
      };
    };
  };
}
