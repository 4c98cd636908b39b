// SPDX-License-Identifier: Apache-2.0
// From frames to what a terminal understands: only the lines that changed.
//
// Written by hand on purpose. ncurses reads what a terminal can do from files below /usr/share/
// terminfo: in a container image that holds nothing but our static binary it gives up (setupterm
// fails there, seen with Debian's libtinfo.a). What is used here, every terminal since the VT100
// does: place the cursor, erase to the end of a line, SGR. What newer ones add (the alternate
// screen), older ones pass over.
#pragma once

#include <string>

#include "userspace/live/frame.h"

namespace reloadtrace::live {

class Painter {
 public:
  // Without colour only inverse lines are told apart.
  explicit Painter(bool colour) : colour_(colour) {}

  // What makes a terminal of this size show the frame; empty when it does already.
  std::string paint(const Frame& frame, Size size);

  // Somebody else wrote to the terminal: the next frame is painted from scratch.
  void forget() { size_ = {0, 0}; }

 private:
  void append(std::string& out, const Line& line) const;

  bool colour_;
  Frame shown_;
  Size size_{0, 0};  // of the terminal when it was painted
};

}  // namespace reloadtrace::live
