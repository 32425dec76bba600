#!/usr/bin/env bash
# Makes every secret of compose.yaml, once: what is there is left as it is. compose/docker/secrets, or the folder that is named.
#
# The folder is for its owner only. The files in it can be read by all, for a container reads them as a user of its own.
set -euo pipefail
folder=${1:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

# 48 hexadecimal digits: fit for a URL, for JSON and for every configuration.
drawn() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# What the standard input says becomes the file, unless it is there; whole or not at all.
make() {
    local unfinished
    if [[ -e $1 ]]; then
        cat > /dev/null
        return
    fi
    unfinished=$(mktemp ".$1.XXXXXX")
    cat > "$unfinished"
    chmod 444 "$unfinished"
    mv "$unfinished" "$1"
}

# Where the servers are, for whom they are not the containers of compose.yaml.
postgres=${HELPDESK_POSTGRES:-postgres:5432}
redis=${HELPDESK_REDIS:-redis:6379}
smtp=${HELPDESK_SMTP:-smtp://mailpit:1025}

services=(auth users tickets files notifications audit)

for name in postgres_superuser redis_password s3_access_key s3_secret_key jwt_secret audit_secret admin_password grafana_password; do
    drawn | make "$name"
done
for service in "${services[@]}"; do
    drawn | make "postgres_$service"
    drawn | make "nats_$service"
    make "database_url_$service" << URL
postgres://helpdesk_$service:$(< "postgres_$service")@$postgres/helpdesk_$service${HELPDESK_POSTGRES_OPTIONS:-}
URL
done
for name in system operator route; do
    drawn | make "nats_$name"
done
for name in "${services[@]}" system operator; do
    echo "${name^^}_NATS_PASSWORD: \"$(< "nats_$name")\""
done | make nats_passwords.conf
make nats_route.conf << CONF
authorization { user: route, password: "$(< nats_route)" }
routes: [
  "nats-route://route:$(< nats_route)@nats-1:6222"
  "nats-route://route:$(< nats_route)@nats-2:6222"
  "nats-route://route:$(< nats_route)@nats-3:6222"
]
CONF

make redis_url <<< "redis://:$(< redis_password)@$redis/0"
make redis.conf <<< "requirepass $(< redis_password)"
make s3.json << JSON
{"identities": [{
  "name": "helpdesk",
  "credentials": [{"accessKey": "$(< s3_access_key)", "secretKey": "$(< s3_secret_key)"}],
  "actions": ["Admin", "Read", "Write", "List", "Tagging"]
}]}
JSON
# Mailpit, which shows mails and sends none on. Yours: smtps://user:password@smtp.example.com
make smtp_url <<< "$smtp"
echo "The secrets are in $PWD; the administrator's password is in admin_password."
