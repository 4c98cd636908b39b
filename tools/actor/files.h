// SPDX-License-Identifier: Apache-2.0
// What the behaviours share: reading files, saying so, being ready.
#pragma once

#include <string>

#include "tools/actor/behaviour.h"

namespace reloadtrace::actor {

// Writes one line at once.
void say(const std::string& line);
// Says what failed, with errno, and exits with 1.
[[noreturn]] void die(const std::string& what);

std::string path_of(const Settings& settings, const std::string& file);

// Says the line by which tests recognise what was read.
void say_read(const std::string& file, const std::string& content);
// Opens `file`, reads it until read() returns 0, closes it.
void read_whole(const Settings& settings, const std::string& file);
// Every file of the settings, after their delay.
void reread(const Settings& settings);
// Opens `file`, reads the first half of it once, closes it.
void read_half(const Settings& settings, const std::string& file);

// Files that `directory` shows, also in subdirectories, without what begins with a dot.
std::vector<std::string> visible_files(const std::string& directory);

void say_ready(const Settings& settings);
void sleep_for(std::chrono::milliseconds time);
// Until a signal ends the process.
[[noreturn]] void sleep_for_ever();

}  // namespace reloadtrace::actor
