#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# monitor.sh FILE TARGET EVENT: one inotifywait for good, as reloading sidecars have it. On the
# file it watches the old one, which is never modified, only replaced; on the directory a swap says
# moved_to, and never modify, which is what an editor says.
exec 3>&1
cat "$1" >/dev/null
inotifywait -m -e "$3" "$2" 2>&3 | while read -r _; do
  cat "$1" >/dev/null
done
