#include "ntfs/file_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock {

namespace {

// Of one name, in UTF-16 units: NTFS's $FILE_NAME counts in a byte, and FAT's
// long names end there too.
constexpr std::size_t kNameLengthMax = 255;
// "NAME:STREAM:$DATA".
constexpr std::size_t kStreamNameLengthMax = 2 * kNameLengthMax + 7;

}  // namespace

std::string_view to_string(VolumeState state) {
  switch (state) {
    case VolumeState::clean:
      return "clean";
    case VolumeState::dirty:
      return "dirty";
    case VolumeState::log_unfinished:
      return "log-unfinished";
    case VolumeState::hibernated:
      return "hibernated";
  }
  return "unknown";
}

std::string describe(const LogReplay& replay) {
  std::string text = fmt::format("log {}: {} records, {} redone", replay.version,
                                 replay.record_count, replay.redone_count);
  if (replay.transaction_count > 0) {
    text += fmt::format(", {} of {} unfinished transactions undone",
                        replay.undone_count, replay.transaction_count);
  }
  return text;
}

bool VolumeCondition::has(VolumeState state) const {
  return std::ranges::find(states, state) != states.end();
}

void VolumeCondition::add(VolumeState state, std::string reason) {
  if (!has(state)) states.push_back(state);
  reasons.push_back(std::move(reason));
}

bool VolumeCondition::shown_as_found() const {
  if (has(VolumeState::hibernated)) return false;
  return !has(VolumeState::log_unfinished) || replay.has_value();
}

Result<VolumeCondition> FileSystem::condition() const { return TRY(facts()).condition; }

Done FileSystem::list_names(const File& directory, const VisitName& visit) const {
  return list(directory,
              [&](const Entry& entry) { return visit(entry.name, entry.stat.kind); });
}

Done FileSystem::set_security(std::string_view path, Bytes) {
  return Error(Errc::unsupported, "this file system keeps no security descriptors")
      .in(path);
}

FileTime now() {
  using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
  constexpr std::int64_t kUnixEpoch = 116'444'736'000'000'000;
  auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<FileTime>(std::chrono::duration_cast<Ticks>(since).count() +
                               kUnixEpoch);
}

Result<std::vector<std::string>> split_path(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    std::size_t end = path.find_first_of("\\/");
    std::string_view name = path.substr(0, end);
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      return Error(Errc::bad_argument,
                   "a path here starts at the root and can't go up");
    }
    auto units = to_utf16(name);
    if (!units) return Error(Errc::bad_argument, "a name in the path isn't UTF-8");
    bool with_stream = name.find(':') != std::string_view::npos;
    std::size_t length_max = with_stream ? kStreamNameLengthMax : kNameLengthMax;
    if (units->size() > length_max) {
      return Error(Errc::bad_argument,
                   fmt::format("a name of {} letters is longer than the {} that fit",
                               units->size(), length_max));
    }
    names.emplace_back(name);
  }
  return names;
}

}  // namespace drydock
