#include "ntfs/ntfs/state.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "ntfs/ntfs/format.h"
#include "vhd/base/checked.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// The unit that a fixup guards, whatever the disk's sector is.
constexpr std::size_t kFixupStride = 512;
constexpr std::uint32_t kPageSizeMin = 512;

bool is_empty(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0xff}; });
}

// Puts the true last two bytes of each sector back, where every sector ends in
// the page's check number; false where one doesn't: the page was torn.
bool undo_fixups(MutableBytes page, const RestartPage& header) {
  std::size_t count = header.fixup_count;
  // A page that chkdsk wrote may have none.
  if (count == 0) return std::string_view(header.magic.data(), 4) == "CHKD";
  if (count - 1 != page.size() / kFixupStride) return false;
  auto check = load<le16>(page, header.fixup_offset);
  for (std::size_t i = 1; i < count; ++i) {
    auto original = load<le16>(page, header.fixup_offset + 2 * i);
    std::size_t end = i * kFixupStride - 2;
    auto found = load<le16>(page, end);
    if (!check || !original || !found || *found != *check) return false;
    if (!store(page, end, *original)) return false;
  }
  return true;
}

struct Restart {
  RestartPage page;
  RestartArea area;
};

std::optional<Restart> restart_at(Bytes start, std::size_t offset) {
  auto header = load<RestartPage>(start, offset);
  if (!header) return std::nullopt;
  std::string_view magic(header->magic.data(), 4);
  if (magic != "RSTR" && magic != "CHKD") return std::nullopt;
  std::uint32_t size = header->page_size;
  if (size < kPageSizeMin || !std::has_single_bit(size) ||
      !checked::within(offset, size, start.size())) {
    return std::nullopt;
  }
  if (offset != 0 && offset != size) return std::nullopt;
  Bytes bytes = start.subspan(offset, size);
  ByteVector page(bytes.begin(), bytes.end());
  if (!undo_fixups(page, *header)) return std::nullopt;
  auto area = load<RestartArea>(page, header->restart_area_offset);
  if (!area) return std::nullopt;
  return Restart{*header, *area};
}

// The page that is in force: of two sound ones, the later.
std::optional<Restart> restart(Bytes start) {
  auto best = restart_at(start, 0);
  for (std::size_t at = kPageSizeMin; at < start.size(); at *= 2) {
    auto other = restart_at(start, at);
    if (!other) continue;
    if (!best || other->area.current_lsn > best->area.current_lsn) best = other;
  }
  return best;
}

}  // namespace

LogState log_state(Bytes start) {
  if (start.empty() || is_empty(start)) return {.kind = LogState::Kind::empty};
  auto found = restart(start);
  if (!found) return {.kind = LogState::Kind::unreadable};
  LogState state{.kind = LogState::Kind::in_use,
                 .major_version = found->page.major_version,
                 .minor_version = found->page.minor_version};
  bool closed = found->area.client_in_use_list == kNoLogClient ||
                (found->area.flags & kLogIsClean) != 0;
  if (!closed) return state;
  // Windows 8 and later turn a log to 2.0 when they mount, and back to 1.1 when
  // they dismount for good.  One that is closed and still 2.0 has its caches
  // kept for a fast start, or was told not to turn back: which of them can't be
  // seen from here.
  state.kind = state.major_version >= 2 ? LogState::Kind::kept : LogState::Kind::clean;
  return state;
}

bool is_hibernated(Bytes start) {
  // "hibr": Windows 7 and before wrote it small.  Once resumed it is "wake" or
  // zeros, and of no account.
  return start.size() >= 4 && equal_ignoring_case(as_text(start.first(4)), "hibr");
}

void VolumeCondition::add(VolumeState state, std::string reason) {
  if (std::ranges::find(states, state) == states.end()) states.push_back(state);
  reasons.push_back(std::move(reason));
}

void add_log_state(VolumeCondition& condition, const LogState& log) {
  switch (log.kind) {
    case LogState::Kind::empty:
    case LogState::Kind::clean:
      return;
    case LogState::Kind::kept:
      condition.add(
          VolumeState::hibernated,
          fmt::format("its log, of version {}.{}, was closed for a fast start of "
                      "Windows, which may hold a copy of what the volume says",
                      log.major_version, log.minor_version));
      return;
    case LogState::Kind::in_use:
      condition.add(VolumeState::log_unfinished,
                    fmt::format("its $LogFile, of version {}.{}, was in use: it holds "
                                "changes that are not in the volume yet",
                                log.major_version, log.minor_version));
      return;
    case LogState::Kind::unreadable:
      condition.add(VolumeState::log_unfinished,
                    "neither restart page of its $LogFile can be believed");
      return;
  }
}

Error not_clean(const VolumeCondition& condition) {
  return Error(Errc::busy,
               fmt::format("the volume isn't clean: {}; let Windows start from it once "
                           "and shut down fully, or run chkdsk on it",
                           fmt::join(condition.reasons, "; ")));
}

}  // namespace drydock::ntfs
