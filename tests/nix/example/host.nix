# A host that uses all four inputs: an empty root at boot, a mirrored /nix, a pool and Secure Boot.
{ lib, pkgs, ... }:
{
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "26.05";

  networking = {
    hostName = "example";
    hostId = "0000beef";
  };

  boot = {
    kernelPackages = pkgs.linuxPackages_6_18;
    loader.systemd-boot.enable = lib.mkForce false;
    lanzaboote = {
      enable = true;
      pkiBundle = "/var/lib/sbctl";
      settings.editor = false;
    };
    supportedFilesystems.zfs = true;
    swraid.mdadmConf = "MAILADDR root";
    zfs = {
      package = pkgs.zfs_unstable;
      forceImportRoot = false;
    };
  };

  disko.devices = {
    nodev."/" = {
      fsType = "tmpfs";
      mountOptions = [
        "size=2G"
        "mode=755"
      ];
    };
    disk.main = {
      device = "/dev/disk/by-id/nvme-main";
      content = {
        type = "gpt";
        partitions = {
          ESP = {
            type = "EF00";
            size = "1G";
            content = {
              type = "filesystem";
              format = "vfat";
              mountpoint = "/boot";
              mountOptions = [ "umask=0077" ];
            };
          };
          nix = {
            size = "200G";
            content = {
              type = "mdraid";
              name = "nix";
            };
          };
          swap = {
            size = "32G";
            content = {
              type = "swap";
              priority = 5;
              randomEncryption = true;
            };
          };
          zfs = {
            size = "100%";
            content = {
              type = "zfs";
              pool = "rpool";
            };
          };
        };
      };
    };
    mdadm.nix = {
      level = 1;
      content = {
        type = "filesystem";
        format = "ext4";
        mountpoint = "/nix";
      };
    };
    zpool.rpool = {
      options.ashift = "12";
      mode.topology = {
        type = "topology";
        vdev = [ { members = [ "main" ]; } ];
      };
      datasets.persist = {
        type = "zfs_fs";
        mountpoint = "/persist";
        options.mountpoint = "legacy";
      };
    };
  };

  fileSystems = {
    "/nix".neededForBoot = true;
    "/persist".neededForBoot = true;
  };

  preservation = {
    enable = true;
    preserveAt."/persist" = {
      directories = [
        "/var/lib/nixos"
        {
          directory = "/var/lib/postgresql";
          user = "postgres";
        }
      ];
      files = [
        {
          file = "/etc/machine-id";
          inInitrd = true;
        }
      ];
    };
  };

  services.postgresql = {
    enable = true;
    package = pkgs.postgresql_17;
    extensions = ps: [ ps.pgvector ];
  };

  users = {
    mutableUsers = false;
    users.operator = {
      isNormalUser = true;
      extraGroups = [ "wheel" ];
      openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDummyKeyForTests operator" ];
    };
  };
}
