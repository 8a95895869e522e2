"""The table of episodes; on PostgreSQL with pgvector's index of nearest neighbours."""

from datetime import date

from emily.cognition.memory.migrations.migration import Migration, Script

MIGRATION = Migration(
    id="0001_episodes",
    date=date(2026, 11, 20),
    description="The table of episodes",
    sqlite=Script(
        up=(
            """CREATE TABLE episodes (
    id TEXT NOT NULL PRIMARY KEY,
    timestamp_us INTEGER NOT NULL,
    content TEXT NOT NULL CHECK (content <> ''),
    valence REAL NOT NULL CHECK (valence BETWEEN -1 AND 1),
    arousal REAL NOT NULL CHECK (arousal BETWEEN -1 AND 1),
    dominance REAL NOT NULL CHECK (dominance BETWEEN -1 AND 1),
    embedding BLOB NOT NULL CHECK (length(embedding) = 4 * 384),
    context TEXT NOT NULL
) STRICT""",
            "CREATE INDEX episodes_timestamp ON episodes (timestamp_us)",
        ),
        down=(
            "DROP INDEX episodes_timestamp",
            "DROP TABLE episodes",
        ),
        verify="SELECT (SELECT count(*) FROM pragma_table_info('episodes')) = 8"
        " AND EXISTS (SELECT 1 FROM pragma_index_list('episodes') WHERE name = 'episodes_timestamp')",
    ),
    postgresql=Script(
        # The extension stays on the way down: other tables of the database may use it.
        up=(
            "CREATE EXTENSION IF NOT EXISTS vector",
            """CREATE TABLE episodes (
    id text COLLATE "C" PRIMARY KEY,
    "timestamp" timestamptz NOT NULL,
    content text NOT NULL CHECK (content <> ''),
    valence double precision NOT NULL CHECK (valence BETWEEN -1 AND 1),
    arousal double precision NOT NULL CHECK (arousal BETWEEN -1 AND 1),
    dominance double precision NOT NULL CHECK (dominance BETWEEN -1 AND 1),
    embedding vector(384) NOT NULL,
    context json NOT NULL
)""",
            'CREATE INDEX episodes_timestamp ON episodes ("timestamp")',
            "CREATE INDEX episodes_embedding ON episodes"
            " USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)",
        ),
        down=(
            "DROP INDEX episodes_embedding",
            "DROP INDEX episodes_timestamp",
            "DROP TABLE episodes",
        ),
        verify="SELECT (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('episodes')"
        " AND attnum > 0 AND NOT attisdropped) = 8"
        " AND EXISTS (SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
        " JOIN pg_am ON pg_am.oid = relam"
        " WHERE indrelid = to_regclass('episodes') AND amname = 'hnsw' AND indisvalid)",
    ),
)
