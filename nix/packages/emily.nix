# Python with Emily: the distribution with its extra `emily`.
{
  python3,
  sovereign,
}:
python3.withPackages (
  packages: [ (packages.toPythonModule sovereign) ] ++ sovereign.optional-dependencies.emily
)
