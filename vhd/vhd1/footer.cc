#include "vhd/vhd1/footer.h"

#include <fmt/format.h>

#include <numeric>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/vhd1/format.h"

namespace drydock::vhd1 {

namespace {

constexpr std::string_view kFooterCookie = "conectix";
constexpr std::string_view kHeaderCookie = "cxsparse";

bool begins_with(const std::array<char, 8>& cookie, std::string_view text) {
  return std::string_view(cookie.data(), cookie.size()) == text;
}

bool is_sound(Footer footer) {
  std::uint32_t checksum = footer.checksum;
  footer.checksum = 0;
  std::uint32_t sum = 0;
  for (std::byte byte : bytes_of(footer)) sum += std::to_integer<std::uint32_t>(byte);
  return checksum == ~sum;
}

// The footer at `offset`, if it bears the mark; its last byte may be cut off.
Result<std::optional<Footer>> read_footer(const BlockDevice& file, std::uint64_t offset,
                                          std::uint64_t length) {
  Footer footer;
  auto bytes = std::as_writable_bytes(std::span(&footer, 1));
  bytes.back() = std::byte{0};
  TRY(file.read(offset, bytes.first(length)));
  if (!begins_with(footer.cookie, kFooterCookie)) return std::nullopt;
  return footer;
}

// Of those there are, one that is sound; else any.
Result<std::optional<Footer>> find_footer(const BlockDevice& file) {
  std::uint64_t size = file.size();
  if (size < kFooterSize) return std::nullopt;
  std::optional<Footer> found = TRY(read_footer(file, size - kFooterSize, kFooterSize));
  if (found && is_sound(*found)) return found;
  for (auto [offset, length] : {std::pair(size - kShortFooterSize, kShortFooterSize),
                                std::pair(std::uint64_t{0}, kFooterSize)}) {
    std::optional<Footer> other = TRY(read_footer(file, offset, length));
    if (other && (!found || is_sound(*other))) found = other;
    if (found && is_sound(*found)) break;
  }
  return found;
}

// What only a dynamic or differencing VHD has.  Left out where it can't be read:
// the refusal stands either way.
Done read_dynamic_header(const BlockDevice& file, const Footer& footer,
                         ImageFacts& facts) {
  if (!checked::within(footer.header_offset, sizeof(DynamicHeader), file.size())) {
    return {};
  }
  DynamicHeader header;
  TRY(file.read(footer.header_offset, std::as_writable_bytes(std::span(&header, 1))));
  if (!begins_with(header.cookie, kHeaderCookie)) return {};
  facts.block_size = header.block_size;
  if (footer.kind != kDifferencing) return {};
  std::u16string name;
  for (std::uint16_t unit : header.parent_name) {
    if (unit == 0) break;
    name.push_back(static_cast<char16_t>(unit));
  }
  if (!name.empty()) facts.parent_paths.push_back(to_utf8(name));
  return {};
}

std::string refusal_of(const ImageFacts& facts) {
  constexpr const char* kConvert =
      "; convert it to VHDX (Convert-VHD, or qemu-img convert -f vpc -O vhdx)";
  if (facts.kind == ImageKind::fixed) {
    return fmt::format("this is a fixed VHD, which can't be opened yet{}", kConvert);
  }
  if (facts.kind == ImageKind::dynamic) {
    return fmt::format("this is a dynamic VHD, which can't be opened yet{}", kConvert);
  }
  return fmt::format(
      "this is a differencing VHD, which can't be opened yet: it holds only what has "
      "changed since its parent, {}; merge it first (Merge-VHD)",
      facts.parent_paths.empty() ? "(it records no name)" : facts.parent_paths[0]);
}

}  // namespace

Result<std::optional<ImageFacts>> examine(const BlockDevice& file) {
  std::optional<Footer> footer = TRY(find_footer(file));
  if (!footer) return std::nullopt;
  ImageFacts facts;
  facts.format = ImageFormat::vhd;
  facts.virtual_size = footer->current_size;
  facts.creator = std::string(footer->creator.data(), footer->creator.size());
  std::uint32_t kind = footer->kind;
  if (kind == kFixed) facts.kind = ImageKind::fixed;
  if (kind == kDynamic) facts.kind = ImageKind::dynamic;
  if (kind == kDifferencing) facts.kind = ImageKind::differencing;
  if (facts.kind == ImageKind::raw) {
    return Error(Errc::corrupt, fmt::format("this is a VHD of kind {}; 2 (fixed), 3 "
                                            "(dynamic) and 4 (differencing) are known",
                                            kind));
  }
  if (kind != kFixed) TRY(read_dynamic_header(file, *footer, facts));
  facts.refusal = refusal_of(facts);
  if (!is_sound(*footer)) {
    facts.refusal_code = Errc::corrupt;
    facts.refusal = fmt::format(
        "this is a {} VHD, and its footer's checksum doesn't hold: nothing that it "
        "says of itself can be believed",
        to_string(facts.kind));
  }
  return facts;
}

}  // namespace drydock::vhd1
