# SPDX-License-Identifier: Apache-2.0
# Reads its configuration when it is imported, as most WSGI applications do. After SIGHUP gunicorn
# forks new workers: they import it anew, unless the master has done so for them (--preload).
with open("/etc/config/app.yaml", "rb") as file:
    file.read()
print("ready", flush=True)


def application(environ, start_response):
    start_response("200 OK", [])
    return [b""]
