# A ZFS pool: its vdevs, its properties and its datasets.
{ content, lib }:
let
  inherit (lib) types;
  inherit (content)
    absolutePath
    byType
    mount
    named
    option
    ;
  strings = types.attrsOf types.str;
  mode = types.enum [
    ""
    "mirror"
    "raidz"
    "raidz1"
    "raidz2"
    "raidz3"
  ];

  vdev = types.submodule {
    options = {
      mode = option mode "";
      members = lib.mkOption { type = types.listOf types.str; };
    };
  };
  vdevs = option (types.listOf vdev) [ ];
  names = option (types.listOf types.str) [ ];
  topology = types.submodule {
    options = {
      type = option (types.enum [ "topology" ]) "topology";
      vdev = vdevs;
      log = vdevs;
      dedup = vdevs;
      special = option (types.either (types.listOf vdev) (types.nullOr vdev)) [ ];
      spare = names;
      cache = names;
    };
  };

  filesystem =
    pool:
    types.submodule (
      { config, name, ... }:
      {
        options = {
          name = named name;
          type = option (types.enum [ "zfs_fs" ]) "zfs_fs";
          options = option strings { };
          mountOptions = option (types.listOf types.str) [ "defaults" ];
          mountpoint = option (types.nullOr absolutePath) null;
          _config = content.hidden (
            if isMounted config.options then
              mount {
                device = "${pool.name}/${config.name}";
                fsType = "zfs";
                inherit (config) mountpoint;
                options = mountOptions config;
              }
            else
              [ ]
          );
        };
      }
    );

  volume =
    pool:
    types.submodule (
      { config, name, ... }:
      {
        options = {
          name = named name;
          type = option (types.enum [ "zfs_volume" ]) "zfs_volume";
          options = option strings { };
          extraArgs = names;
          mountOptions = option (types.listOf types.str) [ "defaults" ];
          size = option (types.nullOr types.str) null;
          content = content.ofPartition config "/dev/zvol/${pool.name}/${config.name}";
          _config = content.hidden (content.configOf config.content);
        };
      }
    );

  isMounted = properties: properties.mountpoint or "" != "none" && properties.canmount or "" != "off";
  # a dataset that is not `legacy` is mounted at the mount point in its own properties
  mountOptions =
    { mountOptions, options, ... }:
    mountOptions ++ lib.optional (options.mountpoint or "" != "legacy") "zfsutil";
in
{
  type = types.submodule (
    { config, name, ... }:
    {
      options = {
        name = named name;
        type = option (types.enum [ "zpool" ]) "zpool";
        mode = option (types.either mode (
          types.attrsOf (byType {
            inherit topology;
          })
        )) "";
        options = option strings { };
        rootFsOptions = option strings { };
        mountpoint = option (types.nullOr absolutePath) null;
        mountOptions = option (types.listOf types.str) [ "defaults" ];
        datasets = option (types.attrsOf (byType {
          zfs_fs = filesystem config;
          zfs_volume = volume config;
        })) { };
      };
    }
  );
  configOf =
    pool:
    lib.optionals (isMounted pool.rootFsOptions) (mount {
      device = pool.name;
      fsType = "zfs";
      inherit (pool) mountpoint;
      options = mountOptions {
        inherit (pool) mountOptions;
        options = pool.rootFsOptions;
      };
    })
    ++ lib.concatMap (dataset: dataset._config) (lib.attrValues pool.datasets);
}
