# Generated from hosts/cloudlab/host.toml; edit that file instead.
{ config, ... }:
{
  services.samba = {
    enable = true;
    openFirewall = false;
    nmbd.enable = false;
    winbindd.enable = false;
    settings = {
      global = {
        workgroup = "WORKGROUP";
        "server role" = "standalone server";
        "server min protocol" = "SMB3_11";
        # "required" here would leave a client one channel; the shares require it instead.
        "server smb encrypt" = "desired";
        "server multi channel support" = "yes";
        "map to guest" = "never";
        "restrict anonymous" = 2;
        "disable netbios" = "yes";
        "load printers" = "no";
        "smb ports" = 445;
        interfaces = [
          "lo"
          "10.0.0.1/24"
          "\"data;speed=1000000000,capability=RSS\""
        ];
        "bind interfaces only" = "yes";
        "hosts allow" = [
          "127.0.0.1"
          "10.0.0.0/24"
          "10.20.0.0/24"
        ];
      };
      code = {
        comment = "Source code";
        path = "/ember/code";
        "read only" = "no";
        "valid users" = [ "colter" ];
        "smb encrypt" = "required";
        "create mask" = "0660";
        "directory mask" = "2770";
      };
      models = {
        comment = "Models";
        path = "/ember/models";
        "read only" = "no";
        "valid users" = [ "colter" ];
        "smb encrypt" = "required";
        "create mask" = "0660";
        "directory mask" = "2770";
      };
      media = {
        comment = "Archives";
        path = "/ember/media";
        "read only" = "no";
        "valid users" = [ "colter" ];
        "smb encrypt" = "required";
        "create mask" = "0660";
        "directory mask" = "2770";
      };
    };
  };

  users.groups.smb.members = [ "colter" ];

  systemd.tmpfiles.rules = [
    "d /ember/code 2770 root smb -"
    "d /ember/media 2770 root smb -"
    "d /ember/models 2770 root smb -"
  ];

  systemd.services = {
    # smbd binds once, to the interfaces that are there when it starts.
    samba-smbd = {
      wants = [ "network-online.target" ];
      after = [ "network-online.target" ];
      # NixOS would leave it dead.
      serviceConfig.Restart = "on-failure";
    };

    samba-users = {
      description = "Passwords of the SMB users";
      wantedBy = [ "samba.target" ];
      before = [ "samba-smbd.service" ];
      path = [ config.services.samba.package ];
      script = builtins.readFile ./samba-users.sh;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        LoadCredential = [ "colter:/persist/secrets/samba/colter" ];
      };
    };
  };
}
