# Whose the secrets are: rules for what is put on the host by hand.
{ config, orElse, ... }:
{
  rules = builtins.mapAttrs (
    _:
    builtins.mapAttrs (
      type: rule: {
        type = orElse type rule.type;
        inherit (rule)
          mode
          user
          group
          age
          argument
          ;
      }
    )
  ) (config.systemd.tmpfiles.settings."10-secrets" or { });
}
