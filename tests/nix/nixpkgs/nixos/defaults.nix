# Defaults that NixOS 26.05 declares, for the options which a module here, or of a host, reads
# without setting them. The index tells only types. `_default` is the default of the option at that
# path; `<name>` and `*` stand for each element of a set or a list.
let
  is = value: { _default = value; };

  daemon = {
    enable = is true;
    extraArgs = is [ ];
  };
  unit = {
    description = is "";
    unitConfig = is { };
  }
  // builtins.listToAttrs (
    map
      (name: {
        inherit name;
        value = is [ ];
      })
      [
        "after"
        "before"
        "bindsTo"
        "conflicts"
        "documentation"
        "onFailure"
        "onSuccess"
        "partOf"
        "requiredBy"
        "requires"
        "requisite"
        "upholds"
        "wantedBy"
        "wants"
      ]
  );
in
{
  boot = {
    initrd.supportedFilesystems = is { };
    initrd.systemd.enable = is true;
    kernelParams = is [ ];
    loader = {
      efi.efiSysMountPoint = is "/boot";
      external.enable = is false;
      systemd-boot.configurationLimit = is null;
      systemd-boot.consoleMode = is "keep";
      systemd-boot.editor = is true;
      systemd-boot.enable = is false;
      timeout = is 5;
    };
    supportedFilesystems = is { };
    swraid.enable = is false;
    swraid.mdadmConf = is "";
    zfs = {
      devNodes = is "/dev/disk/by-id";
      extraPools = is [ ];
      forceImportAll = is false;
      forceImportRoot = is true;
    };
  };
  fileSystems."<name>" = {
    device = is null;
    label = is null;
    neededForBoot = is false;
    options = is [ "defaults" ];
  };
  hardware.graphics.enable = is false;
  hardware.nvidia.open = is null;
  networking = {
    firewall = {
      enable = is true;
      extraCommands = is "";
      extraStopCommands = is "";
      filterForward = is false;
    };
    domain = is null;
    enableIPv6 = is true;
    hostId = is null;
    hostName = is "nixos";
    hosts = is { };
    nftables = {
      enable = is false;
      rulesetFile = is null;
    };
    useDHCP = is true;
    useNetworkd = is false;
    wireguard.interfaces."<name>" = {
      generatePrivateKeyFile = is false;
      interfaceNamespace = is null;
      ips = is [ ];
      peers."*" = {
        dynamicEndpointRefreshSeconds = is 0;
        presharedKey = is null;
        presharedKeyFile = is null;
      };
      postSetup = is "";
      postShutdown = is "";
      preSetup = is "";
      preShutdown = is "";
      privateKey = is null;
      privateKeyFile = is null;
      socketNamespace = is null;
    };
  };
  nixpkgs = {
    config = is { };
    overlays = is [ ];
  };
  security.sudo = {
    enable = is true;
    execWheelOnly = is false;
    wheelNeedsPassword = is true;
  };
  services = {
    fwupd.enable = is false;
    openssh = {
      allowSFTP = is true;
      authorizedKeysInHomedir = is true;
      enable = is false;
      extraConfig = is "";
      hostKeys = is [
        {
          type = "rsa";
          bits = 4096;
          path = "/etc/ssh/ssh_host_rsa_key";
        }
        {
          type = "ed25519";
          path = "/etc/ssh/ssh_host_ed25519_key";
        }
      ];
      listenAddresses = is [ ] // {
        "*" = {
          addr = is null;
          port = is null;
        };
      };
      ports = is [ 22 ];
      settings = is { } // {
        AcceptEnv = is null;
        AllowGroups = is null;
        AllowUsers = is null;
        AuthorizedPrincipalsFile = is "none";
        Banner = is null;
        Ciphers = is [
          "chacha20-poly1305@openssh.com"
          "aes256-gcm@openssh.com"
          "aes128-gcm@openssh.com"
          "aes256-ctr"
          "aes192-ctr"
          "aes128-ctr"
        ];
        DenyGroups = is null;
        DenyUsers = is null;
        GatewayPorts = is "no";
        KbdInteractiveAuthentication = is true;
        KexAlgorithms = is [
          "mlkem768x25519-sha256"
          "sntrup761x25519-sha512"
          "sntrup761x25519-sha512@openssh.com"
          "curve25519-sha256"
          "curve25519-sha256@libssh.org"
          "diffie-hellman-group-exchange-sha256"
        ];
        LogLevel = is "INFO";
        Macs = is [
          "hmac-sha2-512-etm@openssh.com"
          "hmac-sha2-256-etm@openssh.com"
          "umac-128-etm@openssh.com"
        ];
        PasswordAuthentication = is true;
        PermitRootLogin = is "prohibit-password";
        PrintMotd = is false;
        StrictModes = is true;
        UseDns = is false;
        UsePAM = is true;
        X11Forwarding = is false;
      };
      sftpFlags = is [ ];
    };
    postgresql = {
      authentication = is "";
      enable = is false;
      enableJIT = is false;
      enableTCPIP = is false;
      ensureDatabases = is [ ];
      ensureUsers = is [ ] // {
        "*" = {
          ensureClauses = is { };
          ensureDBOwnership = is false;
        };
      };
      extensions = is [ ];
      identMap = is "postgres postgres postgres\n";
      initdbArgs = is [ ];
      settings = is { } // {
        log_line_prefix = is "[%p] ";
        port = is 5432;
        shared_preload_libraries = is null;
      };
    };
    resolved.enable = is false;
    samba = {
      enable = is false;
      nmbd = daemon;
      settings = is { } // {
        global = is { } // {
          "invalid users" = is [ "root" ];
          "passwd program" = is "/run/wrappers/bin/passwd %u";
          security = is "user";
        };
      };
      smbd = daemon;
      winbindd = daemon;
    };
    xserver.videoDrivers = is [
      "modesetting"
      "fbdev"
    ];
    zfs = {
      autoScrub = {
        enable = is false;
        interval = is "monthly";
      };
      trim = {
        enable = is true;
        interval = is "weekly";
      };
    };
  };
  swapDevices."*" = {
    label = is null;
    size = is null;
  };
  systemd = {
    network.enable = is false;
    services = is { } // {
      "<name>" = unit // {
        environment = is { };
        path = is [ ];
        postStart = is "";
        postStop = is "";
        preStart = is "";
        preStop = is "";
        reload = is "";
        script = is "";
        scriptArgs = is "";
        serviceConfig = is { };
      };
    };
    targets = is { } // {
      "<name>" = unit;
    };
    tmpfiles = {
      rules = is [ ];
      settings = is { } // {
        "<name>"."<name>"."<name>" = {
          age = is "-";
          argument = is "";
          group = is "-";
          mode = is "-";
          user = is "-";
        };
      };
    };
  };
  time.timeZone = is null;
  users = {
    allowNoPasswordLogin = is false;
    groups = is { } // {
      "<name>" = {
        gid = is null;
        members = is [ ];
      };
    };
    mutableUsers = is true;
    users."<name>" = {
      description = is "";
      extraGroups = is [ ];
      group = is "";
      hashedPassword = is null;
      hashedPasswordFile = is null;
      initialHashedPassword = is null;
      initialPassword = is null;
      isNormalUser = is false;
      isSystemUser = is false;
      openssh.authorizedKeys.keyFiles = is [ ];
      openssh.authorizedKeys.keys = is [ ];
      password = is null;
      uid = is null;
    };
  };
}
