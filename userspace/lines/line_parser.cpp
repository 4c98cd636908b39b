// SPDX-License-Identifier: Apache-2.0
#include "userspace/lines/line_parser.h"

// Vectors where every x86-64 has them: strings are most of a line.
#ifdef __SSE2__
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <span>

#include "userspace/lines/line_places.h"

namespace reloadtrace {
namespace {

using rapidjson::SizeType;

// Deeper than any line; what is deeper is not one, and must not take our stack.
constexpr std::size_t kMaxDepth = 16;
// What the vectors may read behind the end.
constexpr std::size_t kPadding = 32;

// Takes the parser's events: keeps what has a place in Line.
class Fields {
 public:
  explicit Fields(Line& line) : line_(line) {}

  // Whether the whole was one object.
  bool is_object() const { return is_object_; }
  std::uint64_t schema() const { return schema_; }

  // NOLINTBEGIN(readability-identifier-naming): rapidjson names these
  bool Null() { return depth_ > 0; }
  bool Bool(bool) { return depth_ > 0; }
  bool Int(int value) { return number(value); }
  bool Uint(unsigned value) { return number(value); }
  bool Int64(std::int64_t value) { return number(static_cast<double>(value)); }
  bool Uint64(std::uint64_t value) { return number(static_cast<double>(value)); }
  bool Double(double value) { return number(value); }
  bool RawNumber(const char*, SizeType, bool) { return false; }

  bool String(const char* text, SizeType size, bool) {
    if (depth_ == 0) {
      return false;
    }
    const std::string_view value(text, size);
    if (top().is_list) {
      if (top().place == Place::Changed) {
        line_.publish.changed.push_back(value);
      }
    } else if (depth_ == 1 && name_ == "kind") {
      line_.kind = line_kind_named(value).value_or(LineKind::Other);
    } else if (field_ != nullptr && field_->text != nullptr) {
      field_->text(line_) = value;
    }
    return true;
  }

  bool Key(const char* text, SizeType size, bool) {
    const std::string_view key(text, size);
    name_ = key;
    field_ = field_named(top().place, key);
    return true;
  }

  bool StartObject() {
    if (depth_ == 0) {
      is_object_ = true;
      return push(Place::Line, false);
    }
    const Place place = top().is_list ? top().place : opened();
    begin_item(place);  // also where a list was expected: its fields need one
    return push(place, false);
  }
  bool EndObject(SizeType) { return pop(); }
  bool StartArray() {
    // A list of lists is nothing that we know.
    return depth_ > 0 && push(top().is_list ? Place::Nowhere : opened(), true);
  }
  bool EndArray(SizeType) { return pop(); }
  // NOLINTEND(readability-identifier-naming)

 private:
  struct Level {
    Place place = Place::Nowhere;
    bool is_list = false;
  };

  const Level& top() const { return levels_[depth_ - 1]; }
  Place opened() const { return field_ == nullptr ? Place::Nowhere : field_->opens; }

  bool push(Place place, bool is_list) {
    if (depth_ == kMaxDepth) {
      return false;
    }
    levels_[depth_++] = {place, is_list};
    field_ = nullptr;
    return true;
  }
  bool pop() {
    --depth_;
    field_ = nullptr;
    return true;
  }

  void begin_item(Place place) {
    if (place == Place::Processes) {
      line_.processes.emplace_back();
    } else if (place == Place::Observers) {
      line_.observers.emplace_back();
    }
  }

  bool number(double value) {
    if (depth_ == 0) {
      return false;
    }
    if (top().is_list) {
      return true;
    }
    if (top().place == Place::Lost) {
      line_.lost.emplace_back(name_, count_of(value));
    } else if (depth_ == 1 && name_ == "schema") {
      schema_ = count_of(value);
    } else if (field_ != nullptr && field_->number != nullptr) {
      field_->number(line_, value);
    }
    return true;
  }

  Line& line_;
  std::array<Level, kMaxDepth> levels_;
  std::size_t depth_ = 0;
  std::string_view name_;
  const Field* field_ = nullptr;
  std::uint64_t schema_ = 0;
  bool is_object_ = false;
};

// Keeps the memory of the lists.
void clear(Line& line) {
  Line fresh;
  for (auto list : {&Line::processes, &Line::observers}) {
    (line.*list).clear();
    (fresh.*list).swap(line.*list);
  }
  line.lost.clear();
  fresh.lost.swap(line.lost);
  line.publish.changed.clear();
  fresh.publish.changed.swap(line.publish.changed);
  line = std::move(fresh);
}

// What is missing that a line of this kind has always had; empty when nothing is.
std::string_view missing_field(const Line& line) {
  if (line.time.empty()) {
    return "time";
  }
  if (line.kind == LineKind::Publish || line.kind == LineKind::Reload) {
    if (line.volume.kind.empty()) {
      return "volume";
    }
    if (line.publish.to.empty() || line.publish.time.empty()) {
      return "publish";
    }
  }
  if (line.kind == LineKind::Reload) {
    if (line.verdict.empty()) {
      return "verdict";
    }
    if (line.reader.kind.empty()) {
      return "reader";
    }
  }
  return {};
}

}  // namespace

std::variant<const Line*, NewerSchema, NoLine> LineParser::parse(std::string_view text) {
  constexpr unsigned kHow = rapidjson::kParseInsituFlag;
  clear(line_);
  bytes_.assign(text);
  bytes_.append(kPadding, '\0');
  Fields fields(line_);
  rapidjson::Reader reader;
  rapidjson::InsituStringStream stream(bytes_.data());
  if (reader.Parse<kHow>(stream, fields).IsError() || stream.Tell() < text.size()) {
    return NoLine{"not JSON"};
  }
  if (!fields.is_object() || fields.schema() == 0) {
    return NoLine{"no schema"};
  }
  if (fields.schema() != 1) {
    return NewerSchema{fields.schema()};
  }
  if (line_.kind == LineKind::Publish) {
    line_.publish.time = line_.time;
  }
  if (const std::string_view missing = missing_field(line_); !missing.empty()) {
    return NoLine{"without " + std::string(missing)};
  }
  return &line_;
}

}  // namespace reloadtrace
