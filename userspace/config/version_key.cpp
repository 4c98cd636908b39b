// SPDX-License-Identifier: Apache-2.0
#include "userspace/config/version_key.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace reloadtrace::config {
namespace {

using Json = nlohmann::json;

// The first one that a file has names it, wherever in the file it stands.
constexpr std::array<std::string_view, 5> kKeys{"version", "git-commit", "git_commit", "commit",
                                                "revision"};

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

bool is_utf8(std::string_view text) {
  static const RE2 any_text("(?s).*");
  // RE2 matches whole code points alone.
  return RE2::FullMatch(piece(text), any_text);
}

std::optional<std::string> acceptable(std::string_view value) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = value.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    return std::nullopt;
  }
  value = value.substr(first, value.find_last_not_of(kBlank) - first + 1);
  const bool control = std::any_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  return control || value.size() > kMaxVersionBytes || !is_utf8(value)
             ? std::nullopt
             : std::optional<std::string>(value);
}

// Calls `take` with each line until it returns true.
template <typename Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (take(text.substr(0, end)) || end == std::string_view::npos) {
      return;
    }
    text.remove_prefix(end + 1);
  }
}

std::optional<std::string> in_json(std::string_view text) {
  // What lies deeper is dropped while it is parsed, so that nesting costs nothing.
  const auto top_level = [](int depth, Json::parse_event_t event, Json&) {
    return depth == 0 || (event != Json::parse_event_t::object_start &&
                          event != Json::parse_event_t::array_start);
  };
  const Json parsed = Json::parse(text, top_level, false);
  if (!parsed.is_object()) {
    return std::nullopt;
  }
  for (const std::string_view key : kKeys) {
    const auto found = parsed.find(std::string(key));
    if (found != parsed.end() && found->is_string()) {
      return acceptable(found->get_ref<const std::string&>());
    }
    if (found != parsed.end() && found->is_number()) {
      return acceptable(found->dump());
    }
  }
  return std::nullopt;
}

// YAML and properties alike: a line that begins with the key.
std::optional<std::string> in_lines(std::string_view text) {
  static const RE2 line_of_key(
      R"re(^(version|git-commit|git_commit|commit|revision)[ \t]*[:=][ \t]*)re"
      R"re((?:"([^"]*)"|'([^']*)'|([^"' \t\r#][^ \t\r]*)))re");
  std::size_t best = kKeys.size();
  std::optional<std::string> version;
  each_line(text, [&](std::string_view line) {
    re2::StringPiece key;
    std::array<re2::StringPiece, 3> value;
    if (RE2::PartialMatch(piece(line), line_of_key, &key, &value[0], &value[1], &value[2])) {
      const auto rank = static_cast<std::size_t>(
          std::find(kKeys.begin(), kKeys.end(), std::string_view(key.data(), key.size())) -
          kKeys.begin());
      const auto given =
          std::find_if(value.begin(), value.end(), [](const auto& one) { return !one.empty(); });
      if (rank < best && given != value.end()) {
        best = rank;
        // A match ends before broken UTF-8: half a value is none.
        version = is_utf8(line) ? acceptable({given->data(), given->size()}) : std::nullopt;
      }
    }
    return best == 0;
  });
  return version;
}

}  // namespace

Result<VersionKey> VersionKey::parse(std::string_view text) {
  const auto invalid = [](std::string reason) {
    return Error{std::make_error_code(std::errc::invalid_argument), std::move(reason)};
  };
  VersionKey key;
  const std::size_t colon = text.find(':');
  key.file_ = text.substr(0, colon);
  if (key.file_.empty() || key.file_.front() == '/' || key.file_.starts_with("..")) {
    return invalid("'" + std::string(text) +
                   "' does not begin with the name of a file in a volume");
  }
  if (colon != std::string_view::npos) {
    RE2::Options quiet;
    quiet.set_log_errors(false);
    auto pattern = std::make_shared<const RE2>(piece(text.substr(colon + 1)), quiet);
    if (text.size() == colon + 1) {
      return invalid("'" + std::string(text) + "' has an empty REGEX");
    }
    if (!pattern->ok()) {
      return invalid("'" + std::string(text) + "': " + pattern->error());
    }
    key.pattern_ = std::move(pattern);
  }
  return key;
}

std::optional<std::string> VersionKey::find(std::string_view text) const {
  if (text.size() > kMaxVersionFileBytes) {
    return std::nullopt;
  }
  if (!pattern_) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{' ? in_json(text) : in_lines(text);
  }
  std::optional<std::string> version;
  each_line(text, [&](std::string_view line) {
    std::array<re2::StringPiece, 2> match;
    const int groups = std::min(pattern_->NumberOfCapturingGroups(), 1);
    if (!pattern_->Match(piece(line), 0, line.size(), RE2::UNANCHORED, match.data(), groups + 1)) {
      return false;
    }
    const re2::StringPiece& value = match.at(static_cast<std::size_t>(groups));
    version = is_utf8(line) ? acceptable({value.data(), value.size()}) : std::nullopt;
    return true;
  });
  return version;
}

}  // namespace reloadtrace::config
