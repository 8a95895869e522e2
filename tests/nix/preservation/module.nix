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
              config.how == "symlink" && config.user != "root" && builtins.match ".+/.*" config.${key} != null
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
      above = lib.filter (mount: mount == "/" || mount == path || lib.hasPrefix "${mount}/" path) (
        lib.attrNames config.fileSystems
      );
    in
    lib.foldl' (
      best: mount: if lib.stringLength mount > lib.stringLength best then mount else best
    ) "/" above;
  stores = lib.mapAttrsToList (_: p: p.persistentStoragePath) cfg.preserveAt;

  # every directory and file of a place, with the path at which it is seen
  itemsOf =
    place:
    let
      seen = home: map (e: e // { path = home + (e.directory or e.file); });
      ofUser = user: seen "${user.home}/" (user.directories ++ user.files);
    in
    map (e: e // { store = place.persistentStoragePath; }) (
      seen "" (place.directories ++ place.files) ++ lib.concatMap ofUser (lib.attrValues place.users)
    );
  bound = lib.filter (e: e.how == "bindmount") (
    lib.concatMap itemsOf (lib.attrValues cfg.preserveAt)
  );
  # what is needed in the initrd is mounted there, below the root to be
  mountsFor =
    inInitrd: prefix: target:
    map (e: {
      what = "${prefix}${e.store}${e.path}";
      where = "${prefix}${e.path}";
      options =
        lib.concatMapStringsSep "," (o: if o.value == null then o.name else "${o.name}=${o.value}")
          (
            e.mountOptions
            ++ lib.optional inInitrd {
              name = "x-initrd.mount";
              value = null;
            }
          );
      wantedBy = [ target ];
      before = [ target ];
    }) (lib.filter (e: e.inInitrd == inInitrd) bound);
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
    boot.initrd.systemd.mounts = mountsFor true "/sysroot" "initrd-preservation.target";
    systemd.mounts = mountsFor false "" "preservation.target";
  };
}
