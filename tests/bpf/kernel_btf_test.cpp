// SPDX-License-Identifier: Apache-2.0
// Types that come from a file.
#include <bpf/btf.h>

#include <fstream>
#include <memory>
#include <set>

#include "tests/bpf/live_source.h"

namespace reloadtrace::testing {
namespace {

class BpfTypes : public LiveSourceTest {
 protected:
  // As of a kernel in which a member of a struct lies elsewhere.
  static void write_other_types(const std::string& path,
                                const std::string& of,
                                const std::string& member) {
    const std::unique_ptr<btf, void (*)(btf*)> types(btf__parse("/sys/kernel/btf/vmlinux", nullptr),
                                                     btf__free);
    ASSERT_TRUE(types);
    const int id = btf__find_by_name_kind(types.get(), of.c_str(), BTF_KIND_STRUCT);
    ASSERT_GT(id, 0);
    // The library's copy of them is ours to change: no other way makes one type another.
    auto* const type =
        const_cast<btf_type*>(btf__type_by_id(types.get(), static_cast<std::uint32_t>(id)));
    bool found = false;
    for (std::uint16_t i = 0; i < btf_vlen(type); ++i) {
      btf_member& one = btf_members(type)[i];
      if (member == btf__name_by_offset(types.get(), one.name_off)) {
        one.offset += 64;
        found = true;
      }
    }
    ASSERT_TRUE(found);
    std::uint32_t size = 0;
    const void* const bytes = btf__raw_data(types.get(), &size);
    std::ofstream(path).write(static_cast<const char*>(bytes), size);
  }
};

TEST_F(BpfTypes, of_another_kernel_are_noticed_before_anything_is_said) {
  BpfOptions options;
  options.btf = at("types.btf");
  write_other_types(options.btf, "file", "f_inode");
  const auto opened = BpfSource::open(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message,
            "the hook open attaches here and delivers nothing; without it nothing can be said. Are "
            "the types in " +
                options.btf + " those of this very kernel?");
}

TEST_F(BpfTypes, are_taken_from_the_file_for_all_but_the_walk_of_descriptors) {
  BpfOptions options;
  options.btf = at("types.btf");
  std::filesystem::copy_file("/sys/kernel/btf/vmlinux", options.btf);
  const auto opened = BpfSource::open(options);
  ASSERT_TRUE(opened) << opened.error().message;
  const std::set<std::string> missing = hooks_missing_without_btf();
  for (const HookStatus& hook : (*opened)->hooks()) {
    EXPECT_EQ(hook.state, missing.contains(hook.name) ? HookState::Missing : HookState::Tracepoint)
        << hook.name;
  }
  options.hooks = HookChoice::Fentry;
  const auto insists = BpfSource::open(options);
  ASSERT_FALSE(insists);
  EXPECT_NE(insists.error().message.find("it has no BTF of its own, which --btf says"),
            std::string::npos)
      << insists.error().message;
}

}  // namespace
}  // namespace reloadtrace::testing
