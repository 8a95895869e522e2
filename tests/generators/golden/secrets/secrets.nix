# Generated from hosts/small/host.toml; edit that file instead.
{
  # At each boot and switch; a file that is not there yet is passed over.
  systemd.tmpfiles.settings."10-secrets" = {
    "/persist/secrets/emily/token".z = {
      user = "root";
      group = "root";
      mode = "0400";
    };
    "/persist/secrets/mail/password".z = {
      user = "root";
      group = "root";
      mode = "0400";
    };
    "/persist/secrets/postgresql/app".z = {
      user = "root";
      group = "root";
      mode = "0400";
    };
    "/persist/secrets/samba/alice".z = {
      user = "root";
      group = "root";
      mode = "0400";
    };
    "/persist/secrets/wireguard/vpn.key".z = {
      user = "root";
      group = "root";
      mode = "0400";
    };
  };
}
