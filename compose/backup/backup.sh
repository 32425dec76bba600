#!/usr/bin/env bash
# Writes a backup of the whole helpdesk into a new folder, while it runs: `backup.sh [--without-objects] FOLDER`.
# README.md says what it reads and what is in the folder.
#
# The order. Six databases have no common moment, so each is seen as it was at a moment of its own, and the moments follow each
# other within a fraction of a second: a snapshot of each is taken first, and only then is anything written. And whoever
# hears of things comes before whom they hear it from. Then nobody knows, after a restore, of anything that its origin does not
# know; and what the origin has and they do not is in its outbox, from where it comes to them again. The other way round a number
# of an outbox, which audit has already, would be given to another event.
#
# Audit hears all, so it is first; notifications is next, so that as little as may be is sent of what nobody knows. Those two
# hear each other. If notifications were first, numbers of its events would be given twice, many a day; as it is, a report that is
# mailed in this very moment may be mailed again. Tickets and files hear each other, too: files comes later, since a ticket that
# lacks an attachment is told of it again.
#
# The buckets are last: their objects are never changed, and an object without a row harms nobody, but a row without an object is
# a file that is lost. What is purged from the bucket meanwhile had been deleted long before.
set -euo pipefail
# shellcheck source=places.sh
source "$(dirname "${BASH_SOURCE[0]}")/places.sh"
umask 077

with_objects=true
if [[ ${1:-} == --without-objects ]]; then
    with_objects=false
    shift
fi
[[ $# == 1 && $1 != -* ]] || fail "usage: ${0##*/} [--without-objects] FOLDER"
folder=$1
[[ ! -e $folder ]] || fail "$folder is there already"
# Whole or not at all: a backup that was cut off has another name.
unfinished=$folder.unfinished
mkdir -p "$(dirname "$folder")"
mkdir "$unfinished" || fail "an earlier backup was cut off: look at $unfinished and remove it"
work=$(mktemp -d)
trap 'kill "${sessions[@]}" 2> /dev/null || true; rm -rf "$work"' EXIT

# Every snapshot is held by a session that waits at the end of a pipe.
declare -A sessions ends snapshots
hold() {
    local service=$1 end
    reach "$service"
    mkfifo "$work/$service.in"
    ask < "$work/$service.in" >> "$work/$service.out" &
    sessions[$service]=$!
    exec {end}> "$work/$service.in"
    ends[$service]=$end
}
# Lets a session do something, and waits until it has.
tell() {
    local service=$1
    : > "$work/$service.out"
    printf "%s\nSELECT 'done';\n" "$2" >&"${ends[$service]}"
    until grep -qx "done" "$work/$service.out"; do
        kill -0 "${sessions[$service]}" 2> /dev/null || fail "$service: its database does not do as it is told"
        sleep 0.02
    done
    sed '/^done$/d' "$work/$service.out"
}

for service in "${services[@]}"; do hold "$service"; done
# Connected first, so that nothing lies between the snapshots but themselves; and each has to wait for the dumps of the others.
for service in "${services[@]}"; do tell "$service" 'SET idle_in_transaction_session_timeout = 0;' > /dev/null; done
for service in "${services[@]}"; do
    tell "$service" 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_export_snapshot();' > "$work/$service.snapshot"
    snapshots[$service]=$(< "$work/$service.snapshot")
done

{
    echo "helpdesk backup 1"
    echo "taken $(date -u +%FT%TZ)"
    echo "objects $with_objects"
    pg_dump --version
} > "$unfinished/manifest"
for service in "${services[@]}"; do
    reach "$service"
    pg_dump --format=custom --snapshot="${snapshots[$service]}" --file="$unfinished/$service.dump" --dbname="$database"
    {
        tell "$service" "SELECT 'server', current_setting('server_version');"
        tell "$service" "SELECT 'migration', version FROM seaql_migrations ORDER BY version;"
        tell "$service" "$rows"
    } | tr '|' ' ' > "$work/about"
    sed "s/^/$service /" "$work/about" >> "$unfinished/manifest"
    say "$service: $(stat -c %s "$unfinished/$service.dump") bytes"
done

if $with_objects; then
    for name in "${buckets[@]}"; do
        reach_bucket "$name"
        if ! objects > "$work/objects"; then
            [[ $name == audit ]] || fail "there is no bucket $bucket_url"
            continue
        fi
        mkdir -p "$unfinished/objects/$name"
        while read -r _ key; do
            printf 'url = "%s/%s"\noutput = "%s/objects/%s/%s"\n' "$bucket_url" "$key" "$unfinished" "$name" "$key"
        done < "$work/objects" > "$work/wanted"
        [[ ! -s $work/wanted ]] || s3 --fail --create-dirs --parallel --parallel-max 8 --config "$work/wanted"
        # What curl says of many transfers at once is of the last: so each is looked at.
        while read -r size key; do
            [[ $(stat -c %s "$unfinished/objects/$name/$key" 2> /dev/null) == "$size" ]] || fail "$bucket_url/$key was not had"
        done < "$work/objects"
        echo "objects $name $(wc -l < "$work/objects")" >> "$unfinished/manifest"
        say "objects, $name: $(wc -l < "$work/objects")"
    done
fi

(cd "$unfinished" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS)
sync -f "$unfinished"
mv "$unfinished" "$folder"
say "the backup is in $folder; the secrets are not in it"
