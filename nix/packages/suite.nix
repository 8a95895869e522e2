# Python with the suite that checks a host: the distribution with its extra `verify`.
{
  python3,
  sovereign,
}:
python3.withPackages (
  packages: [ (packages.toPythonModule sovereign) ] ++ sovereign.optional-dependencies.verify
)
