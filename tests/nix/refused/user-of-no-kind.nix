# expect: Exactly one of users.users.backup.isSystemUser and users.users.backup.isNormalUser must be set
{
  users.users.backup.group = "backup";
}
