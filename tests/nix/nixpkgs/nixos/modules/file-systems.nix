# File systems and swap.
{
  config,
  demand,
  lib,
  ...
}:
let
  inherit (config) fileSystems;
  named = lib.attrsToList fileSystems;
  # file systems that live on no device
  virtual = [
    "tmpfs"
    "ramfs"
    "overlay"
    "proc"
    "sysfs"
  ];
  vague = lib.filter (
    fs: !(lib.elem fs.value.fsType virtual) && fs.value.device == null && fs.value.label == null
  ) named;
in
{
  assertions = [
    (demand (fileSystems ? "/") "The ‘fileSystems’ option does not specify your root file system.")
    (demand (vague == [ ])
      "No device specified for mount point ${lib.concatMapStringsSep ", " (fs: "‘${fs.name}’") vague}."
    )
    (demand (lib.all (
      fs: lib.hasPrefix "/" fs.name
    ) named) "The mount point of each of ‘fileSystems’ must be an absolute path.")
  ];
}
