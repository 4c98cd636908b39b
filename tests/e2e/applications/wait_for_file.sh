#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The loop of a hundred blog posts: waits for the file, reads it, waits anew. Each new inotifywait
# watches the file that the link leads to by then.
cat "$1" >/dev/null
while inotifywait -e modify,delete_self "$1" 2>&1; do
  cat "$1" >/dev/null
done
