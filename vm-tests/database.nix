# PostgreSQL with pgvector: who is let in, and that what is acknowledged outlives a power cut.
world:
let
  inherit (world) machine;
  inherit (world.around) data;
in
{
  globalTimeout = 1800;

  nodes = world.machines {
    zones = [
      "data"
      "internet"
    ];
  };

  testScript = world.script + ''
    nearest = "SELECT name FROM vm_test ORDER BY place <-> '[1,1,1]' LIMIT 1"


    def query(statement: str) -> str:
        return data.succeed(
            f'psql -h ${data.host} -U emily -d emily -v ON_ERROR_STOP=1 -Atc "{statement}"'
        ).strip()


    start_all()
    introduce(${machine}, [data, internet])
    ${machine}.wait_for_unit("postgresql-databases.service")
    ${machine}.wait_for_open_port(5432, "${data.host}")

    with subtest("the server is that of the inventory"):
        verify(
            ${machine},
            "database",
            {"database", "database-access", "database-role", "database-rules", "database-setting"},
        )

    with subtest("vectors are kept, and found by their neighbours"):
        give(
            ${machine}, "${data.address}", "/persist/secrets/postgresql/emily", "/root/.pgpass", "*:*:*:emily:"
        )
        query("CREATE TABLE vm_test (name text, place vector(3))")
        query("CREATE INDEX ON vm_test USING hnsw (place vector_l2_ops)")
        query("INSERT INTO vm_test VALUES ('far', '[9,9,9]'), ('near', '[1,1,2]')")
        t.assertEqual(query(nearest), "near")

    with subtest("they are still there after a power cut"):
        ${machine}.crash()
        ${machine}.start()
        ${machine}.wait_for_unit("postgresql-databases.service")
        ${machine}.wait_for_open_port(5432, "${data.host}")
        t.assertEqual(query(nearest), "near")
        verify(${machine}, "database", {"database-access"})
  '';
}
