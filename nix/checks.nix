# What `nix flake check` builds, besides evaluating every host. `source` is the repository.
{
  emily,
  nixfmt,
  runCommand,
  source,
  sovereign,
}:
{
  pytest = sovereign.overridePythonAttrs (_: {
    pname = "sovereign-tests";
    src = source;
    doCheck = true;
    # Told, not failed: the deprecations of nixpkgs' versions, which are not those of requirements/.
    pytestFlags = [ "-Wdefault" ];
  });

  # the C extension, FFTW and what the services need are optional elsewhere
  emily = runCommand "emily" { nativeBuildInputs = [ emily ]; } ''
    python -m emily.instinct.hdc
    python -c 'from emily.instinct import holographic; holographic.use("fftw")'
    emily --help >/dev/null
    touch $out
  '';

  generated-is-current =
    runCommand "generated-is-current"
      {
        nativeBuildInputs = [ sovereign ];
      }
      ''
        sovereign generate --check --root ${source}
        sovereign schema --check --root ${source}
        touch $out
      '';

  formatting = runCommand "formatting" { nativeBuildInputs = [ nixfmt ]; } ''
    find ${source} -name '*.nix' -exec nixfmt --check {} +
    touch $out
  '';
}
