#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fails unless each line of standard input is a good ExportTraceServiceRequest in OTLP/JSON.

Judged by the protocol's own definitions (proto/): an unknown field is an error. OTLP differs from
protobuf's JSON in its ids, which are hex, and here 64-bit integers must be strings and enumerations
numbers. Every parent must be among the spans, and no span may come twice.
"""

import base64
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

PROTO = pathlib.Path(__file__).parent / "proto"
REQUEST = "opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest"
HEX_DIGITS = {"traceId": 32, "spanId": 16, "parentSpanId": 16}
STRINGS = {"startTimeUnixNano", "endTimeUnixNano", "timeUnixNano", "intValue"}
NUMBERS = {"kind", "code"}


def request_type():
    with tempfile.NamedTemporaryFile() as compiled:
        subprocess.run(["protoc", f"-I{PROTO}", f"-o{compiled.name}", "--include_imports",
                        "opentelemetry/proto/collector/trace/v1/trace_service.proto"], check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(compiled.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(REQUEST))


def to_protobuf_json(value):
    """The ids as protobuf wants them, once they have been found to be as OTLP wants them."""
    if isinstance(value, list):
        return [to_protobuf_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for key, item in value.items():
        if key in HEX_DIGITS:
            if not re.fullmatch(f"[0-9a-f]{{{HEX_DIGITS[key]}}}", item) or not item.strip("0"):
                raise ValueError(f"{key} {item!r} is no id")
            item = base64.b64encode(bytes.fromhex(item)).decode()
        elif key in STRINGS and not isinstance(item, str):
            raise ValueError(f"{key} is not a string")
        elif key in NUMBERS and not isinstance(item, int):
            raise ValueError(f"{key} is not a number")
        out[key] = to_protobuf_json(item)
    return out


def main() -> int:
    make = request_type()
    spans, parents = set(), set()
    for number, line in enumerate(sys.stdin, 1):
        try:
            request = json_format.ParseDict(to_protobuf_json(json.loads(line)), make())
        except (ValueError, json_format.ParseError) as error:
            print(f"line {number}: {error}\n{line}")
            return 1
        for resource in request.resource_spans:
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                name = (span.trace_id, span.span_id)
                if name in spans or span.end_time_unix_nano < span.start_time_unix_nano:
                    print(f"line {number}: a span that came before, or ends before it begins\n{line}")
                    return 1
                spans.add(name)
                if span.parent_span_id:
                    parents.add((span.trace_id, span.parent_span_id))
    if not spans or not parents <= spans:
        print(f"{len(spans)} spans, {len(parents - spans)} parents that are not among them")
        return 1
    print(f"{len(spans)} spans")
    return 0


if __name__ == "__main__":
    sys.exit(main())
