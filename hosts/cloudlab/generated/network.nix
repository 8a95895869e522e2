# Generated from hosts/cloudlab/host.toml; edit that file instead.
{
  networking = {
    useNetworkd = true;
    useDHCP = false;
  };

  systemd.network = {
    links = {
      "10-uplink" = {
        matchConfig.PermanentMACAddress = "3c:fd:fe:0c:22:05";
        linkConfig.Name = "uplink";
      };
    };

    netdevs = {
      "20-management" = {
        netdevConfig = {
          Kind = "vlan";
          Name = "management";
        };
        vlanConfig.Id = 10;
      };
      "20-data" = {
        netdevConfig = {
          Kind = "vlan";
          Name = "data";
        };
        vlanConfig.Id = 20;
      };
      "20-ai" = {
        netdevConfig = {
          Kind = "vlan";
          Name = "ai";
        };
        vlanConfig.Id = 30;
      };
    };

    # Zones speak IPv4: without IPv6AcceptRA nobody in them can announce routers or name servers.
    networks = {
      "30-uplink" = {
        matchConfig.Name = "uplink";
        DHCP = "ipv4";
        vlan = [
          "management"
          "data"
          "ai"
        ];
      };
      "40-management" = {
        matchConfig.Name = "management";
        address = [ "10.10.0.2/24" ];
        networkConfig.IPv6AcceptRA = false;
        linkConfig.RequiredForOnline = false;
      };
      "40-data" = {
        matchConfig.Name = "data";
        address = [ "10.20.0.2/24" ];
        networkConfig.IPv6AcceptRA = false;
      };
      "40-ai" = {
        matchConfig.Name = "ai";
        address = [ "10.30.0.2/24" ];
        networkConfig.IPv6AcceptRA = false;
        linkConfig.RequiredForOnline = false;
      };
      "40-wg-home" = {
        linkConfig.RequiredForOnline = false;
      };
    };
  };

  boot = {
    kernelModules = [ "tcp_bbr" ];
    kernel.sysctl = {
      "net.ipv4.conf.all.forwarding" = true;
      # Servers start before networkd has given the addresses that they listen on.
      "net.ipv4.ip_nonlocal_bind" = 1;
      "net.core.default_qdisc" = "fq";
      "net.ipv4.tcp_congestion_control" = "bbr";
      "net.ipv4.tcp_ecn" = 1;
      "net.core.rmem_max" = 134217728;
      "net.core.wmem_max" = 134217728;
      "net.ipv4.tcp_rmem" = "4096 131072 134217728";
      "net.ipv4.tcp_wmem" = "4096 16384 134217728";
    };
  };
}
