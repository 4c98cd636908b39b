// SPDX-License-Identifier: Apache-2.0
#include "userspace/live/order.h"

#include <algorithm>
#include <compare>
#include <tuple>

namespace reloadtrace::live {
namespace {

std::strong_ordering by_name(const Row& a, const Row& b) {
  const auto names = [](const Row& row) {
    return std::tie(row.pod_cell(), row.reader_cell(), row.volume_cell(), row.key());
  };
  return names(a) <=> names(b);
}

std::strong_ordering newest_first(const Row& a, const Row& b) {
  return b.published().ns <=> a.published().ns;
}

std::strong_ordering compare(const Row& a, const Row& b, Sort sort, Timestamp now) {
  const auto slow_first = [&] {
    const auto count = [&](const Row& row) {
      return row.latency(now).value_or(Duration(-1)).count();
    };
    return count(b) <=> count(a);
  };
  switch (sort) {
    case Sort::Attention:
      break;
    case Sort::Pod:
      return a.pod_cell() <=> b.pod_cell();
    case Sort::Reader:
      return a.reader_cell() <=> b.reader_cell();
    case Sort::Volume:
      return a.volume_cell() <=> b.volume_cell();
    case Sort::Generation:
      return a.generation_cell() <=> b.generation_cell();
    case Sort::Latency:
      return slow_first();
    case Sort::Published:
      return newest_first(a, b);
  }
  const auto order = a.attention() <=> b.attention();
  return std::is_neq(order) ? order : newest_first(a, b);
}

}  // namespace

Sort next(Sort sort) {
  return sort == Sort::Published ? Sort::Attention
                                 : static_cast<Sort>(static_cast<std::uint8_t>(sort) + 1);
}

std::string_view name_of(Sort sort) {
  switch (sort) {
    case Sort::Attention:
      return "attention";
    case Sort::Pod:
      return "pod";
    case Sort::Reader:
      return "reader";
    case Sort::Volume:
      return "volume";
    case Sort::Generation:
      return "generation";
    case Sort::Latency:
      return "latency";
    case Sort::Published:
      return "published";
  }
  return "attention";
}

std::vector<const Row*> arrange(
    const Model& model, Sort sort, bool reverse, std::string_view filter, Timestamp now) {
  const std::string wanted = lower(filter);
  std::vector<const Row*> rows;
  for (const auto& [key, row] : model.rows()) {
    if (row.text().find(wanted) != std::string::npos) {
      rows.push_back(&row);
    }
  }
  std::sort(rows.begin(), rows.end(), [&](const Row* a, const Row* b) {
    const auto order = reverse ? compare(*b, *a, sort, now) : compare(*a, *b, sort, now);
    return std::is_lt(std::is_neq(order) ? order : by_name(*a, *b));
  });
  return rows;
}

}  // namespace reloadtrace::live
