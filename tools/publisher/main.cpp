// SPDX-License-Identifier: Apache-2.0
// reloadtrace-publisher: publish() from the command line.
#include <CLI/CLI.hpp>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tools/publisher/files.h"
#include "tools/publisher/publisher.h"

namespace reloadtrace::publisher {
namespace {

struct Arguments {
  std::vector<std::string> directories;
  std::vector<std::string> set;       // key=value
  std::vector<std::string> set_file;  // key=path
  std::vector<std::string> remove;
  bool exact = false;
  unsigned repeat = 1;
  std::chrono::microseconds interval{std::chrono::seconds(1)};
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
Result<Payload> payload_for(const Arguments& arguments, const std::string& directory, unsigned n) {
  Payload payload;
  if (!arguments.exact) {
    auto now = current_payload(directory, arguments.options);
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

Result<Outcome> publish_once(const Arguments& arguments,
                             const Options& options,
                             const std::string& directory,
                             unsigned n) {
  auto payload = payload_for(arguments, directory, n);
  if (!payload) {
    return payload.error();
  }
  auto outcome = publish(directory, *payload, options);
  if (!outcome) {
    return with_context(outcome.error(), "publish to " + directory);
  }
  return outcome;
}

// One thread a directory. They wait for each other when their new content is complete, so that all
// swaps happen at once.
std::vector<Result<Outcome>> publish_everywhere(const Arguments& arguments, unsigned n) {
  const std::size_t count = arguments.directories.size();
  std::vector<Result<Outcome>> outcomes(count, Outcome{});
  std::barrier everyone(static_cast<std::ptrdiff_t>(count));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      bool waited = false;
      Options options = arguments.options;
      options.before_swap = [&everyone, &waited] {
        if (!std::exchange(waited, true)) {
          everyone.arrive_and_wait();
        }
      };
      outcomes[i] = publish_once(arguments, options, arguments.directories[i], n);
      if (!waited) {  // failed, or nothing to change
        everyone.arrive_and_drop();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return outcomes;
}

Result<> run(const Arguments& arguments) {
  const bool several = arguments.directories.size() > 1;
  for (unsigned n = 1; n <= arguments.repeat; ++n) {
    if (n > 1) {
      pause_for(arguments.interval);
    }
    const std::vector<Result<Outcome>> outcomes =
        several ? publish_everywhere(arguments, n)
                : std::vector{
                      publish_once(arguments, arguments.options, arguments.directories.front(), n)};
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      if (!outcomes[i]) {
        return outcomes[i].error();
      }
      std::printf("%s %s%s\n", outcomes[i]->changed ? "published" : "unchanged",
                  outcomes[i]->name.c_str(),
                  several ? (" in " + arguments.directories[i]).c_str() : "");
    }
    std::fflush(stdout);
  }
  return Unit{};
}

int main_with(int argc, char** argv) {
  CLI::App app("Publishes config the way kubelet, git-sync, vault-agent or an editor does.");
  Arguments arguments;
  Options& options = arguments.options;
  unsigned interval_ms = 1000;
  unsigned interval_us = 0;
  unsigned delay_ms = 0;
  unsigned delay_remove_ms = 0;
  std::string mode = "0644";
  const std::map<std::string, Style> styles = {
      {"atomic", Style::Atomic},    {"git-sync", Style::GitSync}, {"vault", Style::Vault},
      {"in-place", Style::InPlace}, {"move", Style::Move},        {"exchange", Style::Exchange}};
  app.add_option("DIR", arguments.directories, "the volume; several: published to at the same time")
      ->required();
  app.add_option("--set", arguments.set, "KEY=VALUE; \"{n}\" becomes the number of the publish")
      ->allow_extra_args(false);
  app.add_option("--set-file", arguments.set_file, "KEY=PATH")->allow_extra_args(false);
  app.add_option("--remove", arguments.remove, "KEY")->allow_extra_args(false);
  app.add_flag("--exact", arguments.exact, "publish only what --set and --set-file name");
  app.add_option("--style", options.style, "atomic, git-sync, vault, in-place, move or exchange")
      ->transform(CLI::CheckedTransformer(styles));
  app.add_option("--delay", delay_ms, "milliseconds between complete content and the rename");
  app.add_option("--delay-remove", delay_remove_ms, "milliseconds before the old one is removed");
  app.add_option("--mode", mode, "of the files, octal")->check(CLI::Number);
  app.add_flag("--links-first", options.links_first,
               "new keys' links before the rename (old kubelets)");
  app.add_option("--link", options.link,
                 "git-sync: name of the link; move, exchange: of the directory");
  app.add_option("--repeat", arguments.repeat, "how many times");
  app.add_option("--interval", interval_ms, "milliseconds between two publishes");
  CLI::Option* interval_us_given =
      app.add_option("--interval-us", interval_us, "the same in microseconds");
  CLI11_PARSE(app, argc, argv);
  // Kubelet names everything by absolute paths.
  for (std::string& directory : arguments.directories) {
    directory = std::filesystem::absolute(directory).string();
  }
  arguments.interval = interval_us_given->count() > 0 ? std::chrono::microseconds(interval_us)
                                                      : std::chrono::milliseconds(interval_ms);
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
