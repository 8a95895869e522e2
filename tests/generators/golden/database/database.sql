-- Generated from hosts/small/host.toml; edit that file instead.
\set ON_ERROR_STOP on

\connect "app"
CREATE EXTENSION IF NOT EXISTS "vector";
ALTER EXTENSION "vector" UPDATE;

\connect "emily"
CREATE EXTENSION IF NOT EXISTS "vector";
ALTER EXTENSION "vector" UPDATE;

-- psql hashes the password that it is told: neither the server nor its log sees it.
\password "app"
