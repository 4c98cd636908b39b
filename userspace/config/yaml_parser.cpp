// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "userspace/config/parsers.h"

namespace reloadtrace::config {
namespace {

// Whether `value` without quotes is a string to every parser, of YAML 1.1 (where `on` is true) and
// 1.2: then quotes around it say nothing.
bool is_surely_string(const std::string& value) {
  constexpr std::array<std::string_view, 9> kWords{"y",   "n",    "yes",   "no",  "on",
                                                   "off", "true", "false", "null"};
  if (value.empty() || value.find(':') != std::string::npos) {
    return false;
  }
  std::string lower = value;
  bool letter = false;
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  letter = lower.front() >= 'a' && lower.front() <= 'z';
  return letter && std::find(kWords.begin(), kWords.end(), lower) == kWords.end();
}

// Thrown through yaml-cpp, which throws its own.
struct Refused {
  std::string reason;
};

// An alias is the path of what it names, not a copy: a few lines of aliases of aliases would else
// make billions of keys.
class Flattener final : public YAML::EventHandler {
 public:
  explicit Flattener(Entries& out) : out_(out) {}

  void OnDocumentStart(const YAML::Mark&) override {
    ++documents_;
    anchors_.clear();
    path_.begin(documents_ == 1 ? "" : "doc" + std::to_string(documents_) + ":");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark&, YAML::anchor_t anchor) override {
    if (!took_key("~", "?")) {
      leaf(anchor, "null", "plain");
    }
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (awaits_key()) {
      refuse(mark, "a key that is an alias");
    }
    leaf(0, "*" + anchors_[anchor], "alias");
  }
  void OnScalar(const YAML::Mark& mark,
                const std::string& tag,
                YAML::anchor_t anchor,
                const std::string& value) override {
    if (awaits_key() && tag != "?" && tag != "!") {
      refuse(mark, "a key with a tag");
    }
    if (took_key(value, tag)) {
      return;
    }
    // "?" is a plain scalar, "!" one in quotes or a block; all else was written.
    const bool string = tag == "!" || (tag == "?" && is_surely_string(value));
    leaf(anchor, value, string ? "string" : tag == "?" ? "plain" : tag);
  }

  void OnSequenceStart(const YAML::Mark& mark,
                       const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    enter(mark, tag, anchor, false);
  }
  void OnSequenceEnd() override { leave("[]"); }
  void OnMapStart(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    enter(mark, tag, anchor, true);
  }
  void OnMapEnd() override { leave("{}"); }

 private:
  struct Open {
    std::string tag;
    bool key_read;  // of a map: its value comes next
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, std::string_view reason) {
    throw Refused{malformed_at(static_cast<std::size_t>(mark.line) + 1, reason).message};
  }

  bool awaits_key() const { return path_.in_map() && !open_.back().key_read; }
  bool took_key(const std::string& name, const std::string& tag) {
    if (!awaits_key()) {
      return false;
    }
    path_.name(name, tag == "!" && !is_surely_string(name));
    open_.back().key_read = true;
    return true;
  }
  void begin_value(YAML::anchor_t anchor) {
    path_.next_item();
    if (path_.in_map()) {
      open_.back().key_read = false;
    }
    if (anchor != YAML::NullAnchor) {
      anchors_[anchor] = path_.text();
    }
  }
  void leaf(YAML::anchor_t anchor, std::string value, std::string type) {
    begin_value(anchor);
    add(std::move(value), std::move(type));
  }
  void add(std::string value, std::string type) {
    if (!out_.add({path_.text(), std::move(value), std::move(type)})) {
      throw Refused{};
    }
  }
  void enter(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool map) {
    if (awaits_key()) {
      refuse(mark, "a key that is no scalar");
    }
    begin_value(anchor);
    if (!(map ? path_.enter_map() : path_.enter_list())) {
      refuse(mark, "nested too deep");
    }
    open_.push_back({tag == "?" || tag == "!" ? std::string() : tag, false});
  }
  void leave(const char* empty) {
    const std::string tag = std::move(open_.back().tag);
    open_.pop_back();
    const bool was_empty = path_.leave();
    if (was_empty || !tag.empty()) {
      add(was_empty ? empty : "", "collection " + tag);
    }
  }

  Entries& out_;
  KeyPath path_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, std::string> anchors_;
  int documents_ = 0;
};

}  // namespace

Result<> parse_yaml(std::string_view text, Entries& out) {
  if (text.find('\0') != std::string_view::npos) {
    return malformed("a zero byte");  // for yaml-cpp the text ends there
  }
  std::istringstream stream{std::string(text)};
  Flattener flattener(out);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(flattener)) {
    }
  } catch (const Refused& refused) {
    return refused.reason.empty() ? Result<>(Unit{}) : malformed(refused.reason);
  } catch (const YAML::Exception& error) {
    return malformed_at(static_cast<std::size_t>(error.mark.line) + 1, error.msg);
  }
  return Unit{};  // what there was no room for, finish() tells
}

}  // namespace reloadtrace::config
