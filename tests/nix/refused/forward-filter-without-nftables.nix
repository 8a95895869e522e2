# expect: filterForward only works with the nftables based firewall
{
  networking.firewall.filterForward = true;
}
