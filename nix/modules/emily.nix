# Emily: the options, and what her units share. The units are in emily-units.nix.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.services.emily;

  # systemd's StateDirectory=emily
  folder = "/var/lib/emily";

  option =
    type: default: description:
    mkOption { inherit type default description; };
  # what is not set is not written, so that the service's own default stands
  tunable = type: option (types.nullOr type) null;
  timeOfDay = types.strMatching "([01][0-9]|2[0-3]):[0-5][0-9]";
in
{
  imports = [ ./emily-units.nix ];

  options.services.emily = {
    enable = lib.mkEnableOption "Emily";
    package = lib.mkPackageOption pkgs "emily" { };

    configFile = mkOption {
      type = types.path;
      default = (pkgs.formats.toml { }).generate "emily.toml" (
        lib.filterAttrsRecursive (_: value: value != null) (
          lib.recursiveUpdate cfg.settings {
            state = { inherit folder; };
            # where the secrets are; the unit that needs one is told where its copy is
            api.token_file = cfg.tokenFile;
            memory.password_file = cfg.passwordFile;
          }
        )
      );
      defaultText = lib.literalMD "made of `settings`";
      description = "The settings file of all units. It names files with secrets and holds none.";
    };

    tokenFile = tunable types.externalPath "A file with the token that the API asks for; needed where it is bound beyond loopback.";
    passwordFile = tunable types.externalPath "A file with the password of {option}`settings.memory.user`; over the socket PostgreSQL asks for none.";
    clients =
      option (types.listOf types.str) [ ]
        "The networks whose packets reach the API where it is bound beyond loopback; none: all that the firewall lets in.";
    memoryMax =
      option types.str "512M"
        "The most memory that each unit may take, in the words of {manpage}`systemd.resource-control(5)`.";

    settings = {
      node =
        option (types.strMatching "[a-z0-9][a-z0-9-]*") config.networking.hostName
          "The name of this Emily on the bus.";

      # the bus neither asks who speaks nor encrypts
      bus.router =
        option (types.strMatching "tcp/(127[.][0-9.]+|localhost|\\[::1]):[0-9]+") "tcp/127.0.0.1:7447"
          "Where the router listens and the tiers call it; loopback alone.";

      api = {
        host = option types.str "127.0.0.1" "The address that the API is bound to.";
        port = option types.port 8600 "The port of the API.";
      };

      memory = {
        backend = option (types.enum
          [
            "sqlite"
            "pgvector"
          ]
        ) "sqlite" "Where episodes are kept: a file of her own, or PostgreSQL with the extension `vector`.";
        host =
          option types.str "/run/postgresql"
            "PostgreSQL's host, or the folder of its socket, on which the account `emily` needs no password.";
        port = option types.port 5432 "PostgreSQL's port.";
        database = option types.str "emily" "The database of the episodes.";
        user = option types.str "emily" "The role that owns it.";
      };

      workspace = {
        capacity = tunable (types.ints.between 5 9) "How many contents the workspace holds.";
        threshold = tunable types.number "The salience below which nothing enters.";
        hysteresis = tunable types.number "By how much a newcomer must surpass what it pushes out.";
        half_life_s = tunable types.number "Seconds in which the salience of a content halves.";
      };

      circadian = {
        timezone = option types.str (
          if config.time.timeZone == null then "UTC" else config.time.timeZone
        ) "The time zone of her day.";
        lights_on = tunable timeOfDay "When her day begins.";
        lights_off = tunable timeOfDay "When her night begins.";
        speed = tunable types.number "How many of her seconds pass in one.";
      };

      reflex = {
        file = tunable types.path "A memory of reflexes to begin with.";
        microphone = tunable types.path "A FIFO from which sound is read as it is heard: 16 kHz, int16.";
        refractory_ms = tunable types.number "Milliseconds in which a reflex does not fire again.";
        deadline_ms = tunable types.number "Milliseconds from a sound's onset after which its reflex is late.";
      };

      gflownet = {
        weights = tunable types.path "Weights of the generator of hypotheses; not set: those that come with it.";
        samples = tunable (types.ints.between 1 1000) "Hypotheses that one question is answered with.";
      };

      flags.file = tunable types.path "Feature flags, read while she runs.";

      log = {
        level = option (types.enum [
          "debug"
          "info"
          "warning"
          "error"
        ]) "info" "What is worth a line in the journal.";
        format = option (types.enum [
          "json"
          "console"
        ]) "json" "How a line is written.";
      };
    };
  };

  config = lib.mkIf cfg.enable {
    nixpkgs.overlays = [ (import ../overlay.nix) ];

    # of a fixed name: PostgreSQL lets the account `emily` in as the role of that name
    users.users.emily = {
      isSystemUser = true;
      group = "emily";
      home = folder;
    };
    users.groups.emily = { };
  };
}
