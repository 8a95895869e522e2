# What this project adds to nixpkgs.
final: _: {
  sovereign = final.callPackage ./packages/sovereign.nix { };
}
