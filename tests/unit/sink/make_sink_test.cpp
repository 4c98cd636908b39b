// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/make_sink.h"

#include <gtest/gtest.h>
#include <sys/ioctl.h>

#include "tests/unit/sink/reports.h"

namespace reloadtrace {
namespace {

using namespace test;

// An environment variable for the time of a test; nullptr unsets it.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) {
      before_ = before;
    }
    set(value);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }

 private:
  void set(const char* value) { value == nullptr ? ::unsetenv(name_) : ::setenv(name_, value, 1); }

  const char* name_;
  std::optional<std::string> before_;
};

// The far end of a pseudo-terminal of 80 columns.
class Terminal {
 public:
  Terminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    ::grantpt(master_.get());
    ::unlockpt(master_.get());
    char name[64] = "";
    ::ptsname_r(master_.get(), name, sizeof name);
    slave_ = UniqueFd(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
    const winsize size{24, 80, 0, 0};
    ::ioctl(slave_.get(), TIOCSWINSZ, &size);
  }
  int fd() const { return slave_.get(); }

 private:
  UniqueFd master_;
  UniqueFd slave_;
};

std::string first_word(Format format, const TerminalInfo& terminal) {
  Captured captured;
  EXPECT_TRUE(make_sink(format, captured.output(), terminal)->write(stop()));
  const std::string text = captured.take();
  return text.substr(text.find_first_not_of('\n'), 7);
}

TEST(MakeSink, takes_a_table_on_a_terminal_and_JSON_elsewhere) {
  TerminalInfo terminal;
  EXPECT_EQ(first_word(Format::Auto, terminal), "{\"schem");
  EXPECT_EQ(first_word(Format::Table, terminal), "stopped");
  terminal.is_terminal = true;
  EXPECT_EQ(first_word(Format::Auto, terminal), "stopped");
  EXPECT_EQ(first_word(Format::Json, terminal), "{\"schem");
}

TEST(MakeSink, knows_its_formats_and_says_which) {
  EXPECT_EQ(*parse_format("auto"), Format::Auto);
  EXPECT_EQ(*parse_format("table"), Format::Table);
  EXPECT_EQ(*parse_format("json"), Format::Json);
  EXPECT_EQ(*parse_format("otlp"), Format::Otlp);
  const Result<Format> unknown = parse_format("xml");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, "no such format: xml (there are auto, table, json and otlp)");
}

TEST(LookAtTerminal, finds_no_terminal_in_a_file) {
  const UniqueFd file(::memfd_create("file", MFD_CLOEXEC));
  const TerminalInfo info = look_at_terminal(file.get());
  EXPECT_FALSE(info.is_terminal);
  EXPECT_FALSE(info.colour);
  EXPECT_EQ(info.columns, 100);
}

TEST(LookAtTerminal, takes_width_and_colour_of_a_terminal) {
  const Terminal terminal;
  const Variable term("TERM", "xterm-256color");
  const Variable no_color("NO_COLOR", nullptr);
  const TerminalInfo info = look_at_terminal(terminal.fd());
  EXPECT_TRUE(info.is_terminal);
  EXPECT_TRUE(info.colour);
  EXPECT_EQ(info.columns, 80);
}

TEST(LookAtTerminal, leaves_colour_to_NO_COLOR_and_dumb_terminals) {
  const Terminal terminal;
  {
    const Variable term("TERM", "xterm");
    const Variable no_color("NO_COLOR", "1");
    EXPECT_FALSE(look_at_terminal(terminal.fd()).colour);
  }
  const Variable term("TERM", "dumb");
  const Variable no_color("NO_COLOR", nullptr);
  EXPECT_FALSE(look_at_terminal(terminal.fd()).colour);
}

TEST(LookAtTerminal, follows_the_locale_and_takes_none_for_UTF_8) {
  const Variable all("LC_ALL", nullptr);
  const Variable ctype("LC_CTYPE", nullptr);
  {
    const Variable lang("LANG", nullptr);
    EXPECT_EQ(look_at_terminal(-1).charset, Charset::Utf8);
  }
  {
    const Variable lang("LANG", "en_US.UTF-8");
    EXPECT_EQ(look_at_terminal(-1).charset, Charset::Utf8);
  }
  const Variable lang("LANG", "C");
  EXPECT_EQ(look_at_terminal(-1).charset, Charset::Ascii);
}

}  // namespace
}  // namespace reloadtrace
