#include "ntfs/logfile/restart.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "ntfs/record/fixups.h"
#include "ntfs/logfile/format.h"
#include "ntfs/logfile/log_layout.h"
#include "vhd/base/checked.h"

namespace drydock::ntfs {

namespace {

constexpr std::uint32_t kPageSizeMin = 512;

// A page that chkdsk wrote may have no fixups.
bool take_page_fixups(MutableBytes page, const RestartPage& header) {
  if (header.fixup_count == 0) {
    return std::string_view(header.magic.data(), 4) == "CHKD";
  }
  return take_fixups(page);
}

Restart decode(Bytes page, const RestartPage& header, const RestartArea& area) {
  Restart restart{
      .major_version = header.major_version,
      .minor_version = header.minor_version,
      .in_use = area.client_in_use_list != kNoLogClient,
      .closed = (area.flags & kLogIsClean) != 0,
      .chkdsk_wrote = std::string_view(header.magic.data(), 4) == "CHKD",
      .page_size = header.page_size,
      .log_page_size = header.log_page_size,
      .current_lsn = area.current_lsn,
      .sequence_bits = area.sequence_bits,
      .log_size = area.log_size,
      .record_header_size = area.record_header_size,
      .data_offset = area.data_offset,
      .open_count = area.open_count,
  };
  if (area.client_in_use_list < area.client_count) {
    auto client =
        load<LogClient>(page, header.restart_area_offset + area.client_offset +
                                  area.client_in_use_list * sizeof(LogClient));
    if (client) restart.checkpoint_lsn = client->restart_lsn;
  }
  return restart;
}

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
  if (!take_page_fixups(page, *header)) return std::nullopt;
  auto area = load<RestartArea>(page, header->restart_area_offset);
  if (!area) return std::nullopt;
  return decode(page, *header, *area);
}

}  // namespace

std::optional<Restart> read_restart(Bytes start) {
  auto best = restart_at(start, 0);
  for (std::size_t at = kPageSizeMin; at < start.size(); at *= 2) {
    auto other = restart_at(start, at);
    if (!other) continue;
    if (!best || other->current_lsn > best->current_lsn) best = other;
  }
  return best;
}

bool is_unused_log(Bytes start) {
  return std::ranges::all_of(start, [](std::byte b) { return b == std::byte{0xff}; });
}

std::uint32_t sequence_bits_for(std::uint64_t size) {
  // An LSN's lower part counts 8-byte units up to the log's end.
  return 64 + 3 - static_cast<std::uint32_t>(std::bit_width(size));
}

ByteVector clean_restart_page(std::uint64_t log_size, std::uint64_t last_lsn,
                              std::uint32_t open_count) {
  ByteVector page(kLogPageSize);
  RestartPage header{};
  std::ranges::copy(std::string_view("RSTR"), header.magic.begin());
  header.fixup_offset = sizeof(RestartPage);
  header.fixup_count = kLogPageSize / kFixupStride + 1;
  header.page_size = kLogPageSize;
  header.log_page_size = kLogPageSize;
  header.restart_area_offset = 0x30;  // The first 8 bytes that fixups leave free.
  header.major_version = 1;
  header.minor_version = 1;
  RestartArea area{};
  area.current_lsn = last_lsn;
  area.client_count = 1;
  area.client_free_list = 0;
  area.client_in_use_list = kNoLogClient;
  area.flags = kLogIsClean;
  area.sequence_bits = sequence_bits_for(log_size);
  area.length = sizeof(RestartArea) + sizeof(LogClient);
  area.client_offset = sizeof(RestartArea);
  area.log_size = log_size;
  area.record_header_size = sizeof(LogRecordHeader);
  area.data_offset = sizeof(RecordPage);
  area.open_count = open_count;
  LogClient client{};
  client.oldest_lsn = last_lsn;
  client.previous = kNoLogClient;
  client.next = kNoLogClient;
  client.name_size = 8;
  std::ranges::copy(std::u16string_view(u"NTFS"), client.name.begin());
  static_cast<void>(store(page, 0, header));
  static_cast<void>(store(page, header.restart_area_offset, area));
  static_cast<void>(
      store(page, header.restart_area_offset + area.client_offset, client));
  static_cast<void>(put_fixups(page));
  return page;
}

}  // namespace drydock::ntfs
