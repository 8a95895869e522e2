"""The table of hypervectors of 10,000 bits, with an index by Hamming distance; PostgreSQL only."""

from datetime import date

from emily.cognition.memory.migrations.migration import Migration, Script

MIGRATION = Migration(
    id="0002_hypervectors",
    date=date(2026, 11, 20),
    description="The table of hypervectors",
    sqlite=None,
    postgresql=Script(
        up=(
            "CREATE TABLE hypervectors (id bigint PRIMARY KEY CHECK (id >= 0), bits bit(10000) NOT NULL)",
            "CREATE INDEX hypervectors_bits ON hypervectors"
            " USING hnsw (bits bit_hamming_ops) WITH (m = 16, ef_construction = 64)",
        ),
        down=(
            "DROP INDEX hypervectors_bits",
            "DROP TABLE hypervectors",
        ),
        verify="SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('hypervectors')"
        " AND attname = 'bits' AND atttypmod = 10000)"
        " AND EXISTS (SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
        " JOIN pg_am ON pg_am.oid = relam"
        " WHERE indrelid = to_regclass('hypervectors') AND amname = 'hnsw' AND indisvalid)",
    ),
)
