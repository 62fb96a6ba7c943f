#include "repair/reg/hives.h"

#include "repair/hive_files.h"
#include "repair/hive_logs.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::reg {

namespace {

constexpr std::string_view kBootStore = "BCD00000000";
constexpr std::string_view kSoftware = "SOFTWARE";

// As a program of the size that is meant sees it.
std::string path_in_view(const hive::Hive& hive, const KeyName& key) {
  bool redirected =
      key.seen_by_32_bits && key.hive == kSoftware && hive.find("WOW6432Node");
  return redirected ? path_of_32_bits(key.path) : key.path;
}

}  // namespace

void Hives::load(std::string_view root, repair::GuestPath file) {
  loaded_.insert_or_assign(ascii_lower(root), std::move(file));
}

Result<repair::GuestPath> Hives::file_of(const KeyName& key) const {
  auto loaded = loaded_.find(ascii_lower(key.root));
  if (loaded != loaded_.end()) return loaded->second;
  if (key.hive.empty() && key.user.empty()) {
    return Error(Errc::not_found, "no hive is loaded under this name");
  }
  if (!key.user.empty()) return repair::user_hive(*windows_, key.user, key.user_hive);
  if (key.hive != kBootStore) return windows_->hive_path(key.hive);
  if (windows_->boot().bcd) return *windows_->boot().bcd;
  return Error(Errc::not_found, "this Windows has no boot store");
}

Result<Hives::Place> Hives::open(const KeyName& key) {
  if (bare_) return Place{.hive = &*bare_, .file = {}};
  repair::GuestPath file = TRY(file_of(key).in(key.root));
  std::pair place(file.partition, ascii_lower(file.path));
  auto found = open_.find(place);
  if (found == open_.end()) {
    hive::Hive hive = TRY(repair::open_hive(windows_->disk(), file));
    Open open{.name = key.user.empty() ? key.hive : key.root, .hive = std::move(hive)};
    found = open_.emplace(std::move(place), std::move(open)).first;
  }
  return Place{.hive = &found->second.hive, .file = std::move(file)};
}

std::vector<std::pair<std::string, const hive::Hive*>> Hives::opened() const {
  std::vector<std::pair<std::string, const hive::Hive*>> opened;
  for (const auto& [place, open] : open_) opened.emplace_back(open.name, &open.hive);
  return opened;
}

Result<std::string> path_to_read(const hive::Hive& hive, const KeyName& key) {
  auto rest = repair::below_current_control_set(key.path);
  if (!rest) return path_in_view(hive, key);
  repair::ControlSets sets = TRY(repair::read_control_sets(hive));
  std::string path = repair::control_set_name(sets.current);
  return rest->empty() ? path : path + "\\" + std::string(*rest);
}

Result<repair::CurrentKeys> paths_to_edit(const hive::Hive& hive, const KeyName& key) {
  auto rest = repair::below_current_control_set(key.path);
  if (!rest) {
    return repair::CurrentKeys{.keys = {path_in_view(hive, key)}, .notes = {}};
  }
  return repair::keys_in_control_sets(TRY(repair::read_control_sets(hive)), *rest);
}

}  // namespace drydock::reg
