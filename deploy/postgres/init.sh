#!/bin/sh
# Makes Muster's roles and its database on a new PostgreSQL server. Runs once, as the superuser:
# by the image when the volume is empty, and by the local cluster.
#
#   muster_owner     owns the database and its tables; only `muster migrate` uses it
#   muster_app       what the server uses; `muster migrate --app-role` grants it what it needs
#   muster_standby   streams to a stand-by, and says whether commits wait for it
set -eu

secrets=${SECRETS_DIR:-/run/secrets}
export owner="$secrets/owner_password" app="$secrets/app_password" standby="$secrets/standby_password"

psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
SET log_min_error_statement = panic; -- keeps the passwords below out of the log, should a line fail
\set owner `cat "$owner"`
\set app `cat "$app"`
\set standby `cat "$standby"`
CREATE ROLE muster_owner LOGIN PASSWORD :'owner';
CREATE ROLE muster_app LOGIN PASSWORD :'app';
CREATE ROLE muster_standby LOGIN REPLICATION PASSWORD :'standby';
CREATE DATABASE muster OWNER muster_owner ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
REVOKE ALL ON DATABASE muster FROM PUBLIC;
GRANT CONNECT ON DATABASE muster TO muster_app;
GRANT ALTER SYSTEM ON PARAMETER synchronous_standby_names TO muster_standby;
GRANT EXECUTE ON FUNCTION pg_reload_conf() TO muster_standby;
GRANT pg_read_all_stats TO muster_standby; -- to see whether it is waited for
SQL
