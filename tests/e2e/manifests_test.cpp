// SPDX-License-Identifier: Apache-2.0
// The manifests against the program and against each other, without a cluster.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "tests/support/manifest.h"
#include "tests/support/places.h"
#include "userspace/cli/command_line.h"
#include "userspace/sink/metrics_address.h"

namespace reloadtrace::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

constexpr const char* kDaemonSets[] = {"daemonset.yaml", "daemonset-least-privilege.yaml"};

std::vector<json> documents(const std::string& file) {
  return read_yaml(in_project("tools/kubernetes/" + file));
}

json daemonset(const std::string& file) {
  return documents(file).at(0);
}

json pod_spec(const std::string& file) {
  return daemonset(file).at("spec").at("template").at("spec");
}

json container(const std::string& file) {
  return pod_spec(file).at("containers").at(0);
}

TraceOptions parsed_arguments(const std::string& file) {
  std::vector<std::string> arguments = {"reloadtrace"};
  const json described = container(file);
  for (const std::string argument : described.at("args")) {
    arguments.push_back(argument);
  }
  std::vector<char*> argv;
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  const auto command = parse_command_line(static_cast<int>(arguments.size()), argv.data());
  EXPECT_TRUE(std::holds_alternative<Command>(command)) << file << ": refused by the program";
  return std::get<TraceOptions>(std::get<Command>(command));
}

std::string port_of(const std::string& address) {
  return address.substr(address.rfind(':') + 1);
}

TEST(Manifests, are_yaml_with_kinds_and_names) {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(in_project("tools/kubernetes"))) {
    if (entry.path().extension() == ".yaml") {
      for (const json& document : read_yaml(entry.path().string())) {
        EXPECT_TRUE(document.contains("kind") && document.contains("apiVersion")) << entry.path();
        ++seen;
      }
    }
  }
  EXPECT_GE(seen, 6);
}

TEST(Manifests, name_files_that_exist_in_the_kustomization) {
  const json kustomization = documents("kustomization.yaml").at(0);
  for (const std::string resource : kustomization.at("resources")) {
    EXPECT_TRUE(std::filesystem::exists(in_project("tools/kubernetes/" + resource))) << resource;
  }
}

TEST(Manifests, give_arguments_that_the_program_takes) {
  for (const char* file : kDaemonSets) {
    const TraceOptions options = parsed_arguments(file);
    EXPECT_EQ(options.view.format, Format::Json) << file;
    EXPECT_EQ(options.node, "$(NODE_NAME)") << file;
    EXPECT_TRUE(parse_metrics_address(options.metrics)) << file;
  }
}

TEST(Manifests, run_the_image_of_this_version) {
  for (const char* file : kDaemonSets) {
    EXPECT_EQ(container(file).at("image"), "reloadtrace:" RELOADTRACE_VERSION) << file;
  }
  EXPECT_EQ(documents("kustomization.yaml").at(0).at("images").at(0).at("newTag"),
            RELOADTRACE_VERSION);
}

TEST(Manifests, agree_with_themselves_on_the_port_and_the_paths_of_the_probes) {
  for (const char* file : kDaemonSets) {
    const json one = container(file);
    const std::string port = port_of(parsed_arguments(file).metrics);
    EXPECT_EQ(std::to_string(one.at("ports").at(0).at("containerPort").get<int>()), port) << file;
    EXPECT_EQ(daemonset(file)
                  .at("spec")
                  .at("template")
                  .at("metadata")
                  .at("annotations")
                  .at("prometheus.io/port"),
              port)
        << file;
    for (const char* probe : {"startupProbe", "livenessProbe"}) {
      EXPECT_EQ(one.at(probe).at("httpGet").at("path"), "/healthz") << file;
      EXPECT_EQ(one.at(probe).at("httpGet").at("port"), one.at("ports").at(0).at("name")) << file;
    }
  }
}

TEST(Manifests, mount_what_they_declare_and_nothing_writable) {
  for (const char* file : kDaemonSets) {
    const json spec = pod_spec(file);
    std::set<std::string> declared;
    std::set<std::string> mounted;
    for (const json& volume : spec.at("volumes")) {
      declared.insert(volume.at("name"));
      EXPECT_TRUE(volume.contains("hostPath")) << file;
    }
    const json described = container(file);
    for (const json& mount : described.at("volumeMounts")) {
      mounted.insert(mount.at("name"));
      EXPECT_EQ(mount.value("readOnly", false), true) << file << " " << mount;
    }
    EXPECT_EQ(declared, mounted) << file;
    EXPECT_EQ(described.at("securityContext").at("readOnlyRootFilesystem"), true) << file;
  }
}

TEST(Manifests, never_give_it_a_token) {
  EXPECT_EQ(documents("serviceaccount.yaml").at(0).at("automountServiceAccountToken"), false);
  for (const char* file : kDaemonSets) {
    EXPECT_EQ(pod_spec(file).at("automountServiceAccountToken"), false) << file;
    EXPECT_EQ(pod_spec(file).at("serviceAccountName"),
              documents("serviceaccount.yaml").at(0).at("metadata").at("name"))
        << file;
    EXPECT_EQ(pod_spec(file).at("priorityClassName"),
              documents("priorityclass.yaml").at(0).at("metadata").at("name"))
        << file;
  }
}

TEST(Manifests, select_their_own_pods) {
  for (const char* file : kDaemonSets) {
    const json spec = daemonset(file).at("spec");
    EXPECT_EQ(spec.at("selector").at("matchLabels"),
              spec.at("template").at("metadata").at("labels"))
        << file;
    EXPECT_EQ(daemonset(file).at("metadata").at("namespace"),
              documents("namespace.yaml").at(0).at("metadata").at("name"))
        << file;
  }
}

TEST(Manifests, differ_in_their_privileges_alone) {
  json privileged = daemonset(kDaemonSets[0]);
  json least = daemonset(kDaemonSets[1]);
  for (json* one : {&privileged, &least}) {
    json& spec = (*one)["spec"]["template"]["spec"];
    spec["containers"][0].erase("securityContext");
    spec.erase("securityContext");
    (*one)["spec"]["template"]["metadata"]["annotations"].erase(
        "container.apparmor.security.beta.kubernetes.io/reloadtrace");
  }
  EXPECT_EQ(json::diff(privileged, least), json::array());
}

TEST(Manifests, ask_for_no_more_than_named_capabilities_in_the_least_privilege_variant) {
  const json security = container(kDaemonSets[1]).at("securityContext");
  EXPECT_FALSE(security.contains("privileged"));
  EXPECT_EQ(security.at("allowPrivilegeEscalation"), false);
  EXPECT_THAT(security.at("capabilities").at("drop"), ElementsAre("ALL"));
}

}  // namespace
}  // namespace reloadtrace::testing
