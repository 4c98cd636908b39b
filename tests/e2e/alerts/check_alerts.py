#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Has promtool judge the rules of tools/kubernetes/alerts.yaml, and the queries of the dashboard.

    check_alerts.py ALERTS.yaml DASHBOARD.json CASES.yaml
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml


def promtool(*arguments, directory):
    done = subprocess.run(["promtool", *arguments], cwd=directory, capture_output=True, text=True)
    print(done.stdout + done.stderr, end="")
    if done.returncode:
        sys.exit(f"promtool {' '.join(arguments)}: exit {done.returncode}")


def queries(dashboard):
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    if len(found) < len(dashboard["panels"]):
        sys.exit("a panel of the dashboard asks for nothing")
    return [query.replace("$namespace", ".*").replace("$__rate_interval", "5m") for query in found]


def main():
    alerts, dashboard, cases = map(pathlib.Path, sys.argv[1:])
    rules = yaml.safe_load(alerts.read_text())["spec"]
    tested = {case["alertname"] for test in yaml.safe_load(cases.read_text())["tests"]
              for case in test.get("alert_rule_test", []) if case["exp_alerts"]}
    all_alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]
                  if "alert" in rule}
    if all_alerts - tested:
        sys.exit(f"no case in which they fire: {sorted(all_alerts - tested)}")
    asked = [{"record": f"dashboard:query:{number}", "expr": query}
             for number, query in enumerate(queries(json.loads(dashboard.read_text())))]
    with tempfile.TemporaryDirectory() as work:
        directory = pathlib.Path(work)
        (directory / "rules.yaml").write_text(yaml.safe_dump(rules))
        (directory / "dashboard.yaml").write_text(
            yaml.safe_dump({"groups": [{"name": "dashboard", "rules": asked}]}))
        shutil.copy(cases, directory / "cases.yaml")
        promtool("check", "rules", "rules.yaml", "dashboard.yaml", directory=directory)
        promtool("test", "rules", "cases.yaml", directory=directory)


if __name__ == "__main__":
    main()
