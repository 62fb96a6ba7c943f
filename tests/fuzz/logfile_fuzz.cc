// Replay of $LogFile on a small volume.  Input: a byte that chooses the version
// of the log, and then patches to its pages: page, offset (2), length, bytes.  The
// fixups are taken off before and put on after, so that a patch isn't a torn page.

#include <algorithm>
#include <cstdlib>

#include "ntfs/record/fixups.h"
#include "ntfs/logfile/replay.h"
#include "tests/fuzz/logfile_volume.h"
#include "vhd/memory_device.h"
#include "vhd/overlay.h"

namespace drydock::fuzz {
namespace {

constexpr std::size_t kPage = 4096;

void require(bool holds) {
  if (!holds) std::abort();
}

// One patch, taken off `input`; false at its end.
bool patch(MutableBytes volume, Bytes& input) {
  if (input.size() < 4) return false;
  std::size_t page = std::to_integer<std::size_t>(input[0]) % (kLogSize / kPage);
  std::size_t at = std::to_integer<std::size_t>(input[1]) |
                   std::to_integer<std::size_t>(input[2]) << 8;
  at %= kPage;
  std::size_t size = std::min(std::to_integer<std::size_t>(input[3]), kPage - at);
  input = input.subspan(4);
  size = std::min(size, input.size());
  MutableBytes bytes = volume.subspan(kLogPlace + page * kPage, kPage);
  bool guarded = ntfs::take_fixups(bytes);
  std::ranges::copy(input.first(size), bytes.begin() + at);
  if (guarded) static_cast<void>(ntfs::put_fixups(bytes));
  input = input.subspan(size);
  return true;
}

void run(Bytes input) {
  static const ByteVector kVolumes[] = {make_volume(1), make_volume(2)};
  ByteVector volume = kVolumes[std::to_integer<std::size_t>(input[0]) % 2 == 1 ? 0 : 1];
  input = input.subspan(1);
  while (patch(volume, input)) {
  }
  auto overlay = std::make_shared<Overlay>(std::make_shared<MemoryDevice>(volume));
  auto report = ntfs::replay_log(*overlay);
  if (!report) return;
  // What was replayed is closed, and is then clean.
  if (!ntfs::close_log(*overlay)) return;
  auto again = ntfs::replay_log(*overlay);
  require(again && again->redone_count == 0 && again->undone_count == 0);
}

}  // namespace
}  // namespace drydock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) drydock::fuzz::run(std::as_bytes(std::span(data, size)));
  return 0;
}
