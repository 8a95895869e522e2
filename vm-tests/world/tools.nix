# What the machines of a test are given: the suite, and what checks from their zones need.
{ lib, pkgs }:
{
  python = pkgs.callPackage ../../nix/packages/suite.nix { };

  # a machine that somebody looks from: over SSH, with a key that the test makes
  vantage = {
    networking = {
      useNetworkd = true;
      useDHCP = false;
      # a port where nothing listens answers with a refusal: that is what is looked for
      firewall.enable = false;
    };
    services.openssh = {
      enable = true;
      authorizedKeysInHomedir = true;
      settings.PermitRootLogin = "prohibit-password";
    };
    environment.systemPackages = [
      pkgs.cifs-utils
      pkgs.curl
      pkgs.postgresql_17
      pkgs.python3
      pkgs.samba
      pkgs.tcpdump
    ];
    # plugged into the network of the host's port, without the driver's addresses
    virtualisation.interfaces.eth1 = {
      vlan = 1;
      assignIP = false;
    };
    systemd.network.networks."30-eth1" = {
      matchConfig.Name = "eth1";
      linkConfig.RequiredForOnline = lib.mkDefault "carrier";
      networkConfig = {
        IPv6AcceptRA = false;
        LinkLocalAddressing = "no";
      };
    };
  };
}
