# `pkgs.testers.runNixOSTest`: a test's nodes as evaluated systems, and its script as text.
{ lib, nixosSystem }:
{ pkgs, placeholder }:
module:
let
  evaluated = lib.evalModules {
    modules = [
      ./options.nix
      {
        _module.args.hostPkgs = pkgs;
        node.pkgs = pkgs;
      }
      (lib.setDefaultModuleLocation "the argument that was passed to pkgs.runNixOSTest" module)
    ];
  };
  test = evaluated.config;

  names = lib.attrNames test.nodes;
  numbers = lib.listToAttrs (lib.imap1 (i: name: lib.nameValuePair name i) names);
  nodeOf =
    name: node:
    (nixosSystem {
      inherit (test.node) specialArgs;
      modules = [
        ./machine.nix
        {
          _module.args = {
            inherit name nodes;
          };
          virtualisation.test = {
            nodeName = name;
            nodeNumber = numbers.${name};
            pkgsReadOnly = test.node.pkgsReadOnly;
          };
          virtualisation.qemu.package = pkgs.qemu_test;
        }
        (lib.mkIf test.node.pkgsReadOnly { nixpkgs.pkgs = test.node.pkgs; })
        test.extraBaseModules
        test.defaults
        node
      ];
    }).config;
  nodes = lib.mapAttrs nodeOf test.nodes;

  script =
    if builtins.isFunction test.testScript then
      test.testScript {
        inherit nodes;
        inherit (test) containers;
      }
    else
      test.testScript;
in
placeholder "vm-test-run-${test.name}" {
  inherit script;
  systems = lib.mapAttrs (_: node: node.system.build.toplevel.outPath) nodes;
}
// {
  inherit nodes;
  testScript = script;
  inherit (test) globalTimeout;
  vlans = lib.unique (
    lib.concatMap (
      node:
      node.virtualisation.vlans
      ++ map (interface: interface.vlan) (lib.attrValues node.virtualisation.interfaces)
    ) (lib.attrValues nodes)
  );
}
