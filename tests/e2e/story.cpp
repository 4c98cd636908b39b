// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/story.h"

#include <ostream>
#include <utility>

namespace reloadtrace::testing {

Row row_of(const Line& reload) {
  const auto text_or_empty = [](const Line& value) {
    return value.is_null() ? "" : value.get<std::string>();
  };
  const Line& trigger = reload.at("trigger");
  return {reload.value("verdict", ""), text_or_empty(reload.at("cause")),
          trigger.is_null() ? "" : text_or_empty(trigger.at("kind"))};
}

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.verdict << " cause=" << row.cause << " trigger=" << row.trigger;
}

Container& Story::start(const std::string& behaviour, const std::vector<std::string>& more) {
  return start({.command = actor(behaviour, kMount, more), .mounts = {volume_.mounted_at(kMount)}});
}

Container& Story::start(ContainerOptions options) {
  return *containers_.emplace_back(std::make_unique<Container>(pod_, std::move(options)));
}

void Story::trace(const std::vector<std::string>& more, const std::string& deadline) {
  std::vector<std::string> arguments = {"--path", volume_.path(), "--deadline", deadline};
  arguments.insert(arguments.end(), more.begin(), more.end());
  arguments.insert(arguments.end(), view_.begin(), view_.end());
  tracer_ = std::make_unique<Tracer>(TracerOptions{.arguments = arguments, .record = true});
}

Line Story::verdict(const Container& container, std::size_t nth) {
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

std::string Story::generation_of(const Line& reload, const std::string& file) {
  for (const Line& read : reload.at("files")) {
    if (read.at("file") == file) {
      return read.at("generation");
    }
  }
  return "";
}

void Story::TearDown() {
  if (tracer_ == nullptr) {
    return;
  }
  const Trace& live = tracer_->stop();
  EXPECT_EQ(live.exit_code, 0) << live.errors;
  EXPECT_EQ(SchemaValidator::from_tracer().errors_in(live.lines), "");
  if (!may_lose_) {
    EXPECT_EQ(of_kind(live.lines, "loss"), Lines{});
    ASSERT_EQ(live.lines.back().at("kind"), "stop");
    EXPECT_EQ(live.lines.back().at("lost"), Line::object());
  }
  const Trace replayed = tracer_->replay(view_);
  EXPECT_EQ(replayed.exit_code, 0) << replayed.errors;
  EXPECT_EQ(difference(live.lines, replayed.lines), "");
}

}  // namespace reloadtrace::testing
