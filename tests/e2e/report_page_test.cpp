// SPDX-License-Identifier: Apache-2.0
// The page of `reloadtrace report` as a browser shows it. With RELOADTRACE_SCREENSHOTS=DIR it
// leaves pictures there, for people to look at.
#include <cstdlib>

#include "tests/support/browser.h"
#include "tests/support/places.h"
#include "tests/support/requirements.h"
#include "tests/support/tracer.h"

namespace reloadtrace::testing {
namespace {

constexpr const char* kHostile =
    "</script><img src=x onerror=alert(1)><b>\\u001b[2J\\u202e{{script}}&lt;";

// A line as the tracer writes them; `name` is JSON text.
std::string reload(int second,
                   const std::string& name,
                   const std::string& verdict,
                   const std::string& cause,
                   double read) {
  const std::string at = "2026-11-22T12:00:" + std::to_string(10 + second);
  const bool reread = read > 0;
  Line line = {
      {"schema", 1},
      {"kind", "reload"},
      {"time", at + ".500000000Z"},
      {"node", "n1"},
      {"verdict", verdict},
      {"cause", cause.empty() ? Line() : Line(cause)},
      {"evidence", "evidence of " + verdict},
      {"advice", reread ? Line() : Line("advice for " + cause)},
      {"confidence", "exact"},
      {"volume",
       {{"kind", "configmap"}, {"name", "config"}, {"path", "/etc/config"}, {"host_path", "/v/1"}}},
      {"reader",
       {{"kind", "container"},
        {"namespace", "shop"},
        {"pod", "web-1"},
        {"container", "NAME"},
        {"container_id", "c" + std::to_string(second)},
        {"pod_uid", "u"}}},
      {"publish",
       {{"time", "2026-11-22T12:00:00.000000000Z"},
        {"from", "..1"},
        {"to", "..2"},
        {"writer", {{"pid", 900}, {"comm", "kubelet"}}},
        {"changed", {"app.yaml"}}}},
      {"trigger", reread ? Line({{"kind", "inotify"}, {"detail", "IN_MOVED_TO ..data"}}) : Line()},
      {"latency_ms",
       {{"notified", reread ? Line(read / 4) : Line()},
        {"opened", reread ? Line(read / 2) : Line()},
        {"read", reread ? Line(read) : Line()}}}};
  std::string text = line.dump() + "\n";
  return text.replace(text.find("NAME"), 4, name);
}

class ReportPage : public ::testing::Test {
 protected:
  void SetUp() override {
    RELOADTRACE_REQUIRE(why_browser_cannot_run());
    browser_ = std::make_unique<Browser>();
  }

  // Whatever a test did, the page was silent and alone.
  void TearDown() override {
    if (browser_) {
      EXPECT_EQ(browser_->complaints(), std::vector<std::string>{});
      EXPECT_EQ(browser_->requests(), std::vector<std::string>{});
    }
  }

  void show(const std::string& lines) {
    write_file(directory_.at("lines.jsonl"), lines);
    show_file(directory_.at("lines.jsonl"));
  }
  void show_file(const std::string& file) {
    const Completed made = run_tracer({"report", file, "-o", directory_.at("report.html")});
    ASSERT_EQ(made.exit_code, 0) << made.errors;
    browser_->open(directory_.at("report.html"));
  }

  Line js(const std::string& expression) { return browser_->evaluate(expression); }
  // The texts of all elements, one each.
  Line texts(const std::string& selector) {
    return js("[...document.querySelectorAll('" + selector + "')].map((one) => one.textContent)");
  }
  Line count(const std::string& selector) {
    return js("document.querySelectorAll('" + selector + "').length");
  }
  void click(const std::string& selector) {
    js("document.querySelector('" + selector + "').click()");
  }
  void type(const std::string& text) {
    js("{ const box = document.getElementById('search'); box.value = " + Line(text).dump() +
       "; box.dispatchEvent(new Event('input')); }");
  }
  void picture(const std::string& name) {
    if (const char* directory = std::getenv("RELOADTRACE_SCREENSHOTS")) {
      browser_->screenshot(std::string(directory) + "/" + name + ".png");
    }
  }

  static std::string four_readers() {
    return reload(1, "engine", "reloaded", "", 0.4) + reload(2, "gateway", "reloaded", "", 160) +
           reload(3, "cache", "stale", "watch_lost", 0) + reload(4, "proxy", "unknown", "", 0);
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Browser> browser_;
};

TEST_F(ReportPage, tells_at_once_how_many_did_not_reread_and_names_each_with_its_words) {
  show(four_readers());
  EXPECT_EQ(js("document.getElementById('headline').textContent"),
            "1 reader did not reread the configuration.");
  EXPECT_EQ(texts(".publish .who"), (Line{"✘ cache", "? proxy", "✔ engine", "✔ gateway"}));
  EXPECT_EQ(texts(".publish .words").at(0), "watch_lost: evidence of stale→ advice for watch_lost");
  EXPECT_EQ(texts(".chip"), (Line{"✘ stale1", "? unknown1", "✔ reloaded2"}));
  EXPECT_EQ(count("#rows .row"), 4);
  EXPECT_EQ(count("#latency rect"), 2);
  picture("four_light");
}

TEST_F(ReportPage, places_swap_notice_open_and_read_in_the_order_of_time) {
  show(four_readers());
  const Line lefts =
      js("['swap', 'notified', 'opened', 'read'].map((stage) => "
         "[...document.querySelectorAll('.lane')]"
         ".find((lane) => lane.textContent.includes('gateway')).querySelector('b.' + stage)"
         ".getBoundingClientRect().left)");
  EXPECT_LT(lefts.at(0), lefts.at(1));
  EXPECT_LT(lefts.at(1), lefts.at(2));
  EXPECT_LT(lefts.at(2), lefts.at(3));
}

TEST_F(ReportPage, opens_the_evidence_and_advice_behind_a_verdict_by_click_and_key) {
  show(four_readers());
  EXPECT_EQ(count(".detail"), 0);
  click("#rows .row");
  EXPECT_EQ(texts(".detail .evidence"), (Line{"evidence of stale"}));
  EXPECT_EQ(texts(".detail .advice"), (Line{"→ advice for watch_lost"}));
  click("#rows .row");
  EXPECT_EQ(count(".detail"), 0);
  js("document.querySelectorAll('#rows .row')[2].dispatchEvent("
     "new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))");
  EXPECT_EQ(texts(".detail .evidence"), (Line{"evidence of reloaded"}));
  click(".lane");
  EXPECT_EQ(count(".publish .story"), 1);
  picture("details_light");
}

TEST_F(ReportPage, filters_by_verdict_cause_and_text) {
  show(four_readers());
  click(".chip[data-verdict=reloaded]");
  EXPECT_EQ(count("#rows .row"), 2);
  EXPECT_EQ(count(".publish .lane"), 2);
  EXPECT_EQ(js("document.querySelector('.chip[data-verdict=reloaded]').ariaPressed"), "true");
  type("gate");
  EXPECT_EQ(texts("#rows td:nth-child(2)"), (Line{"gatewayshop/web-1"}));
  EXPECT_EQ(texts("#count"), (Line{"1 of 4 verdicts"}));
  type("no such reader");
  EXPECT_EQ(texts("#rows .empty"), (Line{"Nothing matches the filter."}));
  click(".chip[data-verdict=reloaded]");
  type("");
  EXPECT_EQ(count("#rows .row"), 4);
  click(".cause[data-cause=watch_lost]");
  EXPECT_EQ(count("#rows .row"), 1);
}

TEST_F(ReportPage, sorts_by_a_column_and_the_other_way_round) {
  show(four_readers());
  const char* names = "#rows td:nth-child(2)";
  click("[data-column=read]");
  EXPECT_EQ(texts(names),
            (Line{"engineshop/web-1", "gatewayshop/web-1", "cacheshop/web-1", "proxyshop/web-1"}));
  click("[data-column=read]");
  EXPECT_EQ(texts(names).at(2), "gatewayshop/web-1");
  EXPECT_EQ(texts(names).at(3), "engineshop/web-1");
  EXPECT_EQ(texts("th[aria-sort=descending]"), (Line{"Reread after"}));
}

TEST_F(ReportPage, is_dark_where_the_reader_prefers_it_and_by_its_switch) {
  show(four_readers());
  const char* background = "getComputedStyle(document.body).backgroundColor";
  browser_->prefer("light");
  const Line light = js(background);
  browser_->prefer("dark");
  const Line dark = js(background);
  EXPECT_NE(light, dark);
  picture("four_dark");
  click("#theme");  // light
  EXPECT_EQ(js(background), light);
  click("#theme");  // dark
  browser_->prefer("light");
  EXPECT_EQ(js(background), dark);
  click("#theme");  // as preferred
  EXPECT_EQ(js(background), light);
}

TEST_F(ReportPage, shows_hostile_names_as_the_text_that_they_are) {
  std::string bad_utf8 = reload(3, "bad", "stale", "watch_lost", 0);
  bad_utf8.replace(bad_utf8.find("\"bad\""), 5, "\"caf\xe9 \xff\"");
  show(reload(1, kHostile, "reloaded", "", 1) +
       reload(2, "x", "__proto__", "<svg/onload=alert(2)>", 0) + bad_utf8);
  EXPECT_EQ(count("img, svg[onload], b b, #rows script"), 0);
  const Line names = texts("#rows td:nth-child(2)");
  const std::string all = names.dump();
  EXPECT_NE(all.find("</script><img src=x onerror=alert(1)><b>"), std::string::npos) << all;
  EXPECT_NE(all.find("\\\\x1b[2J\\\\u202e{{script}}&lt;"), std::string::npos) << all;
  EXPECT_NE(all.find("caf\\\\xe9 \\\\xff"), std::string::npos) << all;
  EXPECT_NE(texts("#rows").dump().find("<svg/onload=alert(2)>"), std::string::npos);
  EXPECT_EQ(count("#rows .row"), 3);
  picture("hostile");
}

TEST_F(ReportPage, refuses_to_run_what_is_not_its_own) {
  show(four_readers());
  js("{ const image = document.createElement('b'); image.setAttribute('onclick', 'window.ran = 1');"
     " document.body.append(image); image.click(); }");
  EXPECT_EQ(js("window.ran === undefined"), true);
  // The policy said so; nothing else did.
  ASSERT_EQ(browser_->complaints().size(), 1U);
  EXPECT_NE(browser_->complaints().front().find("Content Security Policy"), std::string::npos);
  browser_->forget_complaints();
}

TEST_F(ReportPage, shows_a_recording_as_it_shows_its_lines) {
  const std::string recording = in_project("tools/demo/recording");
  show_file(recording);
  const Line from_recording = texts("main");
  EXPECT_EQ(count("#rows .row"), 5);
  EXPECT_EQ(texts(".publish .who").size(), 5U);
  picture("demo_light");
  browser_->prefer("dark");
  picture("demo_dark");
  show(run_tracer({"replay", recording, "--format", "json"}).output);
  EXPECT_EQ(texts("main"), from_recording);
}

TEST_F(ReportPage, stays_usable_with_ten_thousand_readers) {
  std::string lines;
  for (int i = 0; i < 10'000; ++i) {
    lines += reload(i % 40, "r" + std::to_string(i), i % 7 == 0 ? "stale" : "reloaded",
                    i % 7 == 0 ? "no_watcher" : "", i % 7 == 0 ? 0 : 0.1 * i);
  }
  show(lines);
  EXPECT_EQ(count("#rows .row"), 100);
  click("#more-rows");
  EXPECT_EQ(count("#rows .row"), 200);
  type("r9999");
  EXPECT_EQ(texts("#rows td:nth-child(2)"), (Line{"r9999shop/web-1"}));
}

TEST_F(ReportPage, says_so_when_nothing_was_published) {
  show(R"({"schema":1,"kind":"stop","time":"2026-11-22T12:00:00.000000000Z","node":"n1"})"
       "\n");
  EXPECT_EQ(texts("#timeline"), (Line{"Nothing was published."}));
  EXPECT_EQ(texts("#headline"), (Line{"No verdict was reached."}));
}

}  // namespace
}  // namespace reloadtrace::testing
