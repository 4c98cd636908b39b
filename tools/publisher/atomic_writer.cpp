// SPDX-License-Identifier: Apache-2.0
// Kubelet's AtomicWriter (kubernetes pkg/volume/util/atomic_writer.go), step for step: a reader, or
// a tracer, must find nothing here that kubelet would not do.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <set>

#include "tools/publisher/files.h"
#include "tools/publisher/writers.h"

namespace reloadtrace::publisher {
namespace {

// What a key shows at the top of the volume: "conf.d" for "conf.d/a.yaml".
std::string top_of(const std::string& key) {
  return key.substr(0, key.find('/'));
}

std::set<std::string> tops_of(const Payload& payload) {
  std::set<std::string> tops;
  for (const auto& [key, content] : payload) {
    tops.insert(top_of(key));
  }
  return tops;
}

class AtomicWriter {
 public:
  AtomicWriter(std::string volume, const Payload& payload, const Options& options)
      : volume_(std::move(volume)), payload_(payload), options_(options) {}

  Result<Outcome> write();

 private:
  Result<> find_old_generation();
  Result<bool> differs();
  Result<> make_generation();
  Result<> swap();
  Result<> link_keys();
  Result<> remove_stale_links();
  Result<> remove_old_generation();

  std::string at(const std::string& name) const { return inside(volume_, name); }

  std::string volume_;
  const Payload& payload_;
  const Options& options_;
  std::optional<std::string> old_;     // name of the generation that ..data points to
  std::vector<std::string> old_keys_;  // its files
  std::string new_;
};

Result<> AtomicWriter::find_old_generation() {
  auto there = exists(volume_);
  if (!there) {
    return there.error();
  }
  if (!*there) {
    return Error{std::error_code(ENOENT, std::system_category()), volume_ + ": no such directory"};
  }
  auto target = read_link(at("..data"));
  if (!target) {
    return target.error();
  }
  old_ = *target;
  if (!old_) {
    return Unit{};
  }
  auto keys = files_below(at(*old_));
  if (!keys) {
    return keys.error();
  }
  old_keys_ = std::move(*keys);
  return Unit{};
}

// Reads old files until the first difference; all of them when there is none.
Result<bool> AtomicWriter::differs() {
  for (const auto& [key, content] : payload_) {
    const std::string path = inside(at(*old_), key);
    auto there = exists(path);
    if (!there) {
      return there.error();
    }
    if (!*there) {
      return true;
    }
    auto previous = read_file(path);
    if (!previous) {
      return previous.error();
    }
    if (*previous != content) {
      return true;
    }
  }
  for (const std::string& key : old_keys_) {
    if (!payload_.contains(key)) {
      return true;
    }
  }
  return false;
}

// os.MkdirTemp with Go's layout "..2006_01_02_15_04_05." in UTC, then everything in it.
Result<> AtomicWriter::make_generation() {
  using namespace std::chrono;
  const auto now = floor<seconds>(system_clock::now());
  const auto today = floor<days>(now);
  const year_month_day date(today);
  const hh_mm_ss time(now - today);
  // Not by gmtime(): it would open /etc/localtime in the middle of this.
  new_ = fmt::format("..{:04}_{:02}_{:02}_{:02}_{:02}_{:02}.{}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     random_decimal());
  if (auto made = make_directory(at(new_), 0700); !made) {
    return made;
  }
  if (auto set = checked(::fchmodat(AT_FDCWD, at(new_).c_str(), 0755, 0), "fchmodat", at(new_));
      !set) {
    return set;
  }
  for (const auto& [key, content] : payload_) {
    if (auto written = write_file_below(at(new_), key, content, options_.mode); !written) {
      return written;
    }
  }
  return Unit{};
}

Result<> AtomicWriter::swap() {
  if (auto linked = make_link(new_, at("..data_tmp")); !linked) {
    return linked;
  }
  if (auto looked = exists(at("..data")); !looked) {
    return looked.error();
  }
  return rename_onto(at("..data_tmp"), at("..data"));
}

Result<> AtomicWriter::link_keys() {
  for (const std::string& top : tops_of(payload_)) {
    auto target = read_link(at(top));
    if (!target) {
      return target.error();
    }
    if (*target) {
      continue;
    }
    if (auto linked = make_link("..data/" + top, at(top)); !linked) {
      return linked;
    }
  }
  return Unit{};
}

Result<> AtomicWriter::remove_stale_links() {
  const std::set<std::string> wanted = tops_of(payload_);
  std::set<std::string> stale;
  for (const std::string& key : old_keys_) {
    if (!wanted.contains(top_of(key))) {
      stale.insert(top_of(key));
    }
  }
  for (const std::string& top : stale) {
    if (auto removed = remove_file(at(top)); !removed) {
      return removed;
    }
  }
  return Unit{};
}

Result<> AtomicWriter::remove_old_generation() {
  if (!old_) {
    return Unit{};
  }
  pause_for(options_.delay_remove);
  return remove_all(volume_, *old_);
}

Result<Outcome> AtomicWriter::write() {
  if (auto found = find_old_generation(); !found) {
    return found.error();
  }
  if (old_) {
    auto differ = differs();
    if (!differ) {
      return differ.error();
    }
    if (!*differ) {
      if (auto linked = link_keys(); !linked) {
        return linked.error();
      }
      return Outcome{false, *old_};
    }
  }
  if (auto made = make_generation(); !made) {
    return made.error();
  }
  pause_before_swap(options_);
  using Step = Result<> (AtomicWriter::*)();
  const Step first = options_.links_first ? &AtomicWriter::link_keys : &AtomicWriter::swap;
  const Step second = options_.links_first ? &AtomicWriter::swap : &AtomicWriter::link_keys;
  for (const Step step :
       {first, second, &AtomicWriter::remove_stale_links, &AtomicWriter::remove_old_generation}) {
    if (auto done = (this->*step)(); !done) {
      return done.error();
    }
  }
  return Outcome{true, new_};
}

}  // namespace

Result<Outcome> write_atomically(const std::string& volume,
                                 const Payload& payload,
                                 const Options& options) {
  return AtomicWriter(volume, payload, options).write();
}

}  // namespace reloadtrace::publisher
