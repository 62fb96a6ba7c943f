// drydock bcdedit: the words of bcdedit.exe on an image, or on a bare store.

#include <charconv>
#include <nlohmann/json.hpp>

#include "repair/cli/bare_hive.h"
#include "repair/cli/bcdedit_words.h"
#include "repair/cli/change.h"
#include "repair/cli/commands.h"
#include "repair/cli/json.h"
#include "repair/cli/notes.h"
#include "repair/hive_logs.h"
#include "repair/installation.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::cli {
namespace {

constexpr std::string_view kSystemStore = "esp:\\EFI\\Microsoft\\Boot\\BCD";

// The store of the Windows that is meant; where none was found, that of the
// system partition.
Result<repair::GuestPath> find_store(const repair::Disk& disk,
                                     std::size_t installation) {
  if (installation < disk.installations().size()) {
    const auto& bcd = disk.installations()[installation]->boot().bcd;
    if (bcd) return *bcd;
  }
  return disk.resolve(kSystemStore, installation);
}

// "C:", "3", "\Device\HarddiskVolume3" or a partition's GUID, to its number.
Result<std::uint32_t> partition_number(const repair::Disk& disk, std::string_view name,
                                       std::size_t installation) {
  constexpr std::string_view kVolume = "\\device\\harddiskvolume";
  if (auto id = parse_guid(name)) {
    for (const auto& partition : disk.table().partitions) {
      if (partition.id == *id) return partition.number;
    }
    return Error(Errc::not_found, "no partition of this disk has this id");
  }
  std::string_view digits = name;
  if (ascii_lower(name).starts_with(kVolume)) digits.remove_prefix(kVolume.size());
  std::uint32_t number = 0;
  auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem == std::errc() && end == digits.data() + digits.size()) return number;
  return TRY(disk.resolve(std::string(name) + "\\", installation)).partition;
}

PartitionNames names_of(const repair::Disk& disk, std::size_t installation) {
  PartitionNames names;
  names.find = [&disk, installation](std::string_view name) -> Result<bcd::Device> {
    std::uint32_t number = TRY(partition_number(disk, name, installation));
    const partition::Partition* partition = disk.find_partition(number);
    if (partition == nullptr) {
      return Error(Errc::not_found, "this disk has no partition of this name or number")
          .in(name);
    }
    if (disk.table().scheme == partition::Scheme::mbr) {
      return bcd::mbr_partition(
          {.signature = disk.table().mbr_signature, .offset = partition->offset});
    }
    return bcd::gpt_partition(disk.table().disk_id, partition->id);
  };
  names.show = [&disk,
                installation](const bcd::Device& device) -> std::optional<std::string> {
    for (const auto& partition : disk.table().partitions) {
      if (!repair::names_partition(device, disk.table(), partition)) continue;
      std::string shown =
          disk.show({.partition = partition.number, .path = "\\"}, installation);
      bool letter = shown.size() == 3 && (shown[0] < '0' || shown[0] > '9');
      // Where Windows has no letter bcdedit.exe prints the volume's device.
      return letter ? shown.substr(0, 2)
                    : "\\Device\\HarddiskVolume" + std::to_string(partition.number);
    }
    return std::nullopt;
  };
  return names;
}

Exit print(const BcdeditEnum& what, hive::Hive& hive, const std::string& name,
           const PartitionNames& names, Report& report) {
  auto printed = [&]() -> Done {
    bcd::Store store = TRY(bcd::Store::open(hive));
    if (!report.json()) {
      report.print(TRY(print_bcd(what, store, names)));
      return {};
    }
    auto document = nlohmann::json::parse(TRY(json_of_bcd(what, store, name)));
    document["recovery"] = to_json(hive.recovery());
    report.document(std::move(document));
    return {};
  }();
  return printed ? Exit::done : report.fail(std::move(printed).error().in(name));
}

Exit list_image(const WordsRequest& request, const BcdeditEnum& what, Report& report) {
  std::size_t installation = request.change.installation.value_or(0);
  auto view = repair::open_view(request.target, request.change.disk.parent_paths());
  if (!view) return report.fail(view.error());
  report.track(view->file);
  note_image(*view, report);
  auto disk = repair::open_disk(*view, request.change.disk.options());
  if (!disk) return report.fail(std::move(disk).error().in(request.target));
  auto store = find_store(**disk, installation);
  if (!store) return report.fail(store.error());
  note_volume(**disk, store->partition, report);
  auto hive = repair::open_hive(**disk, *store);
  if (!hive) return report.fail(hive.error());
  note_recovery(*hive, (*disk)->show(*store, installation), report);
  return print(what, *hive, (*disk)->show(*store, installation),
               names_of(**disk, installation), report);
}

Exit change_store(const WordsRequest& request, const std::string& what,
                  const std::vector<BcdeditEdit>& edits, Report& report) {
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    repair::GuestPath path = TRY(find_store(disk, installation));
    hive::Hive hive = TRY(repair::open_hive(disk, path));
    bcd::Store store = TRY(bcd::Store::open(hive).in(disk.show(path)));
    repair::Plan plan;
    for (repair::Action& action :
         TRY(plan_bcdedit(edits, store, path, names_of(disk, installation))
                 .in(disk.show(path)))) {
      plan.edits.push_back({.action = std::move(action), .why = what});
    }
    add_recovery_note(hive, plan.notes);
    return plan;
  };
  return change_image(request.target, request.change, what, make_plan, report);
}

Exit change_bare_store(const WordsRequest& request, const std::string& path,
                       const std::vector<BcdeditEdit>& edits, Report& report) {
  auto actions = [&]() -> Result<std::vector<repair::Action>> {
    hive::Hive hive = TRY(open_bare_hive(path, report));
    bcd::Store store = TRY(bcd::Store::open(hive).in(path));
    return plan_bcdedit(edits, store, {}, {}).in(path);
  }();
  if (!actions) return report.fail(actions.error());
  return change_bare_hive(path, request.change.dry_run, *actions, report);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text = "bcdedit";
  for (const std::string& word : words) text += " " + word;
  return text;
}

}  // namespace

Exit bcdedit(const WordsRequest& request, Report& report) {
  auto command = parse_bcdedit(request.words);
  if (!command) return report.fail(command.error(), Exit::usage);
  std::string bare = command->store.value_or(request.store);
  if (bare.empty() && is_bare_hive(request.target)) bare = request.target;
  if (bare.empty() && request.target.empty()) {
    return report.fail(Error(Errc::bad_argument, "name an image, or --store FILE"),
                       Exit::usage);
  }
  if (const auto* what = std::get_if<BcdeditEnum>(&command->action)) {
    if (bare.empty()) return list_image(request, *what, report);
    auto hive = open_bare_hive(bare, report);
    if (!hive) return report.fail(hive.error());
    return print(*what, *hive, bare, {}, report);
  }
  const auto& edits = std::get<std::vector<BcdeditEdit>>(command->action);
  if (!bare.empty()) return change_bare_store(request, bare, edits, report);
  return change_store(request, joined(request.words), edits, report);
}

}  // namespace drydock::cli
