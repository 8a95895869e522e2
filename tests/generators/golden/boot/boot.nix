# Generated from hosts/small/host.toml; edit that file instead.
{ lib, pkgs, ... }:

{
  boot = {
    loader = {
      timeout = 5;
      efi.efiSysMountPoint = "/boot";
      systemd-boot = {
        # Lanzaboote installs it, signed.
        enable = lib.mkForce false;
        editor = false;
      };
    };

    lanzaboote = {
      enable = true;
      pkiBundle = "/var/lib/sbctl";
      # One more lies on the ESP while a new one is installed.
      configurationLimit = 5;
      extraEfiSysMountPoints = [ "/boot-b" ];
    };

    # Not the newest: ZFS supports a kernel some time after its release.
    kernelPackages = pkgs.linuxPackages_6_18;

    supportedFilesystems.zfs = true;
    zfs = {
      package = pkgs.zfs;
      # A pool that another system did not export is imported by hand.
      forceImportRoot = false;
    };

    initrd = {
      systemd.enable = true;
      availableKernelModules = [
        "ahci"
        "sd_mod"
      ];
    };

    # Left alone: kernel.kexec_load_disabled, which would bar installing anew by kexec, and
    # user.max_user_namespaces, which rootless containers need.
    kernel.sysctl = {
      "dev.tty.ldisc_autoload" = 0;
      "fs.protected_fifos" = 2;
      "fs.protected_regular" = 2;
      "kernel.dmesg_restrict" = 1;
      "kernel.kptr_restrict" = 2;
      "kernel.unprivileged_bpf_disabled" = 1;
      "kernel.yama.ptrace_scope" = 1;
      "net.core.bpf_jit_harden" = 2;
    };
  };
}
