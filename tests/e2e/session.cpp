// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/session.h"

#include <utility>

#include "tests/support/schema_validator.h"

namespace reloadtrace::testing {

void Session::trace_with(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), view_.begin(), view_.end());
  tracer_ =
      std::make_unique<Tracer>(TracerOptions{.arguments = std::move(arguments), .record = true});
}

Line Session::verdict(const Container& container, std::size_t nth) {
  const auto is_it = [&](const Line& line) {
    return line.value("kind", "") == "reload" &&
           line.at("reader").value("container_id", "") == container.id();
  };
  const Lines found = tracer_->wait_for(is_it, nth);
  if (found.size() < nth) {
    ADD_FAILURE() << "verdict " << nth << " on " << container.id() << " did not come:\n"
                  << Line(tracer_->lines()).dump(1);
    return Line(
        {{"verdict", "none"}, {"cause", nullptr}, {"trigger", nullptr}, {"files", Lines{}}});
  }
  return found.back();
}

std::string Session::generation_of(const Line& reload, const std::string& file) {
  for (const Line& read : reload.at("files")) {
    if (read.at("file") == file) {
      return read.at("generation");
    }
  }
  return "";
}

void Session::TearDown() {
  if (tracer_ == nullptr) {
    return;
  }
  const Trace& live = tracer_->stop();
  EXPECT_EQ(live.exit_code, 0) << live.errors;
  EXPECT_EQ(SchemaValidator::from_tracer().errors_in(live.lines), "");
  if (!may_lose_) {
    EXPECT_EQ(of_kind(live.lines, "loss"), Lines{});
    ASSERT_FALSE(live.lines.empty()) << live.errors;
    ASSERT_EQ(live.lines.back().at("kind"), "stop");
    EXPECT_EQ(live.lines.back().at("lost"), Line::object());
  }
  const Trace replayed = tracer_->replay(view_);
  EXPECT_EQ(replayed.exit_code, 0) << replayed.errors;
  EXPECT_EQ(difference(live.lines, replayed.lines), "");
}

}  // namespace reloadtrace::testing
