# The fleet tool, and beside it Emily's modules and C extension; emily.nix is the Python that runs her.
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
  pgvector = [
    python3Packages.pgvector
    python3Packages.psycopg
  ]
  ++ python3Packages.psycopg.optional-dependencies.pool;
  verify = with python3Packages; [
    pytest
    pytest-testinfra
  ];
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

  optional-dependencies = { inherit emily pgvector verify; };

  # the kernel chooses newer instructions when it runs
  env = lib.optionalAttrs stdenv.hostPlatform.isx86_64 {
    NIX_CFLAGS_COMPILE = "-march=x86-64-v2";
  };

  pythonImportsCheck = [ "sovereign.cli" ];

  # The tests read the whole repository: checks.pytest runs them.
  doCheck = false;
  nativeCheckInputs =
    emily
    ++ pgvector
    ++ verify
    ++ (with python3Packages; [
      httpx
      hypothesis
      playwright
      pytest-xdist
      pytestCheckHook
    ]);

  meta = {
    description = "NixOS hosts from one typed inventory";
    mainProgram = "sovereign";
    platforms = lib.platforms.linux;
  };
}
