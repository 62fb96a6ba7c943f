#include "repair/cli/json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace drydock::cli {

namespace {

using nlohmann::json;

json known(const std::optional<std::string>& value) {
  return value ? json(*value) : json(nullptr);
}

// What no recipe mends has a name all the same.
json mended_by(const repair::Finding& finding) {
  if (repair::find_recipe(finding.recipe) == nullptr) return json::array();
  return json::array({finding.recipe});
}

json time_or_null(FileTime time) {
  return time == 0 ? json(nullptr) : json(to_string_utc(time));
}

}  // namespace

json to_json(const repair::Diagnosis& diagnosis) {
  json findings = json::array();
  for (const repair::Finding& finding : diagnosis.findings) {
    findings.push_back({{"recipe", finding.recipe},
                        {"what", finding.what},
                        {"where", finding.where},
                        {"evidence", finding.evidence},
                        {"stops_boot", finding.stops_boot},
                        {"stop_code", known(finding.stop_code)},
                        {"status", known(finding.status)},
                        {"image_name", known(finding.image_name)},
                        {"mended_by", mended_by(finding)}});
  }
  json examined = json::array();
  for (const repair::Examined& entry : diagnosis.examined) {
    examined.push_back({{"what", entry.what},
                        {"verdict", to_string(entry.verdict)},
                        {"why", entry.why.empty() ? json(nullptr) : json(entry.why)}});
  }
  return {{"verdict", to_string(diagnosis.verdict)},
          {"findings", std::move(findings)},
          {"examined", std::move(examined)}};
}

json to_json(const std::vector<repair::Outcome>& outcomes) {
  json edits = json::array();
  for (const repair::Outcome& outcome : outcomes) {
    edits.push_back(
        {{"edit", outcome.edit},
         {"where", outcome.where},
         {"before", outcome.before.empty() ? json(nullptr) : json(outcome.before)},
         {"after", outcome.after.empty() ? json(nullptr) : json(outcome.after)},
         {"why", outcome.why}});
  }
  return edits;
}

json to_json(const Stat& stat) {
  return {{"kind", to_string(stat.kind)},
          {"size", stat.size},
          {"attributes", fmt::format("{:#x}", stat.attributes)},
          {"created", time_or_null(stat.created)},
          {"modified", time_or_null(stat.modified)},
          {"changed", time_or_null(stat.changed)},
          {"accessed", time_or_null(stat.accessed)},
          {"id", std::to_string(stat.id)},
          {"security_id", stat.security_id ? json(*stat.security_id) : json(nullptr)},
          {"link_count", stat.link_count}};
}

json to_json(const hive::RecoveryReport& recovery) {
  auto words = [](const std::string& text) {
    return text.empty() ? json(nullptr) : json(text);
  };
  json logs = json::array();
  for (const hive::AppliedLog& log : recovery.applied) {
    bool entries = log.format == hive::LogFormat::entries;
    logs.push_back({{"name", log.name},
                    {"format", entries ? "entries" : "dirty_vector"},
                    {"entries", log.entry_count},
                    {"pages", log.page_count},
                    {"first_sequence", log.first_sequence},
                    {"last_sequence", log.last_sequence},
                    {"end", log.end}});
  }
  return {{"state", to_string(recovery.state)},
          {"why_dirty", words(recovery.why_dirty)},
          {"reason", words(recovery.reason)},
          {"entries", recovery.entry_count()},
          {"pages", recovery.page_count()},
          {"logs", std::move(logs)},
          {"unused", recovery.unused},
          {"base_block_replaced", recovery.base_block_replaced},
          {"dummy_bins", recovery.dummy_bin_count}};
}

std::string hex(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

}  // namespace drydock::cli
