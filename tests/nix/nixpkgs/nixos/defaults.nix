# Defaults that NixOS 26.05 declares, for the options which a module here, or of a host, reads
# without setting them. The index tells only types. `_default` is the default of the option at that
# path; `<name>` and `*` stand for each element of a set or a list.
let
  is = value: { _default = value; };
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
    hostId = is null;
    hostName = is "nixos";
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
  security.sudo.wheelNeedsPassword = is true;
  services = {
    fwupd.enable = is false;
    openssh.enable = is false;
    postgresql = {
      enable = is false;
      ensureDatabases = is [ ];
      ensureUsers."*".ensureDBOwnership = is false;
      extensions = is [ ];
    };
    resolved.enable = is false;
    samba.enable = is false;
    xserver.videoDrivers = is [
      "modesetting"
      "fbdev"
    ];
  };
  swapDevices."*" = {
    label = is null;
    size = is null;
  };
  systemd.network.enable = is false;
  users = {
    allowNoPasswordLogin = is false;
    mutableUsers = is true;
    users."<name>" = {
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
