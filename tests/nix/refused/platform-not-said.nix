# expect: Neither nixpkgs.hostPlatform nor the legacy option nixpkgs.system has been set
{
  disabledModules = [ ../sound.nix ];
  system.stateVersion = "26.05";
}
