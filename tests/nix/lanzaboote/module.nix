# `boot.lanzaboote` of v1.1.0.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkEnableOption mkOption types;
  cfg = config.boot.lanzaboote;
  inherit (config.boot) loader;
  option = type: default: mkOption { inherit type default; };
  limit = if cfg.configurationLimit == null then 0 else cfg.configurationLimit;
in
{
  options.boot.lanzaboote = {
    enable = mkEnableOption "lanzaboote";
    configurationLimit = option (types.nullOr types.int) loader.systemd-boot.configurationLimit;
    pkiBundle = mkOption { type = types.nullOr types.externalPath; };
    publicKeyFile = option types.path "${cfg.pkiBundle}/keys/db/db.pem";
    privateKeyFile = option types.path "${cfg.pkiBundle}/keys/db/db.key";
    package = mkOption { type = types.package; };
    settings = mkOption {
      type = types.submodule {
        freeformType = types.attrsOf (
          types.nullOr (
            types.oneOf [
              types.bool
              types.int
              types.float
              types.str
            ]
          )
        );
      };
      default = { };
      apply =
        settings:
        {
          inherit (loader) timeout;
          console-mode = loader.systemd-boot.consoleMode;
          inherit (loader.systemd-boot) editor;
          default = "nixos-*";
        }
        // settings;
    };
    sortKey = option types.str "lanza";
    bootCounting.initialTries = option types.ints.u32 0;
    logLevel = option (types.enum [
      "info"
      "debug"
    ]) "info";
    installCommand = mkOption {
      type = types.str;
      readOnly = true;
      default = "lzbt install";
    };
    extraEfiSysMountPoints = option (types.listOf types.str) [ ];
    allowUnsigned = option types.bool cfg.autoGenerateKeys.enable;
    autoGenerateKeys.enable = mkEnableOption "making keys at the first boot";
    autoEnrollKeys = {
      enable = mkEnableOption "enrolling the keys";
      autoReboot = mkEnableOption "a reboot after the keys are prepared";
      includeMicrosoftKeys = option types.bool true;
      includeChecksumsFromTPM = mkEnableOption "checksums of the TPM's event log";
      allowBrickingMyMachine = mkEnableOption "leaving Microsoft's keys out";
    };
    measuredBoot = {
      enable = mkEnableOption "measured boot";
      pcrs = option (types.listOf (
        types.enum [
          0
          1
          2
          3
          4
          7
        ]
      )) [ ];
      pcrlockDirectory = option types.path "/var/lib/pcrlock.d";
      pcrlockPolicy = option types.path "/var/lib/systemd/pcrlock.json";
      upstreamStaticMeasurements = option (types.listOf types.str) [ ];
      staticMeasurements = option (types.attrsOf (
        types.submodule {
          options.source = mkOption { type = types.path; };
        }
      )) { };
      autoCryptenroll = {
        enable = mkEnableOption "enrolling the policy into a LUKS volume";
        device = option (types.nullOr types.str) null;
        autoReboot = mkEnableOption "a reboot after the measurements are prepared";
      };
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.autoEnrollKeys.allowBrickingMyMachine || cfg.autoEnrollKeys.includeMicrosoftKeys;
        message = "boot.lanzaboote.autoEnrollKeys leaves Microsoft's keys out without allowBrickingMyMachine.";
      }
      {
        assertion = cfg.measuredBoot.enable -> limit > 0 && limit <= 8;
        message = "If Measured Boot is enabled, you cannot store more than 8 generations on the ESP.";
      }
    ];
    boot.loader.supportsInitrdSecrets = true;
    boot.loader.external = {
      enable = true;
      installHook = pkgs.writeShellScript "lzbt" (
        lib.escapeShellArgs (
          [
            cfg.publicKeyFile
            cfg.privateKeyFile
            loader.efi.efiSysMountPoint
          ]
          ++ cfg.extraEfiSysMountPoints
        )
      );
    };
  };
}
