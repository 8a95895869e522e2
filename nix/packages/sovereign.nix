# The fleet tool, and Emily with her C extension.
{
  lib,
  python3Packages,
}:
let
  root = ../..;
  version = lib.head (
    builtins.match ''.*__version__ = "([^"]+)".*'' (
      builtins.readFile (root + "/py/sovereign/__init__.py")
    )
  );
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
    cffi # the C extension's other half
    click
    jinja2
    pydantic
    rich
    rich-click
    tree-sitter
    tree-sitter-grammars.tree-sitter-nix
    tree-sitter-grammars.tree-sitter-toml
  ];

  # elsewhere the C extension is optional
  pythonImportsCheck = [
    "sovereign.cli"
    "emily.instinct.hdc"
  ];

  # The tests read the whole repository: checks.pytest runs them.
  doCheck = false;
  nativeCheckInputs = with python3Packages; [
    hypothesis
    numpy
    pytest-xdist
    pytestCheckHook
  ];

  meta = {
    description = "NixOS hosts from one typed inventory";
    mainProgram = "sovereign";
    platforms = lib.platforms.linux;
  };
}
