#include "vhd/vhd1/container.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::vhd1 {

namespace {

constexpr std::string_view kHeaderCookie = "cxsparse";

bool is(const Locator& locator, std::string_view code) {
  return std::string_view(locator.code.data(), locator.code.size()) == code;
}

Done check_footer(const Footer& footer) {
  if (footer.version >> 16 != kVersion >> 16) {
    return Error(Errc::unsupported,
                 fmt::format("version {}.{} of the format; only 1 is known",
                             footer.version >> 16, footer.version & 0xFFFF));
  }
  if (footer.kind < kFixed || footer.kind > kDifferencing) {
    return Error(Errc::corrupt, fmt::format("this is a VHD of kind {}; 2 (fixed), 3 "
                                            "(dynamic) and 4 (differencing) are known",
                                            std::uint32_t{footer.kind}));
  }
  std::uint64_t size = disk_size(footer);
  if (size == 0 || size > kDiskSizeMax) {
    return Error(Errc::corrupt, fmt::format("a disk of {} bytes; from {} to {} can be",
                                            size, kSectorSize, kDiskSizeMax));
  }
  return {};
}

Done check_header(const DynamicHeader& header, const Container& container) {
  if (std::string_view(header.cookie.data(), header.cookie.size()) != kHeaderCookie) {
    return Error(Errc::corrupt, "it doesn't begin with \"cxsparse\"");
  }
  bool sealed = header.checksum == checksum_of(header);
  // Whoever left the footer's sum as it was, left this one, too.
  bool unsealed = container.footers.unsealed && is_zero(header.reserved2);
  if (!sealed && !unsealed) {
    return Error(Errc::corrupt,
                 fmt::format("its checksum is {:#x}, and its bytes add up to {:#x}",
                             std::uint32_t{header.checksum}, checksum_of(header)));
  }
  if (header.version >> 16 != kVersion >> 16) {
    return Error(Errc::unsupported,
                 fmt::format("version {}.{}; only 1 is known", header.version >> 16,
                             header.version & 0xFFFF));
  }
  std::uint32_t block_size = header.block_size;
  if (!std::has_single_bit(block_size) || block_size < kBlockSizeMin ||
      block_size > kBlockSizeMax) {
    return Error(Errc::corrupt,
                 fmt::format("blocks of {} bytes; powers of two from {} to {} can be",
                             block_size, kBlockSizeMin, kBlockSizeMax));
  }
  std::uint64_t needed = checked::div_up(container.virtual_size, block_size);
  if (header.entry_count < needed) {
    return Error(Errc::corrupt,
                 fmt::format("the table has {} entries, and the disk {} blocks",
                             std::uint32_t{header.entry_count}, needed));
  }
  return {};
}

// The bytes of a part may not lie on the copy of the footer, nor on the one at the
// end, nor on the header.
Done check_table_place(const Header& header, const Container& container) {
  std::uint64_t offset = header.table_offset();
  std::uint64_t length = header.table_size();
  if (offset < kFooterSize || !checked::within(offset, length, container.data_end())) {
    return Error(Errc::corrupt,
                 fmt::format("the table of {} bytes at {:#x} isn't within the file, "
                             "which has the bytes from {:#x} to {:#x} for it",
                             length, offset, kFooterSize, container.data_end()));
  }
  if (checked::overlap(offset, length, header.offset, sizeof(DynamicHeader))) {
    return Error(Errc::corrupt,
                 fmt::format("the table of {} bytes at {:#x} is on top of the header",
                             length, offset));
  }
  return {};
}

// A locator that can't be read is nobody's parent: the others may do.
Done read_locator(const BlockDevice& file, const Locator& locator, Header& header) {
  bool relative = is(locator, "W2ru");
  if (!relative && !is(locator, "W2ku")) return {};
  if (locator.length == 0 || locator.length > kLocatorLengthMax ||
      !checked::within(locator.offset, locator.length, file.size())) {
    return {};
  }
  ByteVector bytes =
      TRY(read_bytes(file, locator.offset, locator.length, kLocatorLengthMax));
  std::string path = utf8_from_utf16le(bytes);
  path.resize(std::min(path.find('\0'), path.size()));
  if (path.empty()) return {};
  (relative ? header.relative_paths : header.absolute_paths).push_back(path);
  return {};
}

std::string parent_name_of(const DynamicHeader& header) {
  std::u16string name;
  for (std::uint16_t unit : header.parent_name) {
    if (unit == 0) break;
    name.push_back(static_cast<char16_t>(unit));
  }
  return to_utf8(name);
}

Result<Header> read_header(const BlockDevice& file, const Container& container) {
  Header header;
  header.offset = container.footers.footer.header_offset;
  if (header.offset < kFooterSize ||
      !checked::within(header.offset, sizeof(DynamicHeader), container.data_end())) {
    return Error(Errc::corrupt,
                 fmt::format("the footer says that it is at {:#x}, and the file has "
                             "the bytes from {:#x} to {:#x} for it",
                             header.offset, kFooterSize, container.data_end()));
  }
  TRY(file.read(header.offset, std::as_writable_bytes(std::span(&header.fields, 1))));
  TRY(check_header(header.fields, container));
  TRY(check_table_place(header, container));
  if (!container.is_differencing()) return header;
  for (const Locator& locator : header.fields.locators) {
    TRY(read_locator(file, locator, header));
  }
  header.parent_name = parent_name_of(header.fields);
  return header;
}

std::vector<std::string> notes_of(const Footers& footers) {
  if (footers.unsealed) return {std::string(kUnsealed)};
  std::vector<std::string> notes;
  if (footers.left_behind) {
    notes.push_back(
        fmt::format("the file was to grow, and goes on after its footer at "
                    "{:#x}",
                    footers.tail_offset));
  }
  if (footers.is_fixed()) return notes;
  if (!footers.tail_sound) {
    notes.push_back(footers.tail_size == 0
                        ? "the footer at the file's end is missing; the copy at its "
                          "start stands in for it"
                        : "the footer at the file's end is damaged; the copy at its "
                          "start stands in for it");
  }
  if (!footers.copy_sound) {
    notes.push_back("the copy of the footer at the file's start is damaged");
  }
  if (footers.differ) {
    notes.push_back(
        "the footer and its copy at the file's start differ; the footer "
        "is believed");
  }
  return notes;
}

ImageKind kind_of(const Footer& footer) {
  if (footer.kind == kFixed) return ImageKind::fixed;
  if (footer.kind == kDynamic) return ImageKind::dynamic;
  return footer.kind == kDifferencing ? ImageKind::differencing : ImageKind::raw;
}

}  // namespace

std::uint64_t Header::bitmap_size() const {
  return checked::div_up(block_size() / kSectorSize / 8, kSectorSize) * kSectorSize;
}

std::vector<Header::Part> Header::parts() const {
  return {{.offset = 0, .length = kFooterSize, .name = "the copy of the footer"},
          {.offset = offset, .length = sizeof(DynamicHeader), .name = "the header"},
          {.offset = table_offset(), .length = table_size(), .name = "the table"}};
}

std::vector<Header::Part> Header::locators() const {
  std::vector<Part> parts;
  for (const Locator& locator : fields.locators) {
    if (is(locator, std::string_view("\0\0\0\0", 4)) || locator.length == 0) continue;
    parts.push_back({.offset = locator.offset,
                     .length = locator.length,
                     .name = "a parent locator"});
  }
  return parts;
}

std::uint32_t checksum_of(DynamicHeader header) {
  header.checksum = 0;
  std::uint32_t sum = 0;
  for (std::byte byte : bytes_of(header)) sum += std::to_integer<std::uint32_t>(byte);
  return ~sum;
}

void seal(DynamicHeader& header) { header.checksum = checksum_of(header); }

Result<Container> read_container(const BlockDevice& file, const Footers& footers) {
  if (!footers.sound && !footers.unsealed) {
    return Error(Errc::corrupt,
                 "this is a VHD, and its footer's checksum doesn't hold: nothing that "
                 "it says of itself can be believed");
  }
  Container container{
      .footers = footers, .virtual_size = disk_size(footers.footer), .header = {}};
  TRY(check_footer(footers.footer).in("footer"));
  if (!footers.is_fixed()) {
    container.header = TRY(read_header(file, container).in("header"));
  } else if (container.virtual_size > container.data_end()) {
    return Error(Errc::corrupt,
                 fmt::format("a fixed VHD of {} bytes, in a file that ends at {}: it "
                             "was cut",
                             container.virtual_size, container.data_end()));
  }
  return container;
}

ImageFacts facts_of(const Container& container) {
  const Footer& footer = container.footers.footer;
  ImageFacts facts;
  facts.format = ImageFormat::vhd;
  facts.kind = kind_of(footer);
  facts.virtual_size = container.virtual_size;
  facts.creator = creator_of(footer);
  facts.link_id = Guid{.bytes = footer.id};
  facts.notes = notes_of(container.footers);
  if (!container.header) return facts;
  const Header& header = *container.header;
  facts.block_size = header.fields.block_size;
  if (!container.is_differencing()) return facts;
  facts.parent_link_id = Guid{.bytes = header.fields.parent_id};
  facts.parent_paths = header.relative_paths;
  facts.parent_paths.insert(facts.parent_paths.end(), header.absolute_paths.begin(),
                            header.absolute_paths.end());
  if (!header.parent_name.empty() &&
      !std::ranges::count(facts.parent_paths, header.parent_name)) {
    facts.parent_paths.push_back(header.parent_name);
  }
  return facts;
}

Result<std::optional<ImageFacts>> examine(const BlockDevice& file) {
  std::optional<Footers> footers = TRY(find_footers(file));
  if (!footers) return std::nullopt;
  auto container = read_container(file, *footers);
  if (container) return facts_of(*container);
  if (container.error().code() == Errc::io) return std::move(container).error();
  ImageFacts facts;
  facts.format = ImageFormat::vhd;
  facts.kind = kind_of(footers->footer);
  facts.virtual_size = disk_size(footers->footer);
  facts.creator = creator_of(footers->footer);
  facts.refusal = container.error().describe();
  facts.refusal_code = container.error().code();
  return facts;
}

}  // namespace drydock::vhd1
