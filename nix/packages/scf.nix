# Python with SCF: the distribution with some of its extras; bin/scf runs it.
{
  lib,
  python3,
  sovereign,
  extras ? [ "scf" ],
}:
python3.withPackages (
  packages:
  [ (packages.toPythonModule sovereign) ]
  ++ lib.concatMap (extra: sovereign.optional-dependencies.${extra}) extras
)
