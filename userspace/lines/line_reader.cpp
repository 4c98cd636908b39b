// SPDX-License-Identifier: Apache-2.0
#include "userspace/lines/line_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace reloadtrace {
namespace {

// No line of ours is longer than 64 KiB; other programs may have added to it.
constexpr std::size_t kBuffer = 1U << 20U;
constexpr std::string_view kBeginning = R"({"schema":1,"kind":")";

}  // namespace

Result<LineReader> LineReader::open(const std::string& path,
                                    std::initializer_list<LineKind> wanted,
                                    Flaws& flaws) {
  const bool standard_input = path == "-";
  UniqueFd fd(standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                             : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return system_error(errno, "open " + path);
  }
  return LineReader(std::move(fd), standard_input ? "standard input" : path, wanted, flaws);
}

LineReader::LineReader(UniqueFd fd,
                       std::string name,
                       std::initializer_list<LineKind> wanted,
                       Flaws& flaws)
    : fd_(std::move(fd)),
      name_(std::move(name)),
      flaws_(&flaws),
      buffer_(std::make_unique<char[]>(kBuffer)) {
  for (const LineKind kind : wanted) {
    wanted_ |= 1U << static_cast<unsigned>(kind);
  }
}

bool LineReader::is_compressed() {
  while (end_ < 2 && fill()) {
  }
  return end_ >= 2 && buffer_[0] == '\x1f' && buffer_[1] == '\x8b';
}

const Line* LineReader::next() {
  std::string_view text;
  Ending ending = Ending::Newline;
  while (take_line(text, ending)) {
    if (ending == Ending::Newline && is_uninteresting(text)) {
      continue;
    }
    if (const Line* line = parse(text, ending)) {
      return line;
    }
  }
  return nullptr;
}

// Blank ones are not given.
bool LineReader::take_line(std::string_view& text, Ending& ending) {
  if (!pending_.empty()) {
    text = std::exchange(pending_, {});
    ending = pending_ending_;
    return true;
  }
  for (std::size_t searched = 0;;) {
    const char* from = buffer_.get() + begin_;
    const void* found = std::memchr(from + searched, '\n', end_ - begin_ - searched);
    if (found != nullptr) {
      const auto size = static_cast<std::size_t>(static_cast<const char*>(found) - from);
      begin_ += size + 1;
      ++line_number_;
      searched = 0;
      if (std::exchange(skipping_, false)) {
        continue;
      }
      text = {from, size};
      ending = Ending::Newline;
      if (text.find_first_not_of(" \t\r") != std::string_view::npos) {
        return true;
      }
      continue;
    }
    searched = end_ - begin_;
    if (searched == kBuffer || skipping_) {
      if (!std::exchange(skipping_, true)) {
        flaws_->add(Flaw::TooLong, name_, line_number_ + 1);
      }
      begin_ = end_;
      searched = 0;
    }
    if (fill()) {
      continue;
    }
    if (bytes_ == 0 && !std::exchange(at_end_, true)) {
      flaws_->add(Flaw::Empty, name_, 0);
    }
    text = {buffer_.get() + begin_, end_ - begin_};
    ending = Ending::EndOfFile;
    begin_ = end_;
    ++line_number_;
    return text.find_first_not_of(" \t\r") != std::string_view::npos;
  }
}

// False at the end. What was given out may move.
bool LineReader::fill() {
  if (at_end_) {
    return false;
  }
  if (begin_ > 0) {
    compact();
  }
  ssize_t n = 0;
  do {
    n = ::read(fd_.get(), buffer_.get() + end_, kBuffer - end_);
  } while (n < 0 && errno == EINTR);
  if (n < 0) {
    flaws_->add(Flaw::Unreadable, name_, 0, std::strerror(errno));
    at_end_ = true;
    return false;
  }
  end_ += static_cast<std::size_t>(n);
  bytes_ += static_cast<std::uint64_t>(n);
  return n > 0;
}

void LineReader::compact() {
  std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
}

// Told without parsing, and so only of lines that are as we write them.
bool LineReader::is_uninteresting(std::string_view text) const {
  if (!text.starts_with(kBeginning) || text.back() != '}') {
    return false;
  }
  const std::string_view rest = text.substr(kBeginning.size());
  const auto kind = line_kind_named(rest.substr(0, rest.find('"')));
  return kind && !wants(*kind);
}

const Line* LineReader::parse(std::string_view text, Ending ending) {
  const auto parsed = parser_.parse(text);
  if (const auto* line = std::get_if<const Line*>(&parsed)) {
    return wants((*line)->kind) ? *line : nullptr;
  }
  if (const auto* newer = std::get_if<NewerSchema>(&parsed)) {
    flaws_->add(Flaw::NewerSchema, name_, line_number_, "schema " + std::to_string(newer->schema));
    return nullptr;
  }
  // A writer that was killed leaves half a line, and the next one may have gone on behind it.
  const auto inner = text.find(kBeginning, 1);
  if (inner != std::string_view::npos) {
    pending_ = text.substr(inner);
    pending_ending_ = ending;
  }
  if (ending == Ending::EndOfFile && inner == std::string_view::npos) {
    flaws_->add(Flaw::CutOff, name_, line_number_);
  } else {
    flaws_->add(Flaw::NoLine, name_, line_number_, std::get<NoLine>(parsed).why);
  }
  return nullptr;
}

}  // namespace reloadtrace
