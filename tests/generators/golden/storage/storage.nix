# Generated from hosts/small/host.toml; edit that file instead.
{ config, ... }:

{
  disko.devices = {
    # A partition's priority is its place on the disk; without it, disko would go by names.
    disk = {
      a = {
        type = "disk";
        device = "/dev/disk/by-id/ata-SSD_A";
        content = {
          type = "gpt";
          partitions = {
            esp = {
              priority = 1;
              type = "EF00";
              size = "1G";
              content = {
                type = "filesystem";
                format = "vfat";
                mountpoint = "/boot";
                mountOptions = [
                  "umask=0077"
                  "nofail"
                ];
              };
            };
            swap = {
              priority = 2;
              type = "8200";
              size = "8G";
              content = {
                type = "swap";
                priority = 10;
                randomEncryption = true;
                mountOptions = [ "nofail" ];
              };
            };
            tank = {
              priority = 3;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "tank";
              };
            };
          };
        };
      };
      b = {
        type = "disk";
        device = "/dev/disk/by-id/ata-SSD_B";
        content = {
          type = "gpt";
          partitions = {
            esp = {
              priority = 1;
              type = "EF00";
              size = "1G";
              content = {
                type = "filesystem";
                format = "vfat";
                mountpoint = "/boot-b";
                mountOptions = [
                  "umask=0077"
                  "nofail"
                ];
              };
            };
            swap = {
              priority = 2;
              type = "8200";
              size = "8G";
              content = {
                type = "swap";
                priority = 10;
                randomEncryption = true;
                mountOptions = [ "nofail" ];
              };
            };
            tank = {
              priority = 3;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "tank";
              };
            };
          };
        };
      };
    };

    zpool = {
      tank = {
        type = "zpool";
        mode.topology = {
          type = "topology";
          vdev = [
            {
              mode = "mirror";
              members = [
                "/dev/disk/by-partlabel/disk-a-tank"
                "/dev/disk/by-partlabel/disk-b-tank"
              ];
            }
          ];
        };
        options = {
          ashift = "12";
          autotrim = "off";
          autoexpand = "off";
        };
        rootFsOptions = {
          mountpoint = "none";
          compression = "zstd-3";
          atime = "off";
          xattr = "sa";
          acltype = "posix";
        };
        datasets = {
          nix = {
            type = "zfs_fs";
            mountpoint = "/nix";
            options = {
              mountpoint = "legacy";
            };
          };
          persist = {
            type = "zfs_fs";
            mountpoint = "/persist";
            options = {
              mountpoint = "legacy";
            };
          };
          "persist/postgresql" = {
            type = "zfs_fs";
            mountpoint = "/var/lib/postgresql";
            options = {
              mountpoint = "legacy";
              recordsize = "16384";
            };
          };
          share = {
            type = "zfs_fs";
            mountpoint = "/srv/share";
            options = {
              mountpoint = "legacy";
              recordsize = "1048576";
              quota = "107374182400";
            };
          };
        };
      };
    };

    nodev."/" = {
      fsType = "tmpfs";
      mountOptions = [
        "size=1G"
        "mode=0755"
      ];
    };
  };

  fileSystems."/persist".neededForBoot = true;

  preservation = {
    enable = true;
    preserveAt."/persist" = {
      directories = [
        {
          directory = "/var/lib/nixos";
          inInitrd = true;
        }
        {
          directory = "/var/lib/sbctl";
          mode = "0700";
        }
        "/var/lib/emily"
        {
          directory = "/var/log";
          inInitrd = true;
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

  # It would fail: the machine's id is mounted from where it outlives the boot.
  systemd.suppressedSystemUnits = [ "systemd-machine-id-commit.service" ];

  # Disko sets properties when it formats; what is changed later is set by this.
  systemd.services.zfs-properties = {
    description = "Set the properties of ZFS datasets";
    wantedBy = [ "multi-user.target" ];
    after = [ "zfs-import.target" ];
    path = [ config.boot.zfs.package ];
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
    };
    script = builtins.readFile ./zfs-properties.sh;
  };
}
