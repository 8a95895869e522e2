# expect: Failed assertions:\s+- no two hosts share a name
{
  assertions = [
    {
      assertion = false;
      message = "no two hosts share a name";
    }
    {
      assertion = true;
      message = "not shown";
    }
  ];
}
