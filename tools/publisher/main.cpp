// SPDX-License-Identifier: Apache-2.0
// reloadtrace-publisher: publish() from the command line.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tools/publisher/files.h"
#include "tools/publisher/publisher.h"

namespace reloadtrace::publisher {
namespace {

struct Arguments {
  std::string directory;
  std::vector<std::string> set;       // key=value
  std::vector<std::string> set_file;  // key=path
  std::vector<std::string> remove;
  bool exact = false;
  unsigned repeat = 1;
  unsigned interval_ms = 1000;
  Options options;
};

Result<std::pair<std::string, std::string>> split(const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos) {
    return Error{std::make_error_code(std::errc::invalid_argument),
                 "\"" + assignment + "\": expected KEY=VALUE"};
  }
  return std::pair(assignment.substr(0, equals), assignment.substr(equals + 1));
}

// Puts the number of the publish where the value says "{n}".
std::string numbered(std::string value, unsigned n) {
  for (std::size_t at = value.find("{n}"); at != std::string::npos; at = value.find("{n}", at)) {
    value.replace(at, 3, std::to_string(n));
  }
  return value;
}

// The payload of publish `n`: what is visible now, changed as the command line says.
Result<Payload> payload_for(const Arguments& arguments, unsigned n) {
  Payload payload;
  if (!arguments.exact) {
    auto now = current_payload(arguments.directory, arguments.options);
    if (!now) {
      return now;
    }
    payload = std::move(*now);
  }
  for (const std::string& assignment : arguments.set) {
    auto parts = split(assignment);
    if (!parts) {
      return with_context(parts.error(), "--set");
    }
    payload[parts->first] = numbered(parts->second, n);
  }
  for (const std::string& assignment : arguments.set_file) {
    auto parts = split(assignment);
    if (!parts) {
      return with_context(parts.error(), "--set-file");
    }
    auto content = read_file(parts->second);
    if (!content) {
      return with_context(content.error(), "--set-file");
    }
    payload[parts->first] = std::move(*content);
  }
  for (const std::string& key : arguments.remove) {
    payload.erase(key);
  }
  return payload;
}

Result<> run(const Arguments& arguments) {
  for (unsigned n = 1; n <= arguments.repeat; ++n) {
    if (n > 1) {
      pause_for(std::chrono::milliseconds(arguments.interval_ms));
    }
    auto payload = payload_for(arguments, n);
    if (!payload) {
      return payload.error();
    }
    auto outcome = publish(arguments.directory, *payload, arguments.options);
    if (!outcome) {
      return with_context(outcome.error(), "publish to " + arguments.directory);
    }
    std::printf("%s %s\n", outcome->changed ? "published" : "unchanged", outcome->name.c_str());
    std::fflush(stdout);
  }
  return Unit{};
}

int main_with(int argc, char** argv) {
  CLI::App app("Publishes config the way kubelet, git-sync, vault-agent or an editor does.");
  Arguments arguments;
  Options& options = arguments.options;
  unsigned delay_ms = 0;
  unsigned delay_remove_ms = 0;
  std::string mode = "0644";
  const std::map<std::string, Style> styles = {{"atomic", Style::Atomic},
                                               {"git-sync", Style::GitSync},
                                               {"vault", Style::Vault},
                                               {"in-place", Style::InPlace}};
  app.add_option("DIR", arguments.directory, "the volume")->required();
  app.add_option("--set", arguments.set, "KEY=VALUE; \"{n}\" becomes the number of the publish")
      ->allow_extra_args(false);
  app.add_option("--set-file", arguments.set_file, "KEY=PATH")->allow_extra_args(false);
  app.add_option("--remove", arguments.remove, "KEY")->allow_extra_args(false);
  app.add_flag("--exact", arguments.exact, "publish only what --set and --set-file name");
  app.add_option("--style", options.style, "atomic, git-sync, vault or in-place")
      ->transform(CLI::CheckedTransformer(styles));
  app.add_option("--delay", delay_ms, "milliseconds between complete content and the rename");
  app.add_option("--delay-remove", delay_remove_ms, "milliseconds before the old one is removed");
  app.add_option("--mode", mode, "of the files, octal")->check(CLI::Number);
  app.add_flag("--links-first", options.links_first,
               "new keys' links before the rename (old kubelets)");
  app.add_option("--link", options.link, "git-sync: name of the link");
  app.add_option("--repeat", arguments.repeat, "how many times");
  app.add_option("--interval", arguments.interval_ms, "milliseconds between two publishes");
  CLI11_PARSE(app, argc, argv);
  // Kubelet names everything by absolute paths.
  arguments.directory = std::filesystem::absolute(arguments.directory).string();
  options.delay = std::chrono::milliseconds(delay_ms);
  options.delay_remove = std::chrono::milliseconds(delay_remove_ms);
  options.mode = static_cast<mode_t>(std::stoul(mode, nullptr, 8));

  if (auto ran = run(arguments); !ran) {
    std::fprintf(stderr, "reloadtrace-publisher: %s\n", ran.error().message.c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace reloadtrace::publisher

int main(int argc, char** argv) {
  try {
    return reloadtrace::publisher::main_with(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reloadtrace-publisher: %s\n", error.what());
    return 2;
  }
}
