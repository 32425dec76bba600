#!/usr/bin/env bash
# Makes the secrets of an overlay, once: what is there is left as it is. ./secrets.sh production
#
# They lie in overlays/production/secrets, for their owner only, and hold the addresses that addresses.env beside them gives.
set -euo pipefail
cd "$(dirname "$0")"
overlay=overlays/${1:?which overlay: staging or production}
set -a
# shellcheck source=/dev/null
. "$overlay/addresses.env"
set +a
exec bash ../docker/secrets.sh "$overlay/secrets"
