// SPDX-License-Identifier: Apache-2.0
// What doctor prints, as raw text.
#include "userspace/sink/doctor_report.h"

#include <gtest/gtest.h>

#include "reports.h"

namespace reloadtrace {
namespace {

using namespace test;

ReaderReport cannot() {
  ReaderReport report = reader();
  report.reader = container("exporter", 31, "exp");
  report.can_reload = "no";
  report.cause = Cause::SubpathPinned;
  report.evidence =
      "/etc/app.yaml is bound to app.yaml of ..2026_11_19_08_14_55.77, which a swap can never "
      "replace";
  report.advice = "mount the directory instead of a subPath";
  report.volume.path = "/etc/app.yaml";
  return report;
}

ReaderReport cannot_tell() {
  ReaderReport report = reader();
  report.reader = host_process(555, "nginx");
  report.volume = directory();
  report.can_reload = "unknown";
  report.cause = Cause::NoWatcher;
  report.evidence = "watches nothing of the volume; handles SIGHUP, and may reread when told so";
  report.advice = "send it SIGHUP after each swap, as a reloader sidecar does";
  return report;
}

DoctorReport doctor(std::vector<ReaderReport> readers) {
  sort_by_urgency(readers);
  return {"1.0", {"n1", 0}, 2, std::move(readers)};
}

TEST(DoctorReport, puts_a_block_for_each_volume_with_the_most_urgent_first) {
  EXPECT_EQ(to_table(doctor({cannot_tell(), reader(), cannot()}), {}),
            R"(reloadtrace 1.0 doctor  node n1  2 volumes, 3 readers

risk/engine-7d9f  configmap config
  ✘ cannot reload  exporter  exp[31]     subpath_pinned  at /etc/app.yaml
                   /etc/app.yaml is bound to app.yaml of ..2026_11_19_08_14_55.77, which a swap can
                   never replace
                   → mount the directory instead of a subPath
  ✔ can reload     app       java[1234]  at /etc/config
                   watches the volume's root

directory /etc/nginx/conf.d
  ? cannot tell    (host)    nginx[555]  no_watcher
                   watches nothing of the volume; handles SIGHUP, and may reread when told so
                   → send it SIGHUP after each swap, as a reloader sidecar does

✘ 1 cannot reload  ? 1 cannot tell  ✔ 1 can reload
)");
}

TEST(DoctorReport, says_so_when_nobody_uses_the_volumes) {
  EXPECT_EQ(to_table(doctor({}), {}), R"(reloadtrace 1.0 doctor  node n1  2 volumes, 0 readers

nobody uses them
)");
  EXPECT_EQ(to_json_lines(doctor({})), "");
  DoctorReport nothing = doctor({});
  nothing.volumes = 0;
  EXPECT_NE(to_table(nothing, {}).find("there is no volume to look at"), std::string::npos);
}

TEST(DoctorReport, is_a_line_for_each_reader_in_the_same_order) {
  const std::string lines = to_json_lines(doctor({reader(), cannot_tell(), cannot()}));
  const auto at = [&](const char* can) {
    return lines.find(std::string(R"("can_reload":")") + can + '"');
  };
  EXPECT_LT(at("no"), at("unknown"));
  EXPECT_LT(at("unknown"), at("yes"));
  EXPECT_NE(at("yes"), std::string::npos);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3);
}

TEST(DoctorReport, tells_a_terminal_nothing_but_text) {
  ReaderReport report = cannot();
  report.reader.process.comm = "a\x1b[2Jb";
  report.evidence = "holds x\ny";
  const std::string table = to_table(doctor({report}), {});
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
  EXPECT_NE(table.find("holds x\\ny"), std::string::npos);
}

TEST(DoctorReport, colours_what_is_wrong) {
  TableOptions options;
  options.colour = true;
  const std::string table = to_table(doctor({cannot(), reader()}), options);
  EXPECT_NE(table.find("\x1b[1;31mcannot reload"), std::string::npos);
  EXPECT_NE(table.find("\x1b[32mcan reload"), std::string::npos);
}

}  // namespace
}  // namespace reloadtrace
