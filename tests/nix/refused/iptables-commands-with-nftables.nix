# expect: extraCommands is incompatible with the nftables based firewall
{
  networking.nftables.enable = true;
  networking.firewall.extraCommands = "iptables -A FORWARD -j DROP";
}
