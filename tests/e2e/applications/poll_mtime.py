# SPDX-License-Identifier: Apache-2.0
# Compares the file's mtime once a second, as the reloaders of Django, Flask and uWSGI do.
import os
import sys
import time

path = sys.argv[1]
known = None
while True:
    mtime = os.stat(path).st_mtime_ns
    if mtime != known:
        with open(path, "rb") as file:
            file.read()
        if known is None:
            print("ready", flush=True)
        known = mtime
    time.sleep(1)
