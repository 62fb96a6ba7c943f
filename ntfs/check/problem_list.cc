#include "ntfs/check/problem_list.h"

#include <fmt/format.h>

#include <algorithm>

namespace drydock {

void ProblemList::error(std::string_view rule, ProblemPlace place, std::string what) {
  ++result_.error_count;
  add(Severity::error, rule, std::move(place), std::move(what));
}

void ProblemList::warning(std::string_view rule, ProblemPlace place, std::string what) {
  ++result_.warning_count;
  add(Severity::warning, rule, std::move(place), std::move(what));
}

void ProblemList::add(Severity severity, std::string_view rule, ProblemPlace place,
                      std::string what) {
  if (!listing()) return;
  std::string where = place.record ? fmt::format("record {}", *place.record) : "";
  if (!place.part.empty()) {
    if (!where.empty()) where += ", ";
    where += place.part;
  }
  if (place.cluster) {
    where += fmt::format("{}cluster {}", where.empty() ? "" : ", ", *place.cluster);
  }
  result_.problems.push_back({.severity = severity,
                              .rule = std::string(rule),
                              .what = std::move(what),
                              .where = std::move(where),
                              .record = place.record,
                              .cluster = place.cluster});
}

void ProblemList::unchecked(std::string what) {
  auto& told = result_.unchecked;
  if (std::ranges::find(told, what) == told.end()) told.push_back(std::move(what));
}

}  // namespace drydock
