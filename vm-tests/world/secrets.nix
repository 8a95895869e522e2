# Secrets are made in the VM, before anything asks for them.
{ keys, secrets }:
{ lib, ... }:
{
  systemd.services.vm-secrets = {
    description = "Secrets of a test";
    wantedBy = [ "sysinit.target" ];
    before = [
      "sysinit.target"
      "systemd-networkd.service"
      "systemd-tmpfiles-setup.service"
    ];
    unitConfig = {
      DefaultDependencies = false;
      RequiresMountsFor = map dirOf secrets;
    };
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      UMask = "0077";
    };
    script = lib.concatMapStringsSep "\n" (
      path:
      let
        file = lib.escapeShellArg path;
        content =
          if lib.hasSuffix ".key" path then
            "echo ${keys.alice.private}"
          else
            "head -c 24 /dev/urandom | base64";
      in
      ''
        mkdir -p ${lib.escapeShellArg (dirOf path)}
        [ -e ${file} ] || ${content} >${file}
      ''
    ) secrets;
  };
}
