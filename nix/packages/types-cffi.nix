# Types of cffi for mypy; nixpkgs has none.
{
  lib,
  python3Packages,
}:
python3Packages.buildPythonPackage rec {
  pname = "types-cffi";
  version = "2.0.0.20260315";
  pyproject = true;

  src = python3Packages.fetchPypi {
    pname = "types_cffi";
    inherit version;
    hash = "sha256-ti8FLYP6aJe1mH+C1D693n7nGOjte+rzclfy2Y3jHSU=";
  };

  build-system = [ python3Packages.setuptools ];
  dependencies = [ python3Packages.types-setuptools ];

  meta = {
    description = "Type stubs for cffi";
    homepage = "https://github.com/python/typeshed";
    license = lib.licenses.asl20;
  };
}
