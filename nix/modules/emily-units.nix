# Emily's units: the router, a tier each, the API, and a target that stands for all of them.
{ config, lib, ... }:
let
  cfg = config.services.emily;
  inherit (cfg.settings) api memory;

  isLoopback = host: host == "localhost" || host == "::1" || lib.hasPrefix "127." host;
  isSocket = lib.hasPrefix "/";
  isAddress = host: builtins.match "[0-9.]+|[0-9a-f:]+" host != null;

  # a name has no address before it is looked up
  database = lib.optionals (
    memory.backend == "pgvector" && !isSocket memory.host && !isLoopback memory.host
  ) [ (if isAddress memory.host then memory.host else "any") ];
  clients = lib.optionals (!isLoopback api.host) (
    if cfg.clients == [ ] then [ "any" ] else cfg.clients
  );

  # systemd shows a unit its own copy of a secret, in a folder that %d stands for
  secret = name: variable: file: {
    environment = lib.optionalAttrs (file != null) { ${variable} = "%d/${name}"; };
    serviceConfig = lib.optionalAttrs (file != null) { LoadCredential = [ "${name}:${file}" ]; };
  };

  unit =
    {
      description,
      command,
      allow ? [ ],
      after ? [ "emily-router.service" ],
      environment ? { },
      serviceConfig ? { },
    }:
    {
      inherit description after;
      # a tier goes on without the router, and without the others
      wants = after;
      partOf = [ "emily.target" ];
      wantedBy = [ "emily.target" ];
      startLimitIntervalSec = 60;
      startLimitBurst = 10;
      environment = {
        # the tiers share the cores; NumPy would take all of them for each
        OMP_NUM_THREADS = "1";
        OPENBLAS_NUM_THREADS = "1";
      }
      // environment;
      serviceConfig = {
        ExecStart = "${cfg.package}/bin/emily ${command} --config ${cfg.configFile}";
        Type = "notify";
        NotifyAccess = "main";
        WatchdogSec = "15s";
        TimeoutStopSec = "10s";
        Restart = "on-failure";
        RestartSec = "1s";

        User = "emily";
        Group = "emily";
        StateDirectory = "emily";
        StateDirectoryMode = "0700";
        UMask = "0077";

        MemoryMax = cfg.memoryMax;
        TasksMax = 256;

        CapabilityBoundingSet = "";
        AmbientCapabilities = "";
        NoNewPrivileges = true;
        PrivateUsers = true;
        PrivateTmp = true;
        PrivateDevices = true;
        DevicePolicy = "closed";
        ProtectSystem = "strict";
        ProtectHome = true;
        ProtectProc = "invisible";
        ProcSubset = "pid";
        ProtectClock = true;
        ProtectControlGroups = true;
        ProtectHostname = true;
        ProtectKernelLogs = true;
        ProtectKernelModules = true;
        ProtectKernelTunables = true;
        LockPersonality = true;
        MemoryDenyWriteExecute = true;
        RemoveIPC = true;
        RestrictNamespaces = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
        RestrictAddressFamilies = [
          "AF_INET"
          "AF_INET6"
          "AF_UNIX"
        ];
        IPAddressDeny = "any";
        IPAddressAllow = [ "localhost" ] ++ allow;
        SystemCallArchitectures = "native";
        SystemCallErrorNumber = "EPERM";
        SystemCallFilter = [
          "@system-service"
          "~@privileged"
          "~@resources"
        ];
      }
      // serviceConfig;
    };

  password = secret "password" "EMILY_MEMORY__PASSWORD_FILE" cfg.passwordFile;
  token = secret "token" "EMILY_API__TOKEN_FILE" cfg.tokenFile;
in
{
  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = isLoopback api.host || cfg.tokenFile != null;
        message = "services.emily.settings.api.host is beyond loopback: set services.emily.tokenFile.";
      }
      {
        assertion = memory.backend != "pgvector" || !isSocket memory.host || memory.user == "emily";
        message = "services.emily.settings.memory.user is not emily: PostgreSQL's socket lets in an account as the role of its own name.";
      }
    ];

    systemd.targets.emily = {
      description = "Emily";
      wantedBy = [ "multi-user.target" ];
    };

    systemd.services = {
      emily-router = unit {
        description = "Emily's bus";
        command = "router";
        after = [ ];
        serviceConfig.CPUWeight = 500;
      };

      emily-instinct = unit {
        description = "Emily's instinct";
        command = "tier instinct";
        serviceConfig = {
          # a reflex waits for no other program; systemd sets this before it drops what it takes
          CPUSchedulingPolicy = "rr";
          CPUSchedulingPriority = 10;
          CPUWeight = 1000;
          WatchdogSec = "5s";
        };
      };

      emily-nervous = unit {
        description = "Emily's nervous system";
        command = "tier nervous";
        serviceConfig.CPUWeight = 500;
      };

      emily-metabolism = unit {
        description = "Emily's metabolism";
        command = "tier metabolism";
        serviceConfig.CPUWeight = 100;
      };

      # She alone holds the memory: others ask her over the bus.
      emily-cognition = unit {
        description = "Emily's cognition";
        command = "tier cognition";
        after = [
          "emily-router.service"
        ]
        ++ lib.optional (memory.backend == "pgvector" && isSocket memory.host) "postgresql.target";
        allow = database;
        inherit (password) environment;
        serviceConfig = password.serviceConfig // {
          CPUWeight = 100;
        };
      };

      emily-api = unit {
        description = "Emily's API";
        command = "api";
        allow = clients;
        inherit (token) environment;
        serviceConfig = token.serviceConfig // {
          CPUWeight = 100;
        };
      };
    };
  };
}
