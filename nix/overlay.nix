# What this project adds to nixpkgs.
final: _: {
  emily = final.callPackage ./packages/emily.nix { };
  scf = final.callPackage ./packages/scf.nix { };
  scf-worker = final.callPackage ./packages/scf.nix {
    extras = [
      "scf"
      "train"
    ];
  };
  sovereign = final.callPackage ./packages/sovereign.nix { };
}
