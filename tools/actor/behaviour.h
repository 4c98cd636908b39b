// SPDX-License-Identifier: Apache-2.0
// How an application treats its config files, well or badly: one named function each.
//
// Every behaviour reads its files once, arms itself, says "ready" and then runs until SIGTERM;
// those that do something a number of times say "done" after it and end. What it does is said on
// standard output, a line each: "read KEY SIZE FIRST-LINE", "noticed NAME", "open KEY failed:
// REASON".
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reloadtrace::actor {

struct Settings {
  std::string directory;
  std::vector<std::string> files;                               // relative to `directory`
  std::chrono::microseconds interval{std::chrono::seconds(1)};  // of what happens periodically
  std::chrono::milliseconds delay{0};                           // between noticing and rereading
  std::size_t piece = 16;                                       // bytes, of what reads in pieces
  unsigned count = 0;              // of what happens a number of times; 0: the behaviour's own
  int signal = SIGHUP;             // asks for a reload
  std::uint16_t port = 0;          // to listen on; 0: any that is free
  std::string reload_path;         // that a POST asks for a reload by; empty: any
  std::string socket_calls;        // read, recv, vector or message
  std::string temporary = "/tmp";  // directory for copies
  std::string ready_file;          // created when armed, unless empty
  char** argv = nullptr;           // to start again with the same arguments
};

struct Behaviour {
  std::string_view name;
  std::string_view description;
  void (*run)(const Settings&);
};

// A table for each source file; find_behaviour() searches all of them.
std::span<const Behaviour> watchers();        // inotify on the directory, the files or the links
std::span<const Behaviour> watch_kinds();     // unusual uses of inotify
std::span<const Behaviour> fanotify_users();  // fanotify instead
std::span<const Behaviour> readers();         // every system call that reads
std::span<const Behaviour> uring_readers();   // reading without system calls
std::span<const Behaviour> scripts();         // run what lies in the volume
std::span<const Behaviour> stat_pollers();    // look at intervals whether something changed
std::span<const Behaviour> pollers();         // read at intervals, at the start or never
std::span<const Behaviour> holders();         // keep what they opened once
std::span<const Behaviour> processes();       // restart, exit
std::span<const Behaviour> signal_takers();   // wait for signals, or do not
std::span<const Behaviour> http_servers();    // wait for requests
std::span<const Behaviour> setup_failures();  // cannot watch, and go on as if they did
std::span<const Behaviour> hostile();         // names, depths and races a tracer must bear
std::span<const Behaviour> storms();          // more of everything than a tracer may like

const Behaviour* find_behaviour(std::string_view name);
// "NAME  DESCRIPTION" lines.
std::string list_of_behaviours();

}  // namespace reloadtrace::actor
