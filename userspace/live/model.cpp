// SPDX-License-Identifier: Apache-2.0
#include "userspace/live/model.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace reloadtrace::live {

void Model::take(const Report& report) {
  std::visit([this](const auto& one) { learn(one); }, report);
  ++version_;
}

void Model::take(const Roster& roster, Timestamp now) {
  std::unordered_set<std::string> here;
  std::unordered_set<std::string> readers;
  for (const RosterEntry& entry : roster.entries) {
    Row& row = row_for(entry.reader, entry.volume);
    row.take(entry);
    here.insert(row.key());
    readers.insert(row.key().substr(0, row.key().find('\n')));
  }
  readers_ = readers.size();
  volumes_ = roster.volumes;
  for (auto& [key, row] : rows_) {
    if (!here.contains(key)) {
      row.end(now);
    }
  }
  forget_ended(now);
  ++version_;
}

const Row* Model::row(const std::string& key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : &found->second;
}

Row& Model::row_for(const ReaderInfo& reader, const VolumeInfo& volume) {
  std::string key = key_of(reader, volume);
  return rows_.try_emplace(key, key, charset_).first->second;
}

void Model::learn(const StartReport& report) {
  start_ = report;
}

// Each of the volume's readers is asked. Those that this is wrong about (a subPath is judged at
// once) are put right by what follows.
void Model::learn(const PublishReport& report) {
  if (report.readers == 0) {
    return;
  }
  const std::string volume = volume_key(report.volume);
  for (auto& [key, row] : rows_) {
    if (!row.ended() && volume_key(row.volume()) == volume) {
      row.take(report);
    }
  }
}

void Model::learn(const ReloadReport& report) {
  row_for(report.reader, report.volume).take(report);
}

void Model::learn(const LossReport& report) {
  for (const auto& [cause, count] : report.lost) {
    lost_[cause] += count;
  }
}

// From here on it is as if it had never been there.
void Model::learn(const ShedReport& report) {
  if (!start_) {
    return;
  }
  for (auto& [name, state] : start_->hooks) {
    if (name == report.hook) {
      state = "missing";
    }
  }
}

void Model::forget_ended(Timestamp now) {
  std::vector<std::pair<Timestamp, std::string>> ended;
  std::erase_if(rows_, [&](const auto& entry) {
    const Timestamp at = entry.second.ended();
    if (at && now - at >= kShowEnded) {
      return true;
    }
    if (at) {
      ended.emplace_back(at, entry.first);
    }
    return false;
  });
  if (ended.size() > kMaxEnded) {
    std::sort(ended.begin(), ended.end());
    for (std::size_t i = 0; i < ended.size() - kMaxEnded; ++i) {
      rows_.erase(ended[i].second);
    }
  }
}

}  // namespace reloadtrace::live
