# `nix develop`; in it `python tests/stages.py` does what ./test does.
{
  callPackage,
  import-linter,
  jq,
  mkShell,
  nftables,
  nix-prefetch,
  nixfmt-tree,
  playwright-driver,
  python3Packages,
  rsync,
  shellcheck,
  sovereign,
  taplo,
  tombi,
  uv,
  zenoh,
}:
mkShell {
  # the dependencies of the package and of its tests
  inputsFrom = [
    (sovereign.overridePythonAttrs (_: {
      doCheck = true;
    }))
  ];

  packages = [
    (callPackage ./packages/types-cffi.nix { })
    import-linter
    jq
    nftables
    nix-prefetch
    nixfmt-tree
    rsync
    shellcheck
    taplo
    tombi
    uv
    zenoh
  ]
  ++ (with python3Packages; [
    mkdocs-material
    mypy
    pytest-cov
    ruff
  ]);

  PLAYWRIGHT_BROWSERS_PATH = playwright-driver.browsers;

  shellHook = ''
    export PYTHONPATH=$PWD/py''${PYTHONPATH:+:$PYTHONPATH}
  '';
}
