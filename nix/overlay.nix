# What this project adds to nixpkgs.
final: _: {
  emily = final.callPackage ./packages/emily.nix { };
  sovereign = final.callPackage ./packages/sovereign.nix { };
}
