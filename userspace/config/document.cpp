// SPDX-License-Identifier: Apache-2.0
#include "userspace/config/document.h"

#include <algorithm>
#include <array>
#include <utility>

#include "userspace/config/parsers.h"

namespace reloadtrace::config {
namespace {

struct Suffix {
  std::string_view text;
  Format format;
};

constexpr std::array kSuffixes{
    Suffix{".yaml", Format::Yaml}, Suffix{".yml", Format::Yaml},
    Suffix{".json", Format::Json}, Suffix{".properties", Format::Properties},
    Suffix{".env", Format::Env},   Suffix{".ini", Format::Ini},
    Suffix{".cfg", Format::Ini},   Suffix{".cnf", Format::Ini},
};

}  // namespace

std::optional<Format> format_of(std::string_view file) {
  std::string name(file.substr(file.find_last_of('/') + 1));
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto* const found = std::find_if(kSuffixes.begin(), kSuffixes.end(), [&](const Suffix& s) {
    return std::string_view(name).ends_with(s.text);
  });
  return found == kSuffixes.end() ? std::nullopt : std::optional(found->format);
}

std::string_view name_of(Format format) {
  switch (format) {
    case Format::Yaml:
      return "YAML";
    case Format::Json:
      return "JSON";
    case Format::Properties:
      return "properties";
    case Format::Env:
      return "env";
    case Format::Ini:
      return "INI";
  }
  return "";
}

Result<Document> parse_document(Format format, std::string_view text) {
  if (text.size() > kMaxDocumentBytes) {
    return Error{std::make_error_code(std::errc::file_too_large), "larger than 1 MiB"};
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);  // a byte order mark says nothing
  }
  Entries entries;
  Result<> parsed = Unit{};
  switch (format) {
    case Format::Yaml:
      parsed = parse_yaml(text, entries);
      break;
    case Format::Json:
      parsed = parse_json(text, entries);
      break;
    case Format::Properties:
      parsed = parse_properties(text, entries);
      break;
    case Format::Env:
      parsed = parse_env(text, entries);
      break;
    case Format::Ini:
      parsed = parse_ini(text, entries);
      break;
  }
  Result<Document> document = parsed ? std::move(entries).finish() : parsed.error();
  return document ? std::move(document)
                  : with_context(document.error(), "not " + std::string(name_of(format)));
}

}  // namespace reloadtrace::config
