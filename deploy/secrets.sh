#!/bin/sh
# Makes the secrets that docker-compose.yml and the local cluster need, each a file of its own:
#
#   deploy/secrets.sh          into deploy/secrets, and tells Docker Compose so in .env
#   deploy/secrets.sh DIR      into DIR, and nothing else
#
# A file that is there already stays as it is, so the script may be run again after an upgrade
# that needs one more. Nothing is printed but names. To change a secret see docs/deploy.md.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dir=${1:-$here/secrets}

# Only the owner can enter the directory. The files in it are readable for all, because a
# container sees the file without the directory, and as a user of its own.
mkdir -p "$dir"
chmod 700 "$dir"

random() { # 256 bits in letters that need no escaping in a URL
	od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

keep() { # name text: writes a file that is not there yet, whole or not at all
	[ -s "$dir/$1" ] && return
	printf '%s\n' "$2" >"$dir/.$1.new"
	chmod 444 "$dir/.$1.new"
	mv "$dir/.$1.new" "$dir/$1"
	echo "made $1"
}

keep admin_token "$(random)"
keep secret_key "$(random)"
keep postgres_password "$(random)"
keep owner_password "$(random)"
keep app_password "$(random)"
keep standby_password "$(random)"
keep redis_password "$(random)"

# What follows is made of the above. `database` is the name that all PostgreSQL servers of
# docker-compose.yml share; the one that takes writes is chosen.
at='database:5432/muster?sslmode=disable&target_session_attrs=read-write'
keep owner_database_url "postgres://muster_owner:$(cat "$dir/owner_password")@$at"
keep app_database_url "postgres://muster_app:$(cat "$dir/app_password")@$at"
keep redis_url "redis://muster:$(cat "$dir/redis_password")@redis:6379/0"

# Redis: whoever does not say a password may ask whether the server is there, and no more. Muster
# may use its own keys with the commands it needs, and can not look around, change the server or
# empty it.
keep redis_acl "user default on nopass resetkeys resetchannels -@all +ping
user muster on #$(printf %s "$(cat "$dir/redis_password")" | sha256sum | cut -d ' ' -f 1) resetkeys ~muster:* resetchannels -@all +auth +hello +ping +select +get +set +mget +del +pexpire +time +eval +evalsha"

if [ $# -eq 0 ]; then
	env=$here/../.env
	line=MUSTER_SECRETS=./deploy/secrets
	if ! grep -qxF "$line" "$env" 2>/dev/null; then
		[ -z "$(tail -c 1 "$env" 2>/dev/null)" ] || echo >>"$env"
		printf '%s\n' "$line" >>"$env"
	fi
	echo "The admin token is in deploy/secrets/admin_token. Next: docker compose up -d --wait"
fi
