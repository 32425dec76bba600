#!/usr/bin/env bash
# Six databases and six roles, each of which owns its database and can enter no other. The PostgreSQL image runs this once, when
# its volume is new; with PGHOST, PGPORT and PGUSER set it does the same on any server, and run by root beside a server of
# Debian's package it needs none of these.
set -euo pipefail
prefix=${HELPDESK_DATABASES:-helpdesk}
secrets=${HELPDESK_SECRETS:-/run/secrets}
# The server knows its own user by the name, and root by none.
as=()
if [[ $(id -u) == 0 && -z ${PGHOST:-} ]]; then
    as=(runuser --user postgres --)
fi

for service in auth users tickets files notifications audit; do
    # In the environment, so that no list of processes shows it.
    PASSWORD=$(< "$secrets/postgres_$service") "${as[@]}" psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set name="${prefix}_$service" \
        --username "${POSTGRES_USER:-postgres}" --dbname postgres << 'SQL'
\set password `printf %s "$PASSWORD"`
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
