#!/bin/sh
# Runs a stand-by: copies the primary's data if there is none yet, then runs the server, which
# streams from the primary until it is promoted.
#
#   standby.sh postgres [option…]
#
# PRIMARY_HOST, PRIMARY_PORT: the primary; PGDATA: this server's data; SECRETS_DIR: as in init.sh.
set -eu

secrets=${SECRETS_DIR:-/run/secrets}
port=${PRIMARY_PORT:-5432}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
	umask 077
	rm -rf "$PGDATA/.copy"
	mkdir -p "$PGDATA/.copy"
	chmod 700 "$PGDATA"
	echo "standby: copying the data of $PRIMARY_HOST:$port"
	# --write-recovery-conf keeps the connection, password and name included, in the copy.
	PGPASSWORD=$(cat "$secrets/standby_password") pg_basebackup --write-recovery-conf --wal-method=stream --checkpoint=fast \
		--dbname="host=$PRIMARY_HOST port=$port user=muster_standby application_name=muster_standby" --pgdata="$PGDATA/.copy"
	# Should it be promoted one day, it does not wait for itself.
	sed -i '/^synchronous_standby_names/d' "$PGDATA/.copy/postgresql.auto.conf"
	# The version comes last: without it the copy is not whole, and is made again.
	for file in "$PGDATA"/.copy/* "$PGDATA"/.copy/.[!.]*; do
		case $file in
		*/PG_VERSION | *'*') ;;
		*) mv "$file" "$PGDATA/" ;;
		esac
	done
	mv "$PGDATA/.copy/PG_VERSION" "$PGDATA/PG_VERSION"
	rmdir "$PGDATA/.copy"
fi
exec "$@"
