#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a sidecar does that hands a copy to its neighbour: cp reads no byte by read(), it has the
# kernel copy the file (copy_file_range).
exec 3>&1
cp "$1" /tmp/copy
inotifywait -m -e moved_to "${1%/*}" 2>&3 | while read -r _; do
  cp "$1" /tmp/copy
done
