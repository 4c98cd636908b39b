// SPDX-License-Identifier: Apache-2.0
#include "tests/support/manifest.h"

#include <cctype>
#include <sstream>
#include <stdexcept>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace reloadtrace::testing {
namespace {

using nlohmann::json;

std::string blob_of(const std::string& layout, const json& descriptor) {
  const std::string digest = descriptor.at("digest");
  const std::string path = layout + "/blobs/sha256/" + digest.substr(digest.find(':') + 1);
  const std::string sum = run_or_throw({{"sha256sum", path}});
  if ("sha256:" + sum.substr(0, sum.find(' ')) != digest) {
    throw std::runtime_error(path + " is not what its digest says");
  }
  return path;
}

json read_json(const std::string& path) {
  return json::parse(read_file(path));
}

// All that this machine has, as for `privileged`.
json all_capabilities() {
  std::string text = run_or_throw({{"capsh", "--print"}});
  const std::string mark = "Bounding set =";
  text = text.substr(text.find(mark) + mark.size());
  std::istringstream list(text.substr(0, text.find('\n')));
  json all = json::array();
  for (std::string name; std::getline(list, name, ',');) {
    for (char& c : name) {
      c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    all.push_back(name);
  }
  return all;
}

json capabilities_of(const json& security) {
  if (security.value("privileged", false)) {
    return all_capabilities();
  }
  const json capabilities = security.value("capabilities", json::object());
  if (capabilities.value("drop", json::array()) != json::array({"ALL"})) {
    throw std::runtime_error("a container that keeps the runtime's default capabilities");
  }
  json granted = json::array();
  for (const std::string name : capabilities.value("add", json::array())) {
    granted.push_back("CAP_" + name);
  }
  return granted;
}

std::string expanded(std::string text, const json& environment) {
  for (const json& variable : environment) {
    const std::string reference = "$(" + variable.at("name").get<std::string>() + ")";
    if (const auto at = text.find(reference); at != std::string::npos) {
      text.replace(at, reference.size(), variable.at("value").get<std::string>());
    }
  }
  return text;
}

json environment_of(const json& container, const NodeView& node) {
  json out = json::array();
  for (json variable : container.value("env", json::array())) {
    if (variable.contains("valueFrom")) {
      if (variable["valueFrom"] != json{{"fieldRef", {{"fieldPath", "spec.nodeName"}}}}) {
        throw std::runtime_error("an environment that only a cluster can fill in");
      }
      variable["value"] = node.node_name;
    }
    out.push_back(variable);
  }
  return out;
}

const json& named(const json& list, const std::string& name) {
  for (const json& one : list) {
    if (one.at("name") == name) {
      return one;
    }
  }
  throw std::runtime_error("nothing is named " + name);
}

json mounts_of(const json& pod_spec, const json& container, bool privileged, const NodeView& node) {
  json sys_options = {"nosuid", "noexec", "nodev", privileged ? "rw" : "ro"};
  json mounts = {{{"destination", "/proc"}, {"type", "proc"}, {"source", "proc"}},
                 {{"destination", "/dev"}, {"type", "tmpfs"}, {"source", "tmpfs"}},
                 {{"destination", "/sys"},
                  {"type", "sysfs"},
                  {"source", "sysfs"},
                  {"options", std::move(sys_options)}}};
  for (const json& mount : container.value("volumeMounts", json::array())) {
    const json& volume = named(pod_spec.at("volumes"), mount.at("name"));
    std::string source = volume.at("hostPath").at("path");
    if (const auto stand_in = node.host_paths.find(source); stand_in != node.host_paths.end()) {
      source = stand_in->second;
    }
    const bool follows = mount.value("mountPropagation", "None") == "HostToContainer";
    mounts.push_back({{"destination", mount.at("mountPath")},
                      {"type", "bind"},
                      {"source", source},
                      {"options",
                       {"rbind", follows ? "rslave" : "rprivate",
                        mount.value("readOnly", false) ? "ro" : "rw"}}});
  }
  return mounts;
}

}  // namespace

std::vector<json> read_yaml(const std::string& path) {
  constexpr const char* kConvert =
      "import json, sys, yaml\n"
      "print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))\n";
  return json::parse(run_or_throw({{"python3", "-c", kConvert, path}}));
}

Image::Image(const std::string& layout) {
  const json index = read_json(layout + "/index.json");
  const json manifest = read_json(blob_of(layout, index.at("manifests").at(0)));
  config_ = read_json(blob_of(layout, manifest.at("config")));
  for (const json& layer : manifest.at("layers")) {
    layers_.push_back(blob_of(layout, layer));
  }
}

std::vector<std::string> Image::files() const {
  std::vector<std::string> names;
  for (const std::string& layer : layers_) {
    std::istringstream lines(run_or_throw({{"tar", "-tzf", layer}}));
    for (std::string line; std::getline(lines, line);) {
      names.push_back(line);
    }
  }
  return names;
}

void Image::unpack(const std::string& directory) const {
  for (const std::string& layer : layers_) {
    run_or_throw({{"tar", "-xzf", layer, "-C", directory}});
  }
}

json runtime_config(const json& pod_spec,
                    const json& image_config,
                    const NodeView& node,
                    const std::vector<std::string>& more) {
  const json& container = pod_spec.at("containers").at(0);
  const json security = container.value("securityContext", json::object());
  const bool privileged = security.value("privileged", false);
  const json environment = environment_of(container, node);
  json arguments = image_config.at("config").at("Entrypoint");
  for (const std::string argument : container.value("args", json::array())) {
    arguments.push_back(expanded(argument, environment));
  }
  for (const std::string& argument : more) {
    arguments.push_back(argument);
  }
  json variables = json::array();
  for (const json& variable : environment) {
    variables.push_back(variable.at("name").get<std::string>() + "=" +
                        variable.at("value").get<std::string>());
  }
  json namespaces = {{{"type", "mount"}}, {{"type", "ipc"}}, {{"type", "uts"}}};
  if (!pod_spec.value("hostNetwork", false)) {
    namespaces.push_back({{"type", "network"}});
  }
  if (!pod_spec.value("hostPID", false)) {
    namespaces.push_back({{"type", "pid"}});
  }
  if (!privileged) {
    namespaces.push_back({{"type", "cgroup"}});
  }
  const json granted = capabilities_of(security);
  json config = {
      {"ociVersion", "1.0.2"},
      {"hostname", "reloadtrace-x7k2p"},
      {"root", {{"readonly", security.value("readOnlyRootFilesystem", false)}}},
      {"process",
       {{"user", {{"uid", security.value("runAsUser", 0)}, {"gid", 0}}},
        {"args", arguments},
        {"env", variables},
        {"cwd", "/"},
        {"noNewPrivileges", !security.value("allowPrivilegeEscalation", true)},
        {"capabilities", {{"bounding", granted}, {"effective", granted}, {"permitted", granted}}}}},
      {"mounts", mounts_of(pod_spec, container, privileged, node)},
      {"linux", {{"namespaces", namespaces}}}};
  if (!privileged) {
    config["linux"]["maskedPaths"] = {"/proc/acpi",       "/proc/kcore",       "/proc/keys",
                                      "/proc/timer_list", "/proc/sched_debug", "/proc/scsi",
                                      "/sys/firmware"};
    config["linux"]["readonlyPaths"] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                        "/proc/sysrq-trigger"};
  }
  return config;
}

}  // namespace reloadtrace::testing
