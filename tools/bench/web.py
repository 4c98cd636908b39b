# SPDX-License-Identifier: Apache-2.0
"""Row j: nginx in a container that is not traced, on a node where others are."""

import contextlib
import re
import shutil

from containers import Node
from harness import Tracer, Unavailable, alternate, settings
from loops import floor
from results import Row

CONFIG = """
user root;
worker_processes 1;
pid /tmp/nginx.pid;
error_log stderr;
events { worker_connections 256; }
http {
  access_log off;
  sendfile on;
  client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
  server { listen 127.0.0.1:8080; root /tmp/site; }
}
"""
# Nothing is told of the first second: connections are made, files come into the caches.
SCRIPT = """
nginx -c /tmp/site/nginx.conf
wrk -t 1 -c 16 -d 1s http://127.0.0.1:8080/file >/dev/null
wrk -t 1 -c 16 -d {seconds}s http://127.0.0.1:8080/file
"""


def untraced_nginx():
    what, target = "untraced nginx, 1-KiB file, requests a second by wrk", ">= 0.97"
    seconds = 1 if settings.quick else 4
    try:
        for needed in ("nginx", "wrk"):
            if not shutil.which(needed, path="/usr/sbin:/usr/bin"):
                raise Unavailable(f"{needed} is not installed (scripts/setup --bench)")
        with Node() as node:
            site, pod = node.work / "site", node.new_pod()
            site.mkdir()
            (site / "file").write_bytes(b"x" * 1024)
            (site / "nginx.conf").write_text(CONFIG)

            def requests_a_second(_who, _given):
                said = node.run(pod, ["sh", "-ec", SCRIPT.format(seconds=seconds)],
                                [(str(site), "/tmp/site")], host_programs=True)
                if "Non-2xx" in said or not (rate := re.search(r"Requests/sec:\s+([\d.]+)", said)):
                    raise Unavailable(f"wrk said: {said.strip()[-90:]}")
                return float(rate[1])

            rates = alternate({"alone": contextlib.nullcontext,
                               "tracer": lambda: Tracer([], *node.tracer_arguments),
                               "floor": lambda: floor("dispatcher")},
                              requests_a_second)
        for who in ("alone", "tracer"):
            if isinstance(rates[who], Unavailable):
                raise rates[who]
    except Unavailable as why:
        return [Row("j", what, None, detail=str(why), target=target)]
    rows = [Row("j", what, rates["tracer"] / rates["alone"],
                detail=f"{rates['alone']:,.0f} -> {rates['tracer']:,.0f} /s", target=target)]
    if not isinstance(rates["floor"], Unavailable):
        rows.append(Row("j.floor-dispatcher", "  an empty program at tp_btf/sys_exit",
                        rates["floor"] / rates["alone"],
                        detail=f"{rates['alone']:,.0f} -> {rates['floor']:,.0f} /s"))
    return rows
