# SPDX-License-Identifier: Apache-2.0
"""Whether two files of JSON lines say the same, line by line and field by field, in any order of fields."""
import itertools
import json
import sys

with open(sys.argv[1], encoding="utf-8") as sent, open(sys.argv[2], encoding="utf-8") as received:
    same = 0
    for one, other in itertools.zip_longest(sent, received):
        if one is None or other is None or json.loads(one) != json.loads(other):
            sys.exit(f"after {same} lines that are the same: {one!r} and {other!r}")
        same += 1
print(f"{same} lines are the same")
