# What of a host is another thing in a VM, and why. All else is the host's own.
{
  host,
  layout,
  ports,
}:
{ lib, pkgs, ... }:
let
  inherit (lib) mkForce mkIf;
  inherit (host.config) services;
in
{
  # The packages are the test's, for its system: it lets no unfree ones in.
  nixpkgs = {
    config = mkForce { };
    hostPlatform = mkForce pkgs.stdenv.hostPlatform.system;
  };

  virtualisation = {
    cores = 2;
    memorySize = 4096;
    # No NIC of the driver's: those that the host knows, on the network of the other machines.
    vlans = [ ];
    qemu.networkingOptions = mkForce (
      lib.concatLists (
        lib.imap0 (number: port: [
          "-device virtio-net-pci,netdev=port${toString number},mac=${port.mac}"
          "-netdev vde,id=port${toString number},sock=\"$QEMU_VDE_SOCKET_1\""
        ]) ports
      )
    );
  };

  boot = {
    # QEMU loads the kernel itself; vm-tests/boot.nix starts from signed images.
    lanzaboote.enable = mkForce false;
    loader.grub.enable = false;
    # There is less memory. The last word counts.
    kernelParams = lib.mkAfter [ "zfs.zfs_arc_max=268435456" ];
  };

  # There is no such hardware.
  hardware = {
    cpu.amd.updateMicrocode = mkForce false;
    cpu.intel.updateMicrocode = mkForce false;
    enableRedistributableFirmware = mkForce false;
    graphics.enable = mkForce false;
    nvidia.nvidiaPersistenced = mkForce false;
  };
  services = {
    xserver.videoDrivers = mkForce [ ];
    # virtio disks have no SMART
    smartd.enable = mkForce false;

    postgresql.settings = mkIf services.postgresql.enable {
      shared_buffers = mkForce "128MB";
      effective_cache_size = mkForce "512MB";
      maintenance_work_mem = mkForce "64MB";
    };
  };

  # Without the host's disks there is one root, which outlives the boot, and no pool.
  preservation.enable = mkIf (!layout) (mkForce false);
  systemd.services.zfs-properties = mkIf (host.config.systemd.services ? zfs-properties) {
    enable = layout;
  };
}
