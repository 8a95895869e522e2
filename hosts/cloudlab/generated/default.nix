# Generated from hosts/cloudlab/host.toml; edit that file instead.
{
  imports = [
    ./access.nix
    ./boot.nix
    ./database.nix
    ./emily.nix
    ./firewall.nix
    ./hardware.nix
    ./network.nix
    ./samba.nix
    ./secrets.nix
    ./storage.nix
    ./system.nix
    ./upkeep.nix
    ./wireguard.nix
  ];
}
