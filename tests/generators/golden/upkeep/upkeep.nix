# Generated from hosts/small/host.toml; edit that file instead.
{ lib, pkgs, ... }:

{
  # By default ZFS takes nearly all memory.
  boot.kernelParams = [ "zfs.zfs_arc_max=8589934592" ];

  services = {
    zfs = {
      autoScrub = {
        enable = true;
        interval = "monthly";
      };
      trim = {
        enable = true;
        interval = "weekly";
      };
      zed = {
        enableMail = true;
        settings.ZED_EMAIL_ADDR = [ "alice@example.net" ];
      };
    };

    # File systems other than ZFS.
    fstrim = {
      enable = true;
      interval = "weekly";
    };

    smartd = {
      enable = true;
      notifications.mail = {
        enable = true;
        recipient = "alice@example.net";
        sender = "small@example.net";
      };
    };
  };

  # The sendmail that ZED, mdadm and smartd call.
  programs.msmtp = {
    enable = true;
    accounts.default = {
      host = "mail.example.net";
      port = 465;
      tls = true;
      tls_starttls = false;
      from = "small@example.net";
      auth = true;
      user = "small";
      passwordeval = "${lib.getExe' pkgs.coreutils "paste"} /persist/secrets/mail/password";
    };
  };
}
