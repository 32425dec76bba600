#!/usr/bin/env bash
# Six databases and six roles, each of which owns its database and can enter no other. The PostgreSQL image runs this once, when
# its volume is new; with PGHOST, PGPORT and PGUSER set it does the same on any server.
set -euo pipefail
prefix=${HELPDESK_DATABASES:-helpdesk}
secrets=${HELPDESK_SECRETS:-/run/secrets}

for service in auth users tickets files notifications audit; do
    # psql reads the password itself, so that no list of processes shows it.
    PASSWORD_FILE="$secrets/postgres_$service" psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set name="${prefix}_$service" \
        --username "${POSTGRES_USER:-postgres}" --dbname postgres << 'SQL'
\set password `cat "$PASSWORD_FILE"`
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
