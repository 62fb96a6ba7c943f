#include "repair/signature/version_resource.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "repair/signature/pe_format.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::signature {

namespace {

constexpr std::uint32_t kUsEnglish = 0x0409;  // [MS-LCID] 2.2

// Of one node of the resource tree.  A file has some twenty types of resources, and
// of versions one with a language or two.
constexpr std::uint32_t kResourceEntryMax = 4096;
// The outermost block's length has 16 bits.
constexpr std::uint32_t kVersionResourceMax = 0xffff;
// Blocks of one level: strings of a table, tables of a file.
constexpr int kBlockMax = 1024;

Result<std::uint64_t> resource_offset(const Pe& pe, std::uint64_t address,
                                      std::uint32_t length) {
  std::optional<std::uint64_t> offset;
  if (address <= UINT32_MAX) {
    offset = file_offset_of(pe, static_cast<std::uint32_t>(address), length);
  }
  if (!offset) {
    return Error(Errc::corrupt,
                 fmt::format("no section has the {} bytes at {:#x} of its resources",
                             length, address));
  }
  return *offset;
}

// The entry of the node at `at`, an offset within the tree: that of `id`, or without
// one the first.
Result<ResourceEntry> find_entry(const BlockDevice& file, const Pe& pe,
                                 std::uint32_t at, std::optional<std::uint32_t> id) {
  std::uint64_t address = pe.resources.offset + at;
  ResourceNode node;
  TRY(file.read(TRY(resource_offset(pe, address, sizeof(node))),
                std::as_writable_bytes(std::span(&node, 1))));
  std::uint32_t count = std::uint32_t{node.named_count} + node.id_count;
  if (count > kResourceEntryMax) {
    return Error(Errc::corrupt,
                 fmt::format("a node of its resources has {} entries", count));
  }
  ByteVector entries(count * sizeof(ResourceEntry));
  TRY(file.read(TRY(resource_offset(pe, address + sizeof(node),
                                    static_cast<std::uint32_t>(entries.size()))),
                entries));
  for (std::uint32_t i = 0; i < count; ++i) {
    auto entry = *load<ResourceEntry>(entries, i * sizeof(ResourceEntry));
    if (!id || entry.id == *id) return entry;
  }
  return Error(Errc::not_found, "it has no version resource");
}

// The node that `entry` leads to; corrupt where it leads to data.
Result<std::uint32_t> node_of(const ResourceEntry& entry) {
  if ((entry.offset & kResourceIsNode) == 0) {
    return Error(Errc::corrupt, "its version resource has no name or no language");
  }
  return entry.offset & ~kResourceIsNode;
}

Result<ByteVector> read_resource(const BlockDevice& file, const Pe& pe) {
  if (pe.resources.length == 0) return Error(Errc::not_found, "it has no resources");
  // Three levels: type, name, language.
  auto type = TRY(find_entry(file, pe, 0, kVersionResource));
  auto name = TRY(find_entry(file, pe, TRY(node_of(type)), std::nullopt));
  std::uint32_t languages = TRY(node_of(name));
  auto english = find_entry(file, pe, languages, kUsEnglish);
  auto language =
      english ? *english : TRY(find_entry(file, pe, languages, std::nullopt));
  ResourceData data;
  TRY(file.read(
      TRY(resource_offset(pe, pe.resources.offset + language.offset, sizeof(data))),
      std::as_writable_bytes(std::span(&data, 1))));
  std::uint64_t offset = TRY(resource_offset(pe, data.address, data.size));
  return read_bytes(file, offset, data.size, kVersionResourceMax);
}

// A block, its parts as ranges of the resource.
struct Block {
  std::u16string key;
  std::size_t value_at = 0;
  std::size_t value_size = 0;  // up to the block's end where it is text
  std::size_t children_at = 0;
  std::size_t end = 0;
};

std::size_t align(std::size_t at) { return (at + 3) / 4 * 4; }

// The characters from `at` on, up to a zero or `end`.
std::u16string text_at(Bytes bytes, std::size_t at, std::size_t end) {
  std::u16string text;
  for (; at + 2 <= end; at += 2) {
    char16_t character = *load<le16>(bytes, at);
    if (character == 0) break;
    text.push_back(character);
  }
  return text;
}

// The block at `at`, which ends at `end` or before; nothing where none does.
std::optional<Block> block_at(Bytes bytes, std::size_t at, std::size_t end) {
  auto header = load<VersionBlock>(bytes.first(end), at);
  if (!header || header->length < sizeof(VersionBlock) || header->length > end - at) {
    return std::nullopt;
  }
  Block block;
  block.end = at + header->length;
  std::size_t key_at = at + sizeof(VersionBlock);
  block.key = text_at(bytes, key_at, block.end);
  block.value_at = std::min(align(key_at + 2 * (block.key.size() + 1)), block.end);
  // Of text the length is told in characters, by some tools in bytes, and ends at a
  // zero anyway.
  bool text = header->type == 1 && header->value_length != 0;
  block.value_size =
      text ? block.end - block.value_at
           : std::min<std::size_t>(header->value_length, block.end - block.value_at);
  block.children_at = std::min(align(block.value_at + block.value_size), block.end);
  return block;
}

std::vector<Block> children(Bytes bytes, const Block& parent) {
  std::vector<Block> found;
  std::size_t at = parent.children_at;
  for (int i = 0; i < kBlockMax; ++i) {
    auto block = block_at(bytes, at, parent.end);
    if (!block) break;
    at = align(block->end);
    found.push_back(*std::move(block));
  }
  return found;
}

VersionNumber file_number(const FixedVersion& fixed) {
  return {fixed.file_major, fixed.file_minor, fixed.file_build, fixed.file_revision};
}
VersionNumber product_number(const FixedVersion& fixed) {
  return {fixed.product_major, fixed.product_minor, fixed.product_build,
          fixed.product_revision};
}

// The key of the string table of the first language, "040904b0"; "" where none is
// named.
std::string first_language(Bytes bytes, const std::vector<Block>& blocks) {
  for (const Block& info : blocks) {
    if (info.key != u"VarFileInfo") continue;
    for (const Block& var : children(bytes, info)) {
      if (var.key != u"Translation" || var.value_size < 4) continue;
      return fmt::format("{:04x}{:04x}",
                         std::uint16_t{*load<le16>(bytes, var.value_at)},
                         std::uint16_t{*load<le16>(bytes, var.value_at + 2)});
    }
  }
  return "";
}

void set_text(VersionResource& version, std::string_view name, std::string text) {
  constexpr std::pair<std::string_view, std::string VersionResource::*> kTexts[] = {
      {"CompanyName", &VersionResource::company_name},
      {"FileDescription", &VersionResource::file_description},
      {"FileVersion", &VersionResource::file_version},
      {"InternalName", &VersionResource::internal_name},
      {"LegalCopyright", &VersionResource::legal_copyright},
      {"OriginalFilename", &VersionResource::original_filename},
      {"ProductName", &VersionResource::product_name},
      {"ProductVersion", &VersionResource::product_version}};
  for (auto& [known, member] : kTexts) {
    if (equal_ignoring_case(known, name)) version.*member = std::move(text);
  }
}

void read_strings(Bytes bytes, const std::vector<Block>& blocks,
                  VersionResource& version) {
  std::string wanted = first_language(bytes, blocks);
  std::optional<Block> chosen;
  for (const Block& info : blocks) {
    if (info.key != u"StringFileInfo") continue;
    for (Block& table : children(bytes, info)) {
      bool is_wanted = equal_ignoring_case(to_utf8(table.key), wanted);
      if (!chosen || is_wanted) chosen = std::move(table);
      if (is_wanted) break;
    }
  }
  if (!chosen) return;
  for (const Block& text : children(bytes, *chosen)) {
    set_text(version, to_utf8(text.key),
             to_utf8(text_at(bytes, text.value_at, text.value_at + text.value_size)));
  }
}

}  // namespace

std::string to_string(const VersionNumber& version) {
  return fmt::format("{}.{}.{}.{}", version[0], version[1], version[2], version[3]);
}

std::optional<VersionNumber> parse_version(std::string_view text) {
  VersionNumber version{};
  const char* at = text.data();
  const char* end = at + text.size();
  for (std::size_t i = 0; i < version.size(); ++i) {
    if (i > 0 && (at == end || *at++ != '.')) return std::nullopt;
    auto [next, problem] = std::from_chars(at, end, version[i]);
    if (problem != std::errc()) return std::nullopt;
    at = next;
  }
  return at == end ? std::optional(version) : std::nullopt;
}

Result<VersionResource> read_version_resource(const BlockDevice& file, const Pe& pe) {
  ByteVector bytes = TRY(read_resource(file, pe));
  auto top = block_at(bytes, 0, bytes.size());
  if (!top || top->key != u"VS_VERSION_INFO") {
    return Error(Errc::corrupt, "its version resource isn't VS_VERSION_INFO");
  }
  VersionResource version;
  auto fixed = load<FixedVersion>(Bytes(bytes).first(top->end), top->value_at);
  if (fixed && fixed->signature == kFixedVersionSignature) {
    version.file_number = file_number(*fixed);
    version.product_number = product_number(*fixed);
  }
  read_strings(bytes, children(bytes, *top), version);
  return version;
}

}  // namespace drydock::signature
