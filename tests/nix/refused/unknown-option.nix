# expect: The option `networking.hostname' does not exist
{
  networking.hostname = "cloudlab";
}
