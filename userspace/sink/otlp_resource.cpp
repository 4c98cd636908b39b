// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/otlp_resource.h"

#include <string>
#include <string_view>

namespace reloadtrace {
namespace {

// What the conventions ask for where a name cannot be told.
constexpr std::string_view kUnknownService = "unknown_service";

std::string_view either(std::string_view name, std::string_view fallback) {
  return name.empty() ? fallback : name;
}

void add_node(OtlpAttributes& attributes, const Session& session, bool kubernetes) {
  attributes.text("host.name", session.node);
  if (kubernetes) {
    attributes.text("k8s.node.name", session.node);
  }
}

void add_process(OtlpAttributes& attributes, const ProcessInfo& process) {
  if (process.pid != 0) {
    attributes.number("process.pid", process.pid);
  }
  attributes.text("process.executable.name", process.comm)
      .text("process.executable.path", process.exe);
}

void add_container(OtlpAttributes& attributes, const ReaderInfo& reader) {
  attributes.text("container.id", reader.container_id);
  if (reader.pod_uid.empty()) {
    attributes.text("container.name", reader.name);
    return;
  }
  // The container's name, not the pod's: that one is new with each rollout.
  attributes.text("service.namespace", reader.pod_namespace);
  if (!reader.pod.empty() && !reader.name.empty()) {
    attributes.text("service.instance.id",
                    reader.pod_namespace + "." + reader.pod + "." + reader.name);
  }
  attributes.text("k8s.namespace.name", reader.pod_namespace)
      .text("k8s.pod.name", reader.pod)
      .text("k8s.pod.uid", reader.pod_uid)
      .text("k8s.container.name", reader.name);
  if (reader.restarts > 0) {  // 0 is also what is not known
    attributes.number("k8s.container.restart_count", reader.restarts);
  }
}

}  // namespace

nlohmann::ordered_json publisher_resource(const Session& session,
                                          const PublishReport& report,
                                          OtlpLimits limits) {
  OtlpAttributes attributes(limits);
  const ProcessInfo& writer = report.publish.writer;
  attributes.text("service.name", either(writer.comm, kUnknownService));
  add_node(attributes, session, !report.volume.pod_uid.empty());
  add_process(attributes, writer);
  return attributes.done();
}

nlohmann::ordered_json reader_resource(const Session& session,
                                       const ReloadReport& report,
                                       OtlpLimits limits) {
  OtlpAttributes attributes(limits);
  const ReaderInfo& reader = report.reader;
  const ProcessInfo& process = report.process ? *report.process : reader.process;
  attributes.text("service.name", either(either(reader.name, process.comm), kUnknownService));
  if (reader.container) {
    add_container(attributes, reader);
  }
  add_node(attributes, session, !reader.pod_uid.empty());
  add_process(attributes, process);
  return attributes.done();
}

}  // namespace reloadtrace
