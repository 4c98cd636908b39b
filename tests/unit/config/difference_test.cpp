// SPDX-License-Identifier: Apache-2.0
#include "userspace/config/difference.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reloadtrace::config {
namespace {

DiffOptions options(Detail detail = Detail::Values, const std::vector<std::string>& ignored = {}) {
  DiffOptions out;
  out.detail = detail;
  for (const std::string& pattern : ignored) {
    EXPECT_TRUE(out.ignored.add(pattern)) << pattern;
  }
  return out;
}

// "key: before → after", "+key: after", "-key: before", in one line; or why there is none.
std::string told(std::string_view file,
                 std::string_view before,
                 std::string_view after,
                 const DiffOptions& how = options()) {
  const Difference found = difference(file, before, after, how);
  std::string out = found.not_compared;
  for (const KeyChange& change : found.keys) {
    out += out.empty() ? "" : ", ";
    switch (change.kind) {
      case KeyChangeKind::Modified:
        out += change.key + ": " + change.before + " → " + change.after;
        break;
      case KeyChangeKind::Added:
        out += "+" + change.key + ": " + change.after;
        break;
      case KeyChangeKind::Removed:
        out += "-" + change.key + ": " + change.before;
        break;
    }
  }
  return out;
}

struct Case {
  const char* name;
  const char* file;
  std::string before;
  std::string after;
  std::string told;  // empty: a pseudo update
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

class DifferenceCases : public testing::TestWithParam<Case> {};

TEST_P(DifferenceCases, are_told_by_key) {
  const Case& one = GetParam();
  EXPECT_EQ(told(one.file, one.before, one.after), one.told);
  const Difference found = difference(one.file, one.before, one.after, options());
  EXPECT_EQ(found.pseudo(), one.told.empty());
}

const Case kCases[] = {
    // YAML
    {"yaml_value", "a.yaml", "log:\n  level: info\n", "log:\n  level: debug\n",
     "log.level: info → debug"},
    {"yaml_added_and_removed", "a.yml", "a: 1\nb: 2\n", "b: 2\nc: 3\n", "-a: 1, +c: 3"},
    {"yaml_list_item", "a.yaml", "hosts: [a, b]\n", "hosts: [a, c, d]\n",
     "hosts[1]: b → c, +hosts[2]: d"},
    {"yaml_lists_in_lists", "a.yaml", "a: [[1, 2], [3]]\n", "a:\n- [1, 2]\n- [4]\n",
     "a[1][0]: 3 → 4"},
    {"yaml_comment_order_and_space", "a.yaml", "# one\na: 1\nb: {x: 1, y: 2}\n",
     "b:\n   y: 2   # two\n   x: 1\n\na: 1\n", ""},
    {"yaml_quotes_around_a_word", "a.yaml", "a: info\n", "a: \"info\"\n", ""},
    {"yaml_quotes_make_a_string", "a.yaml", "port: 8080\n", "port: '8080'\n",
     "port: 8080 (plain) → 8080 (string)"},
    {"yaml_quotes_around_what_was_true", "a.yaml", "a: on\n", "a: 'on'\n",
     "a: on (plain) → on (string)"},
    {"yaml_quotes_around_a_key_that_was_true", "a.yaml", "on: 1\n", "'on': 1\n",
     "+[\"on\"]: 1, -on: 1"},
    {"yaml_item_order_means_something", "a.yaml", "a: [x, y]\n", "a: [y, x]\n",
     "a[0]: x → y, a[1]: y → x"},
    {"yaml_what_an_alias_names", "a.yaml", "a: &x 1\nb: &y 2\nc: *x\n", "b: &y 2\na: &x 1\nc: *y\n",
     "c: *a → *b"},
    {"yaml_an_anchors_name", "a.yaml", "a: &x 1\nc: *x\n", "a: &z 1\nc: *z\n", ""},
    {"yaml_documents", "a.yaml", "a: 1\n---\na: 2\n", "a: 1\n---\na: 3\n", "doc2:a: 2 → 3"},
    {"yaml_empty_map", "a.yaml", "a: {}\n", "a: {b: 1}\n", "-a: {}, +a.b: 1"},
    {"yaml_dot_in_a_name", "a.yaml", "a.b: 1\n", "a: {b: 1}\n", "-[\"a.b\"]: 1, +a.b: 1"},
    {"yaml_tag", "a.yaml", "a: 1\n", "a: !!str 1\n", "a: 1 (plain) → 1 (tag:yaml.org,2002:str)"},
    {"yaml_block_is_its_text", "a.yaml", "a: |\n  x\n  y\n", "a: \"x\\ny\\n\"\n", ""},
    {"yaml_malformed", "a.yaml", "a: 1\n", "a: [1\n",
     "not YAML: line 2: end of sequence flow not found"},
    {"yaml_key_twice", "a.yaml", "a: 1\n", "a: 1\na: 2\n", "not YAML: a key comes twice"},
    {"yaml_key_of_a_map", "a.yaml", "a: 1\n", "? {b: 1}\n: 2\n",
     "not YAML: line 1: a key that is no scalar"},
    // JSON
    {"json_value", "a.json", R"({"a":{"b":[1,{"c":"x"}]}})", R"({"a":{"b":[1,{"c":"y"}]}})",
     "a.b[1].c: x → y"},
    {"json_order_and_space", "a.json", R"({"a":1,"b":2})", "{ \"b\": 2,\n \"a\": 1 }", ""},
    {"json_type", "a.json", R"({"a":1})", R"({"a":"1"})", "a: 1 (number) → 1 (string)"},
    {"json_malformed", "a.json", R"({"a":1})", R"({"a":1)", "not JSON: error at byte 7"},
    {"json_was_malformed", "a.json", R"({"a":1)", R"({"a":1})",
     "before: not JSON: error at byte 7"},
    {"json_key_twice", "a.json", R"({"a":1})", R"({"a":1,"a":2})", "not JSON: a key comes twice"},
    {"json_one_value", "a.json", "1", "2", ".: 1 → 2"},
    // properties
    {"properties_value", "a.properties", "log.level=info\n", "log.level: debug\n",
     "log.level: info → debug"},
    {"properties_escapes_and_lines", "a.properties", "a b=1\nkey=one,two\n",
     "! note\nkey = one,\\\n      two\na\\u0020b=1\n", "-a: b=1, +a b: 1"},
    {"properties_same_in_other_words", "a.properties", "k=\\u00e9t\\u00e9\\\n  !\n",
     "#\n\n  k : été!\r\n", ""},
    {"properties_last_wins", "a.properties", "a=1\na=2\n", "a=2\n", ""},
    {"properties_bad_escape", "a.properties", "a=1\n", "a=\\u12\n",
     "not properties: line 1: \\u without four digits"},
    // env
    {"env_value", ".env", "A=1\nexport B='x'\n", "B='y'\n# c\nA=1\n", "B: 'x' → 'y'"},
    {"env_order_and_comment", "app.env", "A=1\nB=2\n", "B=2\n\n# c\nA=1\n", ""},
    {"env_a_hash_may_be_a_value", ".env", "A=1\n", "A=1 # one\n", "A: 1 → 1 # one"},
    {"env_over_lines", ".env", "K=\"a\nb\"\n", "K=\"a\nc\"\n", "K: \"a\nb\" → \"a\nc\""},
    {"env_malformed", ".env", "A=1\n", "A 1\n", "not env: line 1: no NAME=VALUE"},
    // INI
    {"ini_value", "a.ini", "[server]\nport = 1\n[client]\nport=2\n",
     "[client]\nport: 2\n; note\n[server]\nport = 3\n", "[server] port: 1 → 3"},
    {"ini_order_of_one_key_means_something", "a.cfg", "[a]\nx=1\nx=2\n", "[a]\nx=2\nx=1\n",
     "[a] x: 1 → 2, [a] x[1]: 2 → 1"},
    {"ini_lines_that_go_on", "a.ini", "[a]\nx =\n  b = 1\n  a = 2\n",
     "[a]\nx =\n  a = 2\n  b = 1\n", "[a] x: \n  b = 1\n  a = 2 → \n  a = 2\n  b = 1"},
    {"ini_indented_keys", "a.ini", "[a]\n\tx = 1\n\ty = 2\n", "[a]\n\ty = 2\n\tx = 1\n", ""},
    {"ini_a_section_alone", "a.ini", "[a]\n", "[a]\n[b]\n", "+[b]: "},
    {"ini_malformed", "a.ini", "[a]\n", "[a\n", "not INI: line 1: no [section]"},
    // no format
    {"no_format", "app.conf", "a", "b", "its name says no format"},
};

INSTANTIATE_TEST_SUITE_P(Of, DifferenceCases, testing::ValuesIn(kCases), [](const auto& one) {
  return one.param.name;
});

TEST(Difference, shows_values_only_when_asked) {
  const Difference found =
      difference("a.yaml", "password: one\n", "password: two\n", options(Detail::Keys));
  ASSERT_EQ(found.keys.size(), 1U);
  EXPECT_EQ(found.keys[0].key, "password");
  EXPECT_EQ(found.keys[0].before + found.keys[0].after, "");
}

TEST(Difference, leaves_out_keys_that_are_ignored_and_counts_them) {
  const auto how = options(Detail::Keys, {"generatedAt", "metadata.labels", "*.build-*"});
  const std::string before =
      "generatedAt: 1\nmetadata: {labels: {a: 1}, name: x}\nspec: {build-id: 1, labels: 1}\n";
  const std::string after =
      "generatedAt: 2\nmetadata: {labels: {a: 2}, name: y}\nspec: {build-id: 2, labels: 2}\n";
  const Difference found = difference("a.yaml", before, after, how);
  ASSERT_EQ(found.keys.size(), 2U);
  EXPECT_EQ(found.keys[0].key, "metadata.name");
  EXPECT_EQ(found.keys[1].key, "spec.labels");
  EXPECT_EQ(found.ignored, 3U);
  EXPECT_FALSE(found.pseudo());
}

TEST(Difference, in_ignored_keys_alone_is_a_pseudo_update) {
  const auto how = options(Detail::Keys, {"at"});
  const Difference found = difference("a.ini", "[a]\nat=1\n", "[a]\nat=2\n", how);
  EXPECT_TRUE(found.pseudo());
  EXPECT_EQ(found.ignored, 1U);
}

TEST(Difference, of_many_keys_names_some_and_counts_the_rest) {
  std::string before;
  std::string after;
  for (int i = 0; i < 200; ++i) {
    before += "k" + std::to_string(i) + "=1\n";
    after += "k" + std::to_string(i) + "=2\n";
  }
  const Difference found = difference("a.env", before, after, options());
  EXPECT_EQ(found.keys.size(), kMaxShownKeys);
  EXPECT_EQ(found.more, 200 - kMaxShownKeys);
}

TEST(Difference, cuts_long_values_at_a_whole_character_and_compares_all_of_them) {
  const std::string value(kMaxShownBytes - 1, 'x');
  const Difference found =
      difference("a.env", "A=" + value + "éa\n", "A=" + value + "éb\n", options());
  ASSERT_EQ(found.keys.size(), 1U);
  EXPECT_EQ(found.keys[0].after, value + "…");
}

struct Hostile {
  const char* name;
  const char* file;
  std::string text;
  std::string why;
};

void PrintTo(const Hostile& one, std::ostream* out) {
  *out << one.name;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += text;
  }
  return out;
}

std::string aliases_of_aliases() {
  std::string out = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 60; ++i) {
    const std::string last = std::to_string(i - 1);
    out += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + last + ", *a" + last +
           "]\n";
  }
  return out;
}

class HostileText : public testing::TestWithParam<Hostile> {};

// Each of these would take gigabytes, minutes or the stack of one who is not careful.
TEST_P(HostileText, is_compared_or_refused_within_bounds) {
  const Hostile& one = GetParam();
  const Difference found = difference(one.file, one.text, one.text + "\n", options());
  EXPECT_EQ(found.not_compared, one.why);
}

const Hostile kHostile[] = {
    {"too_large", "a.yaml", std::string(kMaxDocumentBytes + 1, 'a'), "before: larger than 1 MiB"},
    {"deep_yaml_flow", "a.yaml", repeated("[", 1'000) + repeated("]", 1'000),
     "before: not YAML: line 1: nested too deep"},
    {"deep_yaml_blocks", "a.yaml", repeated("- ", 50'000),
     "before: not YAML: line 1: nested too deep"},
    {"deep_json", "a.json", std::string(500'000, '['), "before: not JSON: nested too deep"},
    {"aliases", "a.yaml", aliases_of_aliases(), ""},
    {"one_long_name_above_many", "a.json",
     "{\"" + std::string(500'000, 'k') + "\":[" + repeated("0,", 200'000) + "0]}",
     "before: not JSON: more keys than are compared"},
    {"many_keys", "a.env", repeated("A=1\n", 200'000),
     "before: not env: more keys than are compared"},
    {"zero_byte", "a.yaml", std::string("a: 1\n\0b: 2\n", 11), "before: not YAML: a zero byte"},
    {"no_utf8", "a.json", "{\"a\":\"\xff\"}", "before: not JSON: error at byte 7"},
    {"empty", "a.yaml", "", ""},
};

INSTANTIATE_TEST_SUITE_P(Of, HostileText, testing::ValuesIn(kHostile), [](const auto& one) {
  return one.param.name;
});

TEST(KeyPatterns, refuse_what_names_nothing) {
  KeyPatterns patterns;
  EXPECT_FALSE(patterns.add(""));
  EXPECT_FALSE(patterns.add(std::string(kMaxPatternBytes + 1, 'a')));
  EXPECT_FALSE(patterns.match("a"));
}

TEST(KeyPatterns, match_a_key_and_all_below_it) {
  KeyPatterns patterns;
  ASSERT_TRUE(patterns.add("time"));
  ASSERT_TRUE(patterns.add("a.b"));
  for (const char* key : {"time", "x.time", "x[1].time.unit", "doc2:time", "[s] time", "time[2]",
                          "a.b", "a.b.c", "a.b[0]"}) {
    EXPECT_TRUE(patterns.match(key)) << key;
  }
  for (const char* key : {"timeout", "mytime", "x.a.b", "a.bc", "a"}) {
    EXPECT_FALSE(patterns.match(key)) << key;
  }
}

}  // namespace
}  // namespace reloadtrace::config
