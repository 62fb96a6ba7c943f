// drydock info: container, partitions, volumes, installations.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/commands.h"
#include "repair/cli/container.h"
#include "repair/cli/encryption.h"
#include "repair/cli/json.h"
#include "repair/cli/partitions.h"
#include "repair/disk.h"
#include "repair/hive_files.h"
#include "repair/hive_logs.h"
#include "repair/installation.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"
#include "vhd/content_hash.h"
#include "vhd/image.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

template <class T>
json known(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

// ---- what --json prints

json states_json(const VolumeCondition& condition) {
  if (condition.clean()) return json::array({to_string(VolumeState::clean)});
  json states = json::array();
  for (VolumeState state : condition.states) states.push_back(to_string(state));
  return states;
}

// What was applied in memory to what is shown, or why it wasn't.
json replay_json(const VolumeCondition& condition) {
  if (!condition.replay && condition.replay_problem.empty()) return nullptr;
  if (!condition.replay) return {{"done", false}, {"why", condition.replay_problem}};
  const LogReplay& replay = *condition.replay;
  json operations = json::object();
  for (const auto& [name, count] : replay.operations) operations[name] = count;
  return {{"done", true},
          {"why", nullptr},
          {"version", replay.version},
          {"records", replay.record_count},
          {"redone", replay.redone_count},
          {"undone", replay.undone_count},
          {"unfinished_transactions", replay.transaction_count},
          {"operations", std::move(operations)}};
}

json volume_json(const partition::Partition* partition,
                 const repair::VolumeReport& volume, const BlockDevice& disk) {
  json entry = partition_json(partition, disk);
  if (!volume.file_system.empty()) entry["file_system"] = volume.file_system;
  if (!volume.problem.empty()) entry["problem"] = volume.problem;
  bool locked = volume.file_system == "bitlocker";
  if (locked) entry["state"] = {"locked"};
  if (volume.encryption) {
    entry["bitlocker"] = encryption_json(*volume.encryption, locked);
  }
  if (volume.facts) {
    entry["label"] = volume.facts->label;
    entry["free"] = volume.facts->free;
    entry["state"] = states_json(volume.facts->condition);
    entry["state_reasons"] = volume.facts->condition.reasons;
    entry["replay"] = replay_json(volume.facts->condition);
    if (!volume.facts->condition.log.empty()) {
      entry["log"] = volume.facts->condition.log;
    }
  }
  return entry;
}

json installation_json(const repair::Installation& windows, const repair::Disk& disk) {
  const repair::InstallationFacts& facts = windows.facts();
  json sets = nullptr;
  if (facts.control_sets) {
    sets = {{"current", facts.control_sets->current},
            {"default", facts.control_sets->default_},
            {"failed", facts.control_sets->failed},
            {"last_known_good", facts.control_sets->last_known_good}};
  }
  return {{"partition", facts.partition},
          {"root", facts.root},
          {"product", known(facts.product)},
          {"edition", known(facts.edition)},
          {"build", known(facts.build)},
          {"architecture", known(facts.architecture)},
          {"computer_name", known(facts.computer_name)},
          {"boot", facts.boot},
          {"bcd", facts.bcd ? json(disk.show(*facts.bcd)) : json(nullptr)},
          {"control_sets", sets},
          {"problems", facts.problems}};
}

// ---- what a person reads

std::string condition_text(const VolumeCondition& condition) {
  std::string text;
  if (condition.clean()) text += ", clean";
  for (VolumeState state : condition.states) {
    text += fmt::format(", {}", to_string(state));
  }
  for (const std::string& reason : condition.reasons) text += "\n     " + reason;
  if (condition.replay) {
    text += "\n     shown replayed: " + describe(*condition.replay);
  } else if (!condition.replay_problem.empty()) {
    text += "\n     shown as it lies: " + condition.replay_problem;
  }
  return text;
}

std::string volume_text(const partition::Partition* partition,
                        const repair::VolumeReport& volume) {
  std::string text = partition_text(partition);
  if (!volume.file_system.empty()) text += "  " + volume.file_system;
  if (volume.facts) {
    if (!volume.facts->label.empty())
      text += fmt::format(" \"{}\"", volume.facts->label);
    text += fmt::format(", {} free", binary_size(volume.facts->free));
    text += condition_text(volume.facts->condition);
  }
  if (!volume.problem.empty()) text += fmt::format("  ({})", volume.problem);
  text += '\n';
  if (volume.encryption) {
    bool locked = volume.file_system == "bitlocker";
    text += encryption_text(*volume.encryption, locked);
  }
  return text;
}

// The hives that are shown with their logs applied, or should be.
struct UnfinishedHive {
  std::string place;
  hive::RecoveryReport recovery;
};
std::vector<UnfinishedHive> unfinished_hives(const repair::Installation& windows) {
  std::vector<UnfinishedHive> hives;
  for (const repair::GuestPath& path : repair::dirty_hive_files(windows)) {
    auto hive = repair::open_hive(windows.disk(), path);
    if (!hive) continue;  // Of those that matter here, facts() has said why.
    hives.push_back({windows.disk().show(path), hive->recovery()});
  }
  return hives;
}

std::string hives_text(const std::vector<UnfinishedHive>& hives) {
  std::string text;
  for (const UnfinishedHive& hive : hives) {
    text += fmt::format("  {}: {}\n", hive.place, describe(hive.recovery));
  }
  return text;
}

json hives_json(const std::vector<UnfinishedHive>& hives) {
  json list = json::array();
  for (const UnfinishedHive& hive : hives) {
    list.push_back({{"path", hive.place}, {"recovery", to_json(hive.recovery)}});
  }
  return list;
}

std::string installation_text(const repair::Installation& windows,
                              const repair::Disk& disk) {
  const repair::InstallationFacts& facts = windows.facts();
  std::string text =
      fmt::format("{}, build {}, {}, {} boot\n", facts.product.value_or("a Windows"),
                  facts.build.value_or("unknown"),
                  facts.architecture.value_or("unknown architecture"), facts.boot);
  text += fmt::format("  in {}:{}", facts.partition, facts.root);
  if (facts.computer_name) text += fmt::format(", computer {}", *facts.computer_name);
  if (facts.bcd) text += fmt::format(", boot store {}", disk.show(*facts.bcd));
  text += '\n';
  if (facts.control_sets) {
    text += fmt::format(
        "  control sets: current {}, default {}, failed {}, last known "
        "good {}\n",
        facts.control_sets->current, facts.control_sets->default_,
        facts.control_sets->failed, facts.control_sets->last_known_good);
  }
  for (const std::string& problem : facts.problems) {
    text += fmt::format("  could not tell: {}\n", problem);
  }
  return text;
}

const partition::Partition* find(const partition::Table& table, std::uint32_t number) {
  for (const auto& partition : table.partitions) {
    if (partition.number == number) return &partition;
  }
  return nullptr;
}

// ---- the two together

// An image that is recognised and can't be opened: its container's facts.
Exit report_refused(const std::string& image, const Error& error, Report& report) {
  auto file = FileDevice::open(image);
  if (!file) return report.fail(error, Exit::could_not_tell);
  report.track(*file);
  auto facts = examine_image(*file);
  if (!facts || (!facts->refusal && facts->kind != ImageKind::differencing)) {
    return report.fail(error, Exit::could_not_tell);
  }
  // Of a child, it is mostly its parent that can't be opened.
  std::string refusal = facts->refusal.value_or(error.describe());
  std::vector<std::string> chain = chain_by_name(image, *facts);
  report.print(container_text(*facts, chain));
  report.print(fmt::format("  not opened: {}\n", refusal));
  report.document({{"image", image},
                   {"container", container_json(*facts, chain)},
                   {"refusal", refusal},
                   {"partition_table", nullptr},
                   {"disk_id", nullptr},
                   {"partitions", json::array()},
                   {"installations", json::array()}});
  return Exit::could_not_tell;
}

// The disk inside.  True where everything on it could be read.
bool report_disk(const repair::Disk& disk, Report& report, json& document) {
  bool all_read = true;
  const partition::Table& table = disk.table();
  add_table(table, document);
  report.print(table_text(table));
  for (const repair::VolumeReport& volume : disk.volumes()) {
    const partition::Partition* partition = find(table, volume.number);
    if (!volume.problem.empty()) all_read = false;
    report.print(volume_text(partition, volume));
    document["partitions"].push_back(volume_json(partition, volume, disk.device()));
  }
  for (const auto& windows : disk.installations()) {
    if (!windows->facts().problems.empty()) all_read = false;
    std::vector<UnfinishedHive> hives = unfinished_hives(*windows);
    report.print(installation_text(*windows, disk) + hives_text(hives));
    json installation = installation_json(*windows, disk);
    installation["unfinished_hives"] = hives_json(hives);
    document["installations"].push_back(std::move(installation));
  }
  return all_read;
}

}  // namespace

Exit info(const InfoRequest& request, Report& report) {
  auto view = repair::open_view(request.image, request.disk.parent_paths());
  if (!view) return report_refused(request.image, view.error(), report);
  report.track(view->file);
  ImageFacts facts = view->image->facts();
  std::vector<std::string> chain = {request.image};
  for (const auto& file : view->parent_files) {
    report.track(file);
    chain.push_back(file->path().string());
  }
  json document = {
      {"image", request.image},      {"container", container_json(facts, chain)},
      {"partition_table", nullptr},  {"disk_id", nullptr},
      {"partitions", json::array()}, {"installations", json::array()}};
  report.print(container_text(facts, chain));
  if (view->unsettled_change_count > 0) {
    report.print(
        "  an unfinished change is shown as finished; `drydock recover` "
        "finishes it\n");
  }
  document["unsettled_changes"] = view->unsettled_change_count;
  if (!view->journal_problem.empty()) {
    document["problem"] = view->journal_problem;
    report.print(fmt::format("  could not tell: {}\n", view->journal_problem));
  }
  Exit exit = Exit::done;
  auto disk = repair::open_disk(*view, request.disk.options());
  if (disk) {
    if (!report_disk(**disk, report, document)) exit = Exit::could_not_tell;
  } else {
    exit = Exit::could_not_tell;
    document["problem"] = disk.error().describe();
    report.print(fmt::format("  could not tell: {}\n", disk.error().describe()));
  }
  if (request.hash) {
    auto hash = content_hash(*view->device);
    if (!hash) return report.fail(hash.error(), Exit::could_not_tell);
    document["content_sha256"] = *hash;
    report.print(fmt::format("content sha256 {}\n", *hash));
  }
  report.document(std::move(document));
  return exit;
}

}  // namespace drydock::cli
