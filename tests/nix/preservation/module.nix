# `preservation`: what outlives a root file system that is empty at every boot.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.preservation;
  users = config.users.users;
  option = type: default: mkOption { inherit type default; };

  mountOption = types.coercedTo types.str (name: { inherit name; }) (
    types.submodule {
      options = {
        name = mkOption { type = types.str; };
        value = option (types.nullOr types.str) null;
      };
    }
  );
  mountOptions = option (types.listOf mountOption) [ ];

  ownership = owner: mode: {
    user = option types.str owner;
    group = option types.str users.${owner}.group;
    mode = option types.str mode;
  };

  # A directory or a file, which a plain string may stand for.
  item =
    {
      key,
      how,
      mode,
      owner,
      common,
    }:
    types.coercedTo types.str (path: { ${key} = path; }) (
      types.submodule (
        { config, ... }:
        {
          options = ownership owner mode // {
            ${key} = mkOption { type = types.str; };
            how = option (types.enum how) "bindmount";
            configureParent = option types.bool (
              config.how == "symlink"
              && config.user != "root"
              && builtins.match ".+/.*" config.${key} != null
            );
            parent = ownership owner "0755";
            inherit mountOptions;
            createLinkTarget = option types.bool false;
            inInitrd = option types.bool false;
          };
          config.mountOptions = [
            "bind"
          ]
          ++ lib.optional (key == "directory") "X-fstrim.notrim"
          ++ common;
        }
      )
    );
  items = owner: common: {
    directories = option (types.listOf (item {
      key = "directory";
      how = [
        "bindmount"
        "symlink"
        "_intermediate"
      ];
      mode = "0755";
      inherit owner common;
    })) [ ];
    files = option (types.listOf (item {
      key = "file";
      how = [
        "bindmount"
        "symlink"
      ];
      mode = "0644";
      inherit owner common;
    })) [ ];
    commonMountOptions = mountOptions;
  };

  user = types.submodule (
    { config, name, ... }:
    {
      options = items config.username config.commonMountOptions // {
        username = option (types.passwdEntry types.str) name;
        home = option (types.passwdEntry types.path) users.${config.username}.home;
      };
    }
  );
  place = types.submodule (
    { config, name, ... }:
    {
      options = items "root" config.commonMountOptions // {
        persistentStoragePath = option types.path name;
        users = option (types.attrsOf user) { };
      };
    }
  );

  # the file system that holds a path is the one mounted nearest above it
  holder =
    path:
    let
      above = lib.filter (
        mount: mount == "/" || mount == path || lib.hasPrefix "${mount}/" path
      ) (lib.attrNames config.fileSystems);
    in
    lib.foldl' (
      best: mount: if lib.stringLength mount > lib.stringLength best then mount else best
    ) "/" above;
  stores = lib.mapAttrsToList (_: p: p.persistentStoragePath) cfg.preserveAt;

  mounts =
    store: at: entries:
    map (e: {
      what = "${store}${at e}";
      where = at e;
      options = lib.concatMapStringsSep "," (
        o: if o.value == null then o.name else "${o.name}=${o.value}"
      ) e.mountOptions;
      wantedBy = [ "preservation.target" ];
      before = [ "preservation.target" ];
    }) (lib.filter (e: e.how == "bindmount") entries);
in
{
  options.preservation = {
    enable = lib.mkEnableOption "preservation";
    preserveAt = option (types.attrsOf place) { };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = config.boot.initrd.systemd.enable;
        message = "preservation cannot be used with scripted initrd.";
      }
    ]
    ++ map (store: {
      assertion =
        let
          mount = holder store;
        in
        mount != "/" && config.fileSystems.${mount}.neededForBoot;
      message = "preservation: the file system that holds ${store} must be neededForBoot, and not be the root.";
    }) stores;
    systemd.mounts = lib.concatLists (
      lib.mapAttrsToList (
        _: p:
        mounts p.persistentStoragePath (e: e.directory) p.directories
        ++ mounts p.persistentStoragePath (e: e.file) p.files
        ++ lib.concatMap (
          u:
          mounts p.persistentStoragePath (e: "${u.home}/${e.directory}") u.directories
          ++ mounts p.persistentStoragePath (e: "${u.home}/${e.file}") u.files
        ) (lib.attrValues p.users)
      ) cfg.preserveAt
    );
  };
}
