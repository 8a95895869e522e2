# What a disk, a partition or a volume may hold, chosen by its `type`.
{ lib }:
let
  inherit (lib) mkOption types;
in
rec {
  option = type: default: mkOption { inherit type default; };
  required = type: mkOption { inherit type; };
  hidden =
    default:
    mkOption {
      type = types.raw;
      inherit default;
    };
  absolutePath = types.mkOptionType {
    name = "absolute pathname";
    check = value: builtins.isString value && lib.hasPrefix "/" value;
    merge = lib.mergeOneOption;
  };
  # an option that is the name of the element of a set unless it says otherwise
  named = name: option types.str name;

  # One of several submodules, by the `type` that the definitions give.
  byType =
    variants:
    types.mkOptionType {
      name = "subType";
      description = "one of ${lib.concatStringsSep "," (lib.attrNames variants)}";
      check = builtins.isAttrs;
      mergeIn =
        view: loc: defs:
        let
          kind =
            (lib.mergeDefinitions (loc ++ [ "type" ]) (types.enum (lib.attrNames variants)) (
              map (def: def // { value = def.value.type; }) (lib.filter (def: def.value ? type) defs)
            )).config;
        in
        variants.${kind}.mergeIn view loc defs;
    };

  # NixOS's entry for a mount point, if there is one
  mount =
    {
      device,
      fsType,
      mountpoint,
      options,
    }:
    lib.optional (mountpoint != null) {
      fileSystems.${mountpoint} = { inherit device fsType options; };
    };

  configOf = content: if content == null then [ ] else content._config;

  # `parent` has the `type` and `name` that partition labels are made of; `device` is its path.
  ofDevice =
    parent: device:
    option (types.nullOr (byType ({ gpt = gpt parent device; } // leaves parent device))) null;
  ofPartition = parent: device: option (types.nullOr (byType (leaves parent device))) null;

  gpt =
    parent: device:
    types.submodule (
      { config, ... }:
      {
        options = {
          type = required (types.enum [ "gpt" ]);
          device = option types.str device;
          efiGptPartitionFirst = option types.bool true;
          partitions = option (types.attrsOf (partition parent)) { };
          _config = hidden (lib.concatMap (p: configOf p.content) (lib.attrValues config.partitions));
        };
      }
    );

  partition =
    parent:
    types.submodule (
      { config, name, ... }:
      let
        hex = count: "[A-Fa-f0-9]{${toString count}}";
        guid = lib.concatMapStringsSep "-" hex [
          8
          4
          4
          4
          12
        ];
        label = "${parent.type}-${parent.name}-${config.name}";
      in
      {
        options = {
          name = named name;
          type = option (types.either (types.strMatching (hex 4)) (types.strMatching guid)) "8300";
          attributes = option (types.listOf types.int) [ ];
          # a GPT label holds 36 characters
          label = option types.str (
            if lib.stringLength label > 36 then
              builtins.substring 0 36 (builtins.hashString "sha256" label)
            else
              label
          );
          uuid = option (types.nullOr (types.strMatching guid)) null;
          device = option types.str (
            if config.uuid == null then
              "/dev/disk/by-partlabel/${config.label}"
            else
              "/dev/disk/by-partuuid/${config.uuid}"
          );
          priority = option types.int (if config.size == "100%" then 9001 else 1000);
          size = option (types.either (types.enum [ "100%" ]) (types.strMatching "[0-9]+[KMGTP]?")) "0";
          alignment = option types.int 0;
          start = option types.str "0";
          end = option types.str (if config.size == "100%" then "-0" else "+${config.size}");
          content = ofPartition config config.device;
        };
      }
    );

  # what holds data and no further devices
  leaves = _: device: {
    filesystem = types.submodule (
      { config, ... }:
      {
        options = {
          type = required (types.enum [ "filesystem" ]);
          device = option types.str device;
          format = required types.str;
          extraArgs = option (types.listOf types.str) [ ];
          mountOptions = option (types.listOf types.str) [ "defaults" ];
          mountpoint = option (types.nullOr absolutePath) null;
          _config = hidden (mount {
            inherit (config) device mountpoint;
            fsType = config.format;
            options = config.mountOptions;
          });
        };
      }
    );
    mdraid = types.submodule {
      options = {
        type = required (types.enum [ "mdraid" ]);
        device = option types.str device;
        name = required types.str;
        _config = hidden [ ];
      };
    };
    zfs = types.submodule {
      options = {
        type = required (types.enum [ "zfs" ]);
        device = option types.str device;
        pool = required types.str;
        _config = hidden [ ];
      };
    };
    swap = types.submodule (
      { config, ... }:
      {
        options = {
          type = required (types.enum [ "swap" ]);
          device = option types.str device;
          discardPolicy = option (types.nullOr (
            types.enum [
              "once"
              "pages"
              "both"
            ]
          )) null;
          extraArgs = option (types.listOf types.str) [ ];
          mountOptions = option (types.listOf types.nonEmptyStr) [ "defaults" ];
          priority = option (types.nullOr types.int) null;
          randomEncryption = option types.bool false;
          resumeDevice = option types.bool false;
          _config = hidden [
            {
              swapDevices = [
                {
                  inherit (config) device discardPolicy priority;
                  options = config.mountOptions;
                  randomEncryption = {
                    enable = config.randomEncryption;
                    allowDiscards = config.discardPolicy != null;
                  };
                }
              ];
              boot = lib.mkIf config.resumeDevice { resumeDevice = config.device; };
            }
          ];
        };
      }
    );
  };
}
