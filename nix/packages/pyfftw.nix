# FFTW for Python; nixpkgs has the library alone.
{
  fftw,
  fftwFloat,
  lib,
  python3Packages,
}:
python3Packages.buildPythonPackage rec {
  pname = "pyfftw";
  version = "0.15.1";
  pyproject = true;

  src = python3Packages.fetchPypi {
    inherit pname version;
    hash = "sha256-u83m1A0WXhy68S3eBi6/6+nkM5TKyMFm5pm6LJpLBGE=";
  };

  build-system = with python3Packages; [
    cython
    numpy
    setuptools
    setuptools-scm
  ];
  dependencies = [ python3Packages.numpy ];
  buildInputs = [
    fftw
    fftwFloat
  ];

  pythonImportsCheck = [ "pyfftw" ];

  meta = {
    description = "Python's interface to FFTW";
    homepage = "https://github.com/pyFFTW/pyFFTW";
    license = lib.licenses.bsd3;
  };
}
