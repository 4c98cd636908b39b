# SPDX-License-Identifier: Apache-2.0
# watchdog's Observer on the file: it adds its watch with IN_DONT_FOLLOW, so that it lies on the
# link, which no swap touches.
import sys
import time

from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer

path = sys.argv[1]


def read():
    with open(path, "rb") as file:
        file.read()


class Reload(FileSystemEventHandler):
    def on_any_event(self, event):
        read()


read()
observer = Observer()
observer.schedule(Reload(), path)
observer.start()
print("ready", flush=True)
while True:
    time.sleep(1000)
