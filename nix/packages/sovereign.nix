# The fleet tool, and beside it Emily's modules with her C extension and SCF's; emily.nix and scf.nix are
# the Pythons that run them.
{
  callPackage,
  lib,
  python3Packages,
  stdenv,
}:
let
  root = ../..;
  version = lib.head (
    builtins.match ''.*__version__ = "([^"]+)".*'' (
      builtins.readFile (root + "/py/sovereign/__init__.py")
    )
  );
  extras = {
    emily = [
      (callPackage ./pyfftw.nix { })
    ]
    ++ (with python3Packages; [
      cffi # the C extension's other half
      fastapi
      numpy
      prometheus-client
      pydantic-settings
      structlog
      tzdata
      uvicorn
      zenoh # eclipse-zenoh
    ]);
    mlflow = [ python3Packages.mlflow ]; # mlflow-skinny, and the server
    parquet = [ python3Packages.pyarrow ];
    pgvector = [
      python3Packages.pgvector
      python3Packages.psycopg
    ]
    ++ python3Packages.psycopg.optional-dependencies.pool;
    ray = [ python3Packages.ray ];
    scf = with python3Packages; [
      cryptography
      msgspec
      numpy
      prometheus-client
      rfc8785
      zstandard
    ];
    train = with python3Packages; [
      numpy
      safetensors
      torch
    ];
    verify = with python3Packages; [
      pytest
      pytest-testinfra
    ];
  };
in
python3Packages.buildPythonApplication {
  pname = "sovereign";
  inherit version;
  pyproject = true;

  src = lib.fileset.toSource {
    inherit root;
    fileset = lib.fileset.unions [
      (root + "/README.md")
      (root + "/generators")
      (root + "/py")
      (root + "/pyproject.toml")
      (root + "/setup.py")
    ];
  };

  build-system = with python3Packages; [
    cffi
    setuptools
  ];

  dependencies = with python3Packages; [
    click
    jinja2
    pydantic
    rich
    rich-click
    tree-sitter
    tree-sitter-grammars.tree-sitter-nix
    tree-sitter-grammars.tree-sitter-toml
  ];

  optional-dependencies = extras;

  # the kernel chooses newer instructions when it runs
  env = lib.optionalAttrs stdenv.hostPlatform.isx86_64 {
    NIX_CFLAGS_COMPILE = "-march=x86-64-v2";
  };

  pythonImportsCheck = [ "sovereign.cli" ];

  # The tests read the whole repository: checks.pytest runs them.
  doCheck = false;
  nativeCheckInputs =
    lib.concatLists (lib.attrValues extras)
    ++ python3Packages.moto.optional-dependencies.server
    ++ (with python3Packages; [
      httpx
      hypothesis
      moto
      playwright
      pytest-xdist
      pytestCheckHook
      pyyaml
    ]);

  meta = {
    description = "NixOS hosts from one typed inventory";
    mainProgram = "sovereign";
    platforms = lib.platforms.linux;
  };
}
