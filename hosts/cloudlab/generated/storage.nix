# Generated from hosts/cloudlab/host.toml; edit that file instead.
{ config, ... }:

{
  disko.devices = {
    # A partition's priority is its place on the disk; without it, disko would go by names.
    disk = {
      nvme-a = {
        type = "disk";
        device = "/dev/disk/by-id/nvme-A";
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
              size = "32G";
              content = {
                type = "swap";
                priority = 10;
                randomEncryption = true;
                mountOptions = [ "nofail" ];
              };
            };
            nix = {
              priority = 3;
              type = "FD00";
              size = "200G";
              content = {
                type = "mdraid";
                name = "nix";
              };
            };
            special = {
              priority = 4;
              type = "BF01";
              size = "64G";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
            rpool = {
              priority = 5;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "rpool";
              };
            };
          };
        };
      };
      nvme-b = {
        type = "disk";
        device = "/dev/disk/by-id/nvme-B";
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
              size = "32G";
              content = {
                type = "swap";
                priority = 10;
                randomEncryption = true;
                mountOptions = [ "nofail" ];
              };
            };
            nix = {
              priority = 3;
              type = "FD00";
              size = "200G";
              content = {
                type = "mdraid";
                name = "nix";
              };
            };
            special = {
              priority = 4;
              type = "BF01";
              size = "64G";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
            rpool = {
              priority = 5;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "rpool";
              };
            };
          };
        };
      };
      hdd-1 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_1";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-2 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_2";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-3 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_3";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-4 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_4";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-5 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_5";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-6 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_6";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-7 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_7";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-8 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_8";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-9 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_9";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-10 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_10";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-11 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_11";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-12 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_12";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-13 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_13";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
      hdd-14 = {
        type = "disk";
        device = "/dev/disk/by-id/ata-HDD_14";
        content = {
          type = "gpt";
          partitions = {
            zfs = {
              priority = 1;
              type = "BF01";
              size = "100%";
              content = {
                type = "zfs";
                pool = "ember";
              };
            };
          };
        };
      };
    };

    mdadm = {
      nix = {
        type = "mdadm";
        level = 1;
        extraArgs = [ "--bitmap=internal" ];
        content = {
          type = "filesystem";
          format = "ext4";
          mountpoint = "/nix";
          mountOptions = [ "noatime" ];
        };
      };
    };

    zpool = {
      rpool = {
        type = "zpool";
        mode.topology = {
          type = "topology";
          vdev = [
            {
              mode = "mirror";
              members = [
                "/dev/disk/by-partlabel/disk-nvme-a-rpool"
                "/dev/disk/by-partlabel/disk-nvme-b-rpool"
              ];
            }
          ];
        };
        options = {
          ashift = "12";
          autotrim = "on";
          autoexpand = "on";
        };
        rootFsOptions = {
          mountpoint = "legacy";
          compression = "zstd-3";
          atime = "off";
          xattr = "sa";
          acltype = "posix";
        };
        mountpoint = "/rpool";
        datasets = {
          apps = {
            type = "zfs_fs";
            mountpoint = "/rpool/apps";
            options = {
              mountpoint = "legacy";
            };
          };
          vms = {
            type = "zfs_fs";
            mountpoint = "/rpool/vms";
            options = {
              mountpoint = "legacy";
            };
          };
          databases = {
            type = "zfs_fs";
            mountpoint = "/rpool/databases";
            options = {
              mountpoint = "legacy";
            };
          };
          "databases/postgresql" = {
            type = "zfs_fs";
            mountpoint = "/var/lib/postgresql";
            options = {
              mountpoint = "legacy";
              recordsize = "16384";
              logbias = "latency";
            };
          };
          builds = {
            type = "zfs_fs";
            mountpoint = "/rpool/builds";
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
        };
      };
      ember = {
        type = "zpool";
        mode.topology = {
          type = "topology";
          vdev = [
            {
              mode = "raidz2";
              members = [
                "hdd-1"
                "hdd-2"
                "hdd-3"
                "hdd-4"
                "hdd-5"
                "hdd-6"
                "hdd-7"
              ];
            }
            {
              mode = "raidz2";
              members = [
                "hdd-8"
                "hdd-9"
                "hdd-10"
                "hdd-11"
                "hdd-12"
                "hdd-13"
                "hdd-14"
              ];
            }
          ];
          special = [
            {
              mode = "mirror";
              members = [
                "/dev/disk/by-partlabel/disk-nvme-a-special"
                "/dev/disk/by-partlabel/disk-nvme-b-special"
              ];
            }
          ];
        };
        options = {
          ashift = "12";
          autotrim = "off";
          autoexpand = "on";
        };
        rootFsOptions = {
          mountpoint = "legacy";
          recordsize = "1048576";
          compression = "zstd-3";
          atime = "off";
          xattr = "sa";
          acltype = "posix";
        };
        mountpoint = "/ember";
        datasets = {
          code = {
            type = "zfs_fs";
            mountpoint = "/ember/code";
            options = {
              mountpoint = "legacy";
              recordsize = "131072";
              special_small_blocks = "16384";
            };
          };
          models = {
            type = "zfs_fs";
            mountpoint = "/ember/models";
            options = {
              mountpoint = "legacy";
              recordsize = "1048576";
              special_small_blocks = "32768";
            };
          };
          media = {
            type = "zfs_fs";
            mountpoint = "/ember/media";
            options = {
              mountpoint = "legacy";
              recordsize = "1048576";
              special_small_blocks = "32768";
            };
          };
          nix = {
            type = "zfs_fs";
            mountpoint = "/ember/nix";
            options = {
              mountpoint = "legacy";
              recordsize = "16384";
              special_small_blocks = "0";
            };
          };
        };
      };
    };

    nodev."/" = {
      fsType = "tmpfs";
      mountOptions = [
        "size=2G"
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
        "/var/lib/systemd"
        {
          directory = "/var/lib/sbctl";
          mode = "0700";
        }
        "/var/lib/samba"
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
