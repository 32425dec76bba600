#!/usr/bin/env bash
# Restores the whole helpdesk from what `backup.sh` has written: `restore.sh [--overwrite] FOLDER`. README.md says what has to be
# there, and what comes before and after.
#
# It writes over nothing: where a database has a table, or a bucket an object, it stops before it has changed anything, unless
# `--overwrite` says that all of that may go. While anybody is connected to a database it stops in any case.
set -euo pipefail
# shellcheck source=places.sh
source "$(dirname "${BASH_SOURCE[0]}")/places.sh"

overwrite=false
if [[ ${1:-} == --overwrite ]]; then
    overwrite=true
    shift
fi
[[ $# == 1 && -d $1 ]] || fail "usage: ${0##*/} [--overwrite] FOLDER"
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

[[ $(head -n 1 "$folder/manifest" 2> /dev/null) == "helpdesk backup 1" ]] || fail "$folder is no whole backup"
(cd "$folder" && sha256sum --check --strict --quiet SHA256SUMS >&2) || fail "$folder is not as it was written"
with_objects=$(sed -n 's/^objects \(true\|false\)$/\1/p' "$folder/manifest")

# All is looked at before anything is done.
tables="SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'S') AND relnamespace = current_schema()::regnamespace"
others="SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
AND backend_type = 'client backend'"
for service in "${services[@]}"; do
    [[ -f $folder/$service.dump ]] || fail "$folder has no $service.dump"
    reach "$service"
    [[ $(ask --command "$others") == 0 ]] || fail "$service: somebody is connected to its database; stop the services first"
    $overwrite || [[ $(ask --command "$tables") == 0 ]] || fail "$service: its database holds something; --overwrite writes over it"
done
if $with_objects; then
    for name in "${buckets[@]}"; do
        [[ -d $folder/objects/$name ]] || continue
        reach_bucket "$name"
        $overwrite || ! objects > "$work/objects" || [[ ! -s $work/objects ]] \
            || fail "$bucket_url holds something; --overwrite writes over it"
    done
fi

for service in "${services[@]}"; do
    reach "$service"
    if [[ $(ask --command "$tables") != 0 ]]; then
        # With what was made since the dump, partitions for one: pg_restore --clean would leave that.
        ask <<< "SET client_min_messages = warning; \
SELECT format('DROP SCHEMA %I CASCADE', current_schema()), format('CREATE SCHEMA %I', current_schema()) \gexec"
    fi
    pg_restore --no-owner --exit-on-error --single-transaction --dbname="$database" "$folder/$service.dump"
    # Nobody leads, and the stream is not the one that the relay knew: it publishes again all that the outbox has, and inboxes
    # drop what they have.
    ask --command "UPDATE relay SET holder = NULL, lease_until = 0, stream_identity = 'restored'" \
        --command "SET client_min_messages = error" --command ANALYZE
    ask <<< "$rows" | tr '|' ' ' | sed "s/^/$service /" > "$work/rows"
    grep "^$service " "$folder/manifest" | grep -vE "^$service (server|migration) " | diff - "$work/rows" >&2 \
        || fail "$service: its tables have not what they had"
    say "$service is restored"
done

if $with_objects; then
    for name in "${buckets[@]}"; do
        [[ -d $folder/objects/$name ]] || continue
        reach_bucket "$name"
        # 409: it is there.
        status=$(s3 --output /dev/null --write-out '%{http_code}' --request PUT "$bucket_url")
        [[ $status == 200 || $status == 409 ]] || fail "$bucket_url cannot be made: $status"
        (cd "$folder/objects/$name" && find . -type f -printf '%s %P\n') | LC_ALL=C sort > "$work/kept"
        while read -r _ key; do
            printf 'url = "%s/%s"\nupload-file = "%s/objects/%s/%s"\n' "$bucket_url" "$key" "$folder" "$name" "$key"
        done < "$work/kept" > "$work/wanted"
        [[ ! -s $work/wanted ]] || s3 --fail --parallel --parallel-max 8 --config "$work/wanted" > /dev/null
        objects | LC_ALL=C sort > "$work/there"
        [[ -z $(LC_ALL=C comm -23 "$work/kept" "$work/there") ]] || fail "$bucket_url has not all that it had"
        say "objects, $name: $(wc -l < "$work/kept")"
    done
fi

say "Restored. Before the services start: JetStream's store is to be empty (nats stream rm HELPDESK, HELPDESK_COMMANDS), Redis too."
