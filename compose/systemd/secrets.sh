#!/usr/bin/env bash
# Makes every secret of the units, once, and tells their servers: what is there is left as it is. README.md says which is which.
#
# What a service reads lies where its unit looks for it, below /etc/helpdesk/secrets (or the folder that is named); what PostgreSQL,
# NATS, Redis and S3 are to know lies in `servers` there. HELPDESK_POSTGRES, HELPDESK_REDIS (host:port) and HELPDESK_SMTP (a URL)
# name the servers that are not on this machine.
set -euo pipefail
secrets=${1:-/etc/helpdesk/secrets}
servers=$secrets/servers
export HELPDESK_POSTGRES=${HELPDESK_POSTGRES:-127.0.0.1:5432} HELPDESK_REDIS=${HELPDESK_REDIS:-127.0.0.1:6379}
export HELPDESK_SMTP=${HELPDESK_SMTP:-smtp://127.0.0.1:25}
umask 077
bash "$(dirname "$0")/../docker/secrets.sh" "$servers" > /dev/null

# Another name of the same file, so that the two never differ.
give() { # what, to whom
    [[ -e $secrets/$2 ]] || { mkdir -p "$(dirname "$secrets/$2")" && ln "$servers/$1" "$secrets/$2"; }
}
give redis_url redis_url
for service in auth users tickets files notifications audit; do
    give "database_url_$service" "$service/database_url"
    give "nats_$service" "$service/nats_password"
done
give jwt_secret auth/jwt_secret
give admin_password auth/admin_password
give s3_access_key files/s3_access_key
give s3_secret_key files/s3_secret_key
give smtp_url notifications/smtp_url
give audit_secret audit/audit_secret
echo "The secrets are in $secrets; the administrator's password is in $secrets/auth/admin_password."
