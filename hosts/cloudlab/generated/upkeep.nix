# Generated from hosts/cloudlab/host.toml; edit that file instead.
{ lib, pkgs, ... }:

{
  # By default ZFS takes nearly all memory.
  boot.kernelParams = [ "zfs.zfs_arc_max=51539607552" ];

  boot.swraid.mdadmConf = "MAILADDR colter@cloudlab.internal\nMAILFROM cloudlab@cloudlab.internal\n";

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
        settings.ZED_EMAIL_ADDR = [ "colter@cloudlab.internal" ];
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
        recipient = "colter@cloudlab.internal";
        sender = "cloudlab@cloudlab.internal";
      };
    };
  };

  # The sendmail that ZED, mdadm and smartd call.
  programs.msmtp = {
    enable = true;
    accounts.default = {
      host = "mail.cloudlab.internal";
      port = 465;
      tls = true;
      tls_starttls = false;
      from = "cloudlab@cloudlab.internal";
      auth = true;
      user = "cloudlab";
      passwordeval = "${lib.getExe' pkgs.coreutils "paste"} /persist/secrets/mail/password";
    };
  };
}
