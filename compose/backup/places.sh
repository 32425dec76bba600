# shellcheck shell=bash
# Where the databases and buckets are: the settings of the services, by the same names. `backup.sh` and `restore.sh` read this.

# A consumer comes before whom it hears; backup.sh says why.
services=(audit notifications tickets files users auth)

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "${0##*/}: $*"
    exit 1
}

# A setting: of the service if it has one of its own (TICKETS_DATABASE_URL), else of all (DATABASE_URL); from the file that
# …_FILE names, too. Without a service: `setting '' S3_ENDPOINT`.
setting() {
    local name
    for name in ${1:+"${1^^}_$2"} "$2"; do
        if [[ -n ${!name:-} ]]; then
            printf %s "${!name}"
            return
        fi
        name+=_FILE
        if [[ -n ${!name:-} ]]; then
            printf %s "$(< "${!name}")"
            return
        fi
    done
}

# Sets `database` and PGPASSWORD for a service. The password does not stay in the URL: that becomes an argument of programs,
# which every user of the machine can read.
reach() {
    local password
    database=$(setting "$1" DATABASE_URL)
    database=${database//'{service}'/$1}
    [[ $database == postgres*://* ]] || fail "${1^^}_DATABASE_URL, or DATABASE_URL, names no PostgreSQL database"
    unset PGPASSWORD
    if [[ $database =~ ^([a-z]+://[^:@/]*):([^@/]*)@(.*)$ ]]; then
        database="${BASH_REMATCH[1]}@${BASH_REMATCH[3]}"
        password=${BASH_REMATCH[2]}
        printf -v PGPASSWORD %b "${password//%/\\x}"
        export PGPASSWORD
    fi
}

# Asks the database that was reached.
ask() { psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 --dbname "$database" "$@"; }

# What each table has, a line each. Partitions are counted with what they are a part of.
rows="SELECT format('SELECT %L, count(*) FROM %I', relname, relname) FROM pg_class \
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = current_schema()::regnamespace ORDER BY relname \gexec"

# The buckets, by what they are called in a backup. Audit's is there where months of its trail were put away.
buckets=(tickets avatars audit)

# Sets `bucket_url` for a bucket; its keys and region are those of the service whose it is.
reach_bucket() {
    local name owner=files endpoint path_style
    local -A defaults=([tickets]=helpdesk-tickets [avatars]=helpdesk-avatars [audit]=helpdesk-audit-archives)
    [[ $1 == audit ]] && owner=audit
    name=$(setting "$owner" "S3_BUCKET_${1^^}")
    name=${name:-${defaults[$1]}}
    # Audit has no server of its own where it puts nothing away.
    endpoint=$(setting "$owner" S3_ENDPOINT)
    [[ -n $endpoint ]] || endpoint=$(setting files S3_ENDPOINT)
    [[ -n $endpoint ]] || fail "S3_ENDPOINT is not set; --without-objects leaves the buckets out"
    s3_region=$(setting "$owner" S3_REGION)
    s3_keys="$(setting "$owner" S3_ACCESS_KEY):$(setting "$owner" S3_SECRET_KEY)"
    [[ $s3_keys != : ]] || s3_keys="$(setting files S3_ACCESS_KEY):$(setting files S3_SECRET_KEY)"
    path_style=$(setting "$owner" S3_PATH_STYLE)
    if [[ ${path_style:-true} == true ]]; then
        bucket_url="${endpoint%/}/$name"
    else
        bucket_url="${endpoint%%://*}://$name.${endpoint#*://}"
        bucket_url=${bucket_url%/}
    fi
}

# curl, with the keys from where no list of processes shows them.
s3() {
    curl --silent --show-error --no-progress-meter --retry 5 --aws-sigv4 "aws:amz:${s3_region:-us-east-1}:s3" \
        --config <(printf 'user = "%s"\n' "$s3_keys") "$@"
}

# The objects of the bucket that was reached: size and key, a line each. Answers 1 where there is no such bucket.
objects() {
    local page status last=''
    while :; do
        page=$(s3 --write-out '\n%{http_code}' "$bucket_url?list-type=2&max-keys=1000${last:+&start-after=${last//\//%2F}}")
        status=${page##*$'\n'}
        [[ $status != 404 ]] || return 1
        [[ $status == 200 ]] || fail "$bucket_url answers $status: ${page%$'\n'*}"
        page=$(sed 's:<Contents>:\n&:g' <<< "$page" | sed -nE 's:.*<Key>([^<]*)</Key>.*<Size>([0-9]+)</Size>.*:\2 \1:p')
        [[ -n $page ]] || return 0
        # All keys are of the services' own making: nothing in them has a meaning to a URL, to curl or to the shell.
        ! grep -vE '^[0-9]+ [A-Za-z0-9_-][A-Za-z0-9._/-]*$' <<< "$page" || fail "$bucket_url has objects that are not Helpdesk's"
        ! grep -F '..' <<< "$page" || fail "$bucket_url has objects that are not Helpdesk's"
        printf '%s\n' "$page"
        last=${page##* }
    done
}
