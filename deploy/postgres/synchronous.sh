#!/bin/sh
# Makes the primary acknowledge a commit only when the stand-by has it on disk too. From then on
# losing the primary loses nothing that was acknowledged; and writes wait while the stand-by is away.
#
# PGHOST, PGPORT: the primary; SECRETS_DIR: as in init.sh.
set -eu

PGPASSWORD=$(cat "${SECRETS_DIR:-/run/secrets}/standby_password")
export PGPASSWORD

ask() {
	psql --no-psqlrc --quiet --tuples-only --no-align -v ON_ERROR_STOP=1 --username muster_standby --dbname postgres -c "$1"
}

ask "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (muster_standby)'"
ask 'SELECT pg_reload_conf()' >/dev/null
for try in $(seq 300); do
	if [ "$(ask "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")" = 1 ]; then
		echo "commits now wait for the stand-by"
		exit 0
	fi
	sleep 0.2
done
echo "commits now wait for the stand-by, which does not stream yet: nothing can be written until it does; see its log" >&2
exit 1
