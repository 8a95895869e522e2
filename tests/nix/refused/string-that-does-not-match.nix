# expect: A definition for option `users.users.operator.homeMode' is not of type `string matching the pattern
{
  users.users.operator.homeMode = "rwx------";
}
