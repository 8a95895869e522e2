"""The options that NixOS declares: their types, and whether a module uses them rightly."""
