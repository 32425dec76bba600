#!/bin/sh
# Takes away what install.sh has installed. Settings, secrets and data stay, unless --purge is said; the databases are elsewhere
# and stay as they are, and so do the users, whose numbers may still own a file somewhere. May run any number of times.
set -eu

usage() {
    echo "Usage: $0 [--purge] [--root FOLDER]"
    echo "  --purge  also /etc/helpdesk (with the secrets) and /var/lib/helpdesk"
    echo "  --root   below this folder instead of from this system"
}

purge=no root=''
while [ $# -gt 0 ]; do
    case $1 in
        --purge) purge=yes; shift ;;
        --root) root=${2:?--root names no folder}; shift 2 ;;
        --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
done
services='auth users tickets files notifications audit'
if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
    echo "As root, please (or --root)." >&2
    exit 1
fi
if [ -z "$root" ] && command -v dpkg-query > /dev/null && dpkg-query --status helpdesk > /dev/null 2>&1; then
    echo "Helpdesk was installed as a package: apt-get remove helpdesk, or apt-get purge helpdesk." >&2
    exit 1
fi

if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl stop 'helpdesk@*.service' 'helpdesk@*.socket' helpdesk.service helpdesk.target 2> /dev/null || true
    for service in $services; do
        systemctl --quiet disable "helpdesk@$service.service" "helpdesk@$service.socket" 2> /dev/null || true
    done
    systemctl --quiet disable helpdesk.service helpdesk.target 2> /dev/null || true
fi
for program in helpdesk helpdesk-auth helpdesk-users helpdesk-tickets helpdesk-files helpdesk-notifications helpdesk-audit; do
    rm -f "$root/usr/bin/$program" "$root/usr/share/man/man1/$program.1"
done
rm -f "$root/usr/lib/systemd/system/helpdesk.service" "$root/usr/lib/systemd/system/helpdesk.target" \
    "$root/usr/lib/systemd/system/helpdesk@.service" "$root/usr/lib/systemd/system/helpdesk@.socket" \
    "$root/usr/lib/sysusers.d/helpdesk.conf" "$root/usr/lib/tmpfiles.d/helpdesk.conf"
for service in $services; do
    rm -rf "$root/usr/lib/systemd/system/helpdesk@$service.service.d" "$root/usr/lib/systemd/system/helpdesk@$service.socket.d"
done
rm -rf "$root/usr/share/doc/helpdesk" "$root/usr/share/helpdesk"
if [ $purge = yes ]; then
    rm -rf "$root/etc/helpdesk" "$root/var/lib/helpdesk"
fi
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi
if [ $purge = yes ]; then
    echo "Removed, with its settings, secrets and data."
else
    echo "Removed. /etc/helpdesk and /var/lib/helpdesk stay; --purge removes them too."
fi
