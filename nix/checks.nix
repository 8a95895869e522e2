# What `nix flake check` builds, besides evaluating every host. `source` is the repository.
{
  emily,
  nixfmt,
  runCommand,
  scf,
  scf-worker,
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

  # what the daemon imports is there without PyTorch
  scf = runCommand "scf" { nativeBuildInputs = [ scf ]; } ''
    scf --help >/dev/null
    python -c 'import scf.daemon.build'
    touch $out
  '';

  # the whole loop, from fossils to a release
  scf-worker = runCommand "scf-worker" { nativeBuildInputs = [ scf-worker ]; } ''
    scf demo --into demo --points 1000 --steps 50
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
