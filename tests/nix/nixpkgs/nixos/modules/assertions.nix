# Shared by the modules here: a condition and what to say when it does not hold.
{ lib, ... }:
{
  _module.args.demand = condition: message: {
    assertion = condition;
    inherit message;
  };

  # `fileSystems` names what the kernel must know, as the list or the set that the option takes.
  _module.args.supports =
    name: filesystems:
    if builtins.isList filesystems then lib.elem name filesystems else filesystems.${name} or false;
}
