# Nobody here has the private halves of the keys that the inventory names. In their place stand the
# published test vectors of RFC 7748, section 6.1: Alice's for the host, Bob's for the far ends.
{
  alice = {
    private = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
    public = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";
  };
  bob = {
    private = "XasIfmJKikt54X+Lg4AO5m87sSkmGLb9HC+LJ/+I4Os=";
    public = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=";
  };
}
