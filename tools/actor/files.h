// SPDX-License-Identifier: Apache-2.0
// What the behaviours share: reading files, saying so, being ready.
#pragma once

#include <string>

#include "tools/actor/behaviour.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::actor {

// Writes one line at once.
void say(const std::string& line);
// Says what failed, with errno, and exits with 1.
[[noreturn]] void die(const std::string& what);

std::string path_of(const Settings& settings, const std::string& file);

// Opens `file` for reading, or says why it could not and owns nothing.
UniqueFd open_or_say(const Settings& settings, const std::string& file);
// Everything from the present offset on; empty when `fd` cannot be read.
std::string content_of(int fd);

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
void sleep_for(std::chrono::nanoseconds time);
// Until a signal ends the process.
[[noreturn]] void sleep_for_ever();

// How often to do what has its own usual number of times.
unsigned count_or(const Settings& settings, unsigned usual);
// As many descriptors as the kernel lets this process have, at most `wanted`. Returns how many.
unsigned allow_descriptors(unsigned wanted);

}  // namespace reloadtrace::actor
