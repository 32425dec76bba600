#!/bin/sh
# Installs Helpdesk from a checkout, as the Debian package does, and enables nothing. May run any number of times: programs and
# units become the new ones, settings that are there stay as they are. README.md says what comes next.
set -eu

usage() {
    echo "Usage: $0 [--binaries FOLDER] [--root FOLDER]"
    echo "  --binaries  where the programs are; by default target/shipped, then target/release, of the checkout"
    echo "  --root      install below this folder instead of into this system"
}

here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../.." && pwd)
binaries='' root=''
while [ $# -gt 0 ]; do
    case $1 in
        --binaries) binaries=${2:?--binaries names no folder}; shift 2 ;;
        --root) root=${2:?--root names no folder}; shift 2 ;;
        --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
done
services='auth users tickets files notifications audit'
programs='helpdesk helpdesk-auth helpdesk-users helpdesk-tickets helpdesk-files helpdesk-notifications helpdesk-audit'
if [ -z "$binaries" ]; then
    for profile in shipped release; do
        if [ -z "$binaries" ] && [ -x "$checkout/target/$profile/helpdesk" ]; then
            binaries=$checkout/target/$profile
        fi
    done
fi
for program in $programs; do
    if [ ! -x "${binaries:-nowhere}/$program" ]; then
        echo "There is no $program in ${binaries:-target/shipped or target/release}: cargo build --profile shipped --workspace --bins" >&2
        exit 1
    fi
done
if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
    echo "As root, please (or --root)." >&2
    exit 1
fi

# Whole or not at all: a program that runs keeps the file it was started from.
put() { # mode, file, target
    mkdir -p "$(dirname "$root$3")"
    install -m "$1" "$2" "$root$3.new"
    mv -f "$root$3.new" "$root$3"
}

for program in $programs; do
    put 755 "$binaries/$program" "/usr/bin/$program"
done
(cd "$here/units" && find . -type f) | while read -r unit; do
    put 644 "$here/units/$unit" "/usr/lib/systemd/system/${unit#./}"
done
put 644 "$here/sysusers.d/helpdesk.conf" /usr/lib/sysusers.d/helpdesk.conf
put 644 "$here/tmpfiles.d/helpdesk.conf" /usr/lib/tmpfiles.d/helpdesk.conf
for page in "$here"/man/*.1; do
    put 644 "$page" "/usr/share/man/man1/${page##*/}"
done
put 644 "$here/README.md" /usr/share/doc/helpdesk/README.md
for place in shared compose $services; do
    put 644 "$checkout/$place/config.default.toml" "/usr/share/doc/helpdesk/$place.config.default.toml"
done
# What sets the servers up and looks after them, by the paths that the documents name.
for tool in compose/docker/secrets.sh compose/docker/postgres/databases.sh compose/systemd/secrets.sh \
    compose/backup/backup.sh compose/backup/restore.sh; do
    put 755 "$checkout/$tool" "/usr/share/helpdesk/$tool"
done
for file in compose/backup/places.sh compose/systemd/haproxy.cfg compose/systemd/nats-server.service \
    nats/server/single.conf nats/server/cluster.conf nats/server/accounts.conf; do
    put 644 "$checkout/$file" "/usr/share/helpdesk/$file"
done
for settings in "$here"/etc/*.env; do
    name=${settings##*/}
    if [ -e "$root/etc/helpdesk/$name" ]; then
        cmp -s "$settings" "$root/etc/helpdesk/$name" || echo "/etc/helpdesk/$name stays as it is."
    else
        put 644 "$settings" "/etc/helpdesk/$name"
    fi
done

if [ -n "$root" ]; then
    echo "Installed below $root."
    exit 0
fi
systemd-sysusers helpdesk.conf
systemd-tmpfiles --create helpdesk.conf
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl try-restart 'helpdesk@*.service' helpdesk.service
fi
echo "Installed. The settings are in /etc/helpdesk; nothing was enabled. What comes next: $here/README.md"
