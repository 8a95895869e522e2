# expect: attribute 'pgvecotr' missing
{
  services.postgresql = {
    enable = true;
    extensions = ps: [ ps.pgvecotr ];
  };
}
