#include "vhd/vhdx/headers.h"

#include <fmt/format.h>

#include <limits>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/vhdx/checksum.h"

namespace drydock::vhdx {

namespace {

bool is_sound(Bytes page) {
  Header header = *load<Header>(page);
  return header.signature == kHeaderSignature && header.checksum == checksum_of(page);
}

Done check(const Header& header) {
  std::uint16_t version = header.version;
  if (version != kVersion) {
    return Error(Errc::unsupported,
                 fmt::format("VHDX format version {}; {} is known", version, kVersion));
  }
  std::uint64_t offset = header.log_offset;
  std::uint64_t length = header.log_length;
  if (offset % kAlignment != 0 || length % kAlignment != 0 || length == 0 ||
      offset < kHeaderSectionSize || offset > kFileSizeMax) {
    return Error(Errc::corrupt,
                 fmt::format("the log's {} bytes at {:#x} aren't whole MiB after the "
                             "first",
                             length, offset));
  }
  return {};
}

}  // namespace

Result<Headers> Headers::read(const BlockDevice& file) {
  std::array<ByteVector, 2> pages;
  std::array<bool, 2> sound;
  for (std::size_t i = 0; i < 2; ++i) {
    pages[i] = TRY(read_bytes(file, kHeaderOffsets[i], kHeaderSize, kHeaderSize));
    sound[i] = is_sound(pages[i]);
  }
  if (!sound[0] && !sound[1]) {
    return Error(Errc::corrupt, "neither header's checksum holds");
  }
  auto sequence = [&](std::size_t i) -> std::uint64_t {
    return load<Header>(pages[i])->sequence_number;
  };
  std::size_t slot = sound[0] ? 0 : 1;
  if (sound[0] && sound[1]) {
    if (sequence(0) == sequence(1) && pages[0] != pages[1]) {
      return Error(
          Errc::corrupt,
          fmt::format("both headers are number {} and they differ", sequence(0)));
    }
    slot = sequence(1) > sequence(0) ? 1 : 0;
  }
  Headers headers;
  headers.slot_ = slot;
  headers.current_ = *load<Header>(pages[slot]);
  headers.page_ = std::move(pages[slot]);
  TRY(check(headers.current_));
  return headers;
}

Done Headers::update(BlockDevice& file, const Header& next) {
  std::uint64_t number = current_.sequence_number;
  if (number > std::numeric_limits<std::uint64_t>::max() - 2) {
    return Error(
        Errc::unsupported,
        fmt::format("the header's number {} leaves none for the next", number));
  }
  TRY(write_other(file, next));
  // Never both in flight: a sector that loses its power may lose its contents.
  TRY(file.flush());
  return write_other(file, next);
}

Done Headers::write_other(BlockDevice& file, const Header& next) {
  Header header = next;
  header.sequence_number = current_.sequence_number + 1;
  static_cast<void>(store(page_, 0, header));
  header.checksum = checksum_of(page_);
  static_cast<void>(store(page_, 0, header));
  TRY(file.write(kHeaderOffsets[1 - slot_], page_));
  slot_ = 1 - slot_;
  current_ = header;
  return {};
}

}  // namespace drydock::vhdx
