# Python with Emily: the distribution with its extras `emily` and `pgvector`; bin/emily runs her.
{
  python3,
  sovereign,
}:
python3.withPackages (
  packages:
  [ (packages.toPythonModule sovereign) ]
  ++ sovereign.optional-dependencies.emily
  ++ sovereign.optional-dependencies.pgvector
)
