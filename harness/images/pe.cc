#include "harness/images/pe.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "vhd/base/checked.h"
#include "vhd/base/endian.h"
#include "vhd/base/utf16.h"

// Microsoft's "PE Format" ([PE] below), and of version resources the pages on
// VS_VERSIONINFO.

namespace drydock::images {

namespace {

constexpr std::uint32_t kFileAlignment = 0x200;
constexpr std::uint32_t kSectionAlignment = 0x1000;
constexpr std::uint32_t kPeOffset = 0x80;
constexpr std::uint32_t kHeadersSize = 0x400;
constexpr std::uint32_t kTextAddress = 0x1000;
constexpr std::uint32_t kResourceAddress = 0x2000;

struct CoffHeader {
  std::array<char, 4> signature;  // +0x00  "PE"
  le16 machine;                   // +0x04
  le16 section_count;             // +0x06
  le32 time;                      // +0x08
  le32 symbols;                   // +0x0c
  le32 symbol_count;              // +0x10
  le16 optional_size;             // +0x14
  le16 characteristics;           // +0x16
};
static_assert(OnDisk<CoffHeader> && sizeof(CoffHeader) == 0x18);

struct Directory {
  le32 address;
  le32 size;
};

struct OptionalHeader {
  le16 magic;                             // +0x00  0x20b: PE32+
  le16 linker_version;                    // +0x02
  le32 code_size;                         // +0x04
  le32 data_size;                         // +0x08
  le32 zeros_size;                        // +0x0c
  le32 entry;                             // +0x10
  le32 code_base;                         // +0x14
  le64 image_base;                        // +0x18
  le32 section_alignment;                 // +0x20
  le32 file_alignment;                    // +0x24
  std::array<le16, 6> versions;           // +0x28  system's, image's, subsystem's
  le32 win32_version;                     // +0x34
  le32 image_size;                        // +0x38
  le32 headers_size;                      // +0x3c
  le32 checksum;                          // +0x40
  le16 subsystem;                         // +0x44
  le16 dll_characteristics;               // +0x46
  std::array<le64, 4> reserves;           // +0x48  of stack and heap
  le32 loader_flags;                      // +0x68
  le32 directory_count;                   // +0x6c
  std::array<Directory, 16> directories;  // +0x70  the third: resources
};
static_assert(OnDisk<OptionalHeader> && sizeof(OptionalHeader) == 0xf0);

struct Section {
  std::array<char, 8> name;         // +0x00
  le32 virtual_size;                // +0x08
  le32 address;                     // +0x0c
  le32 raw_size;                    // +0x10
  le32 raw_offset;                  // +0x14
  std::array<std::byte, 12> zeros;  // +0x18
  le32 characteristics;             // +0x24
};
static_assert(OnDisk<Section> && sizeof(Section) == 0x28);

void append(ByteVector& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void pad(ByteVector& out, std::size_t unit) {
  out.resize(*checked::align_up(out.size(), unit));
}

ByteVector wide(std::string_view text) {
  ByteVector out = utf16le_bytes(to_utf16(text).value_or(u""));
  out.insert(out.end(), 2, std::byte{0});
  return out;
}

// One node of a version resource: its length, its value's, whether that is
// text, a key, the value, its children; each from a multiple of 4 on.
ByteVector node(std::string_view key, Bytes value, bool is_text,
                const std::vector<ByteVector>& children) {
  std::size_t value_length = is_text ? value.size() / 2 : value.size();
  ByteVector out(2);
  append(out, bytes_of(le16(static_cast<std::uint16_t>(value_length))));
  append(out, bytes_of(le16(is_text ? std::uint16_t{1} : std::uint16_t{0})));
  append(out, wide(key));
  pad(out, 4);
  append(out, value);
  for (const ByteVector& child : children) {
    pad(out, 4);
    append(out, child);
  }
  static_cast<void>(store(out, 0, le16(static_cast<std::uint16_t>(out.size()))));
  return out;
}

ByteVector version_info(const PeText& text) {
  std::string version = fmt::format("{}", fmt::join(text.version, "."));
  std::vector<std::pair<std::string_view, std::string_view>> words = {
      {"CompanyName", text.company},   {"FileDescription", text.description},
      {"FileVersion", version},        {"InternalName", text.name},
      {"OriginalFilename", text.name}, {"ProductName", text.product},
      {"ProductVersion", version},
  };
  std::vector<ByteVector> strings;
  for (const auto& [key, word] : words)
    strings.push_back(node(key, wide(word), true, {}));

  // VS_FIXEDFILEINFO, its version twice: the file's and the product's.
  ByteVector fixed;
  std::uint32_t high =
      static_cast<std::uint32_t>(text.version[0]) << 16 | text.version[1];
  std::uint32_t low =
      static_cast<std::uint32_t>(text.version[2]) << 16 | text.version[3];
  for (std::uint32_t word : {0xfeef04bdU, 0x10000U, high, low, high, low, 0x3fU, 0U,
                             0x40004U, 3U, 7U, 0U, 0U}) {
    append(fixed, bytes_of(le32(word)));
  }
  // US English, UTF-16.
  ByteVector language;
  append(language, bytes_of(le32(0x04b00409)));
  ByteVector table = node("040904B0", {}, true, strings);
  return node(
      "VS_VERSION_INFO", fixed, false,
      {node("StringFileInfo", {}, true, {table}),
       node("VarFileInfo", {}, true, {node("Translation", language, false, {})})});
}

// Three levels of one entry each -- type 16, name 1, language 0x409 -- then
// where the bytes are.  [PE] The .rsrc Section
ByteVector resources(const PeText& text) {
  constexpr std::uint32_t kLevelSize = 24;
  constexpr std::uint32_t kIsLevel = 0x80000000;
  constexpr std::uint32_t kEntry = 3 * kLevelSize;
  constexpr std::uint32_t kBytes = kEntry + 16;
  ByteVector info = version_info(text);
  ByteVector out;
  std::uint32_t places[] = {kIsLevel | kLevelSize, kIsLevel | 2 * kLevelSize, kEntry};
  std::uint32_t ids[] = {16, 1, 0x409};
  for (std::size_t i = 0; i < 3; ++i) {
    out.resize(out.size() + 14);
    append(out, bytes_of(le16(std::uint16_t{1})));  // entries with a number
    append(out, bytes_of(le32(ids[i])));
    append(out, bytes_of(le32(places[i])));
  }
  append(out, bytes_of(le32(kResourceAddress + kBytes)));
  append(out, bytes_of(le32(static_cast<std::uint32_t>(info.size()))));
  out.resize(kBytes);
  append(out, info);
  return out;
}

OptionalHeader optional_header(const PeText& text, std::uint32_t resource_size) {
  OptionalHeader header{};
  header.magic = std::uint16_t{0x20b};
  header.linker_version = std::uint16_t{14};
  header.code_size = kFileAlignment;
  header.data_size =
      static_cast<std::uint32_t>(*checked::align_up(resource_size, kFileAlignment));
  header.entry = kTextAddress;
  header.code_base = kTextAddress;
  header.image_base = 0x140000000U;
  header.section_alignment = kSectionAlignment;
  header.file_alignment = kFileAlignment;
  // Windows 10's.
  header.versions = {le16(10), le16(0), le16(10), le16(0), le16(10), le16(0)};
  header.image_size = kResourceAddress + static_cast<std::uint32_t>(*checked::align_up(
                                             resource_size, kSectionAlignment));
  header.headers_size = kHeadersSize;
  header.subsystem = static_cast<std::uint16_t>(text.subsystem);
  header.dll_characteristics = std::uint16_t{0x160};  // ASLR, no execution of data
  header.reserves = {le64(0x100000), le64(0x1000), le64(0x100000), le64(0x1000)};
  header.directory_count = 16U;
  header.directories[2] = {kResourceAddress, resource_size};
  return header;
}

// The sum of all 16-bit words with the carries put back, and the size.
std::uint32_t checksum(Bytes file) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 2 <= file.size(); i += 2) {
    sum += *load<le16>(file, i);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return sum + static_cast<std::uint32_t>(file.size());
}

}  // namespace

ByteVector make_pe(const PeText& text) {
  // xor eax, eax; ret
  constexpr std::array<std::byte, 3> kCode = {std::byte{0x31}, std::byte{0xc0},
                                              std::byte{0xc3}};
  ByteVector resource = resources(text);
  std::uint32_t resource_size = static_cast<std::uint32_t>(resource.size());
  pad(resource, kFileAlignment);

  ByteVector file;
  append(file, bytes_of(std::string_view("MZ")));
  file.resize(0x3c);
  append(file, bytes_of(le32(kPeOffset)));
  append(file, bytes_of(std::string_view("Stands in for ")));
  append(file, bytes_of(text.name.substr(0, 40)));
  file.resize(kPeOffset);
  // Executable, may lie above 2 GiB; two sections.
  append(file, bytes_of(CoffHeader{{'P', 'E', 0, 0},
                                   static_cast<std::uint16_t>(text.machine),
                                   std::uint16_t{2},
                                   text.time,
                                   0U,
                                   0U,
                                   std::uint16_t{sizeof(OptionalHeader)},
                                   std::uint16_t{0x22}}));
  append(file, bytes_of(optional_header(text, resource_size)));
  append(file, bytes_of(Section{{'.', 't', 'e', 'x', 't'},
                                static_cast<std::uint32_t>(kCode.size()),
                                kTextAddress,
                                kFileAlignment,
                                kHeadersSize,
                                {},
                                0x60000020U}));  // code: may be read and run
  append(file, bytes_of(Section{{'.', 'r', 's', 'r', 'c'},
                                resource_size,
                                kResourceAddress,
                                static_cast<std::uint32_t>(resource.size()),
                                kHeadersSize + kFileAlignment,
                                {},
                                0x40000040U}));  // data: may be read
  file.resize(kHeadersSize);
  append(file, kCode);
  pad(file, kFileAlignment);
  append(file, resource);
  set_checksum(file);
  return file;
}

void set_checksum(MutableBytes program) {
  auto header = load<le32>(program, 0x3c);
  if (!header) return;
  std::size_t offset =
      *header + sizeof(CoffHeader) + offsetof(OptionalHeader, checksum);
  if (!store(program, offset, le32(0U))) return;
  static_cast<void>(store(program, offset, le32(checksum(program))));
}

}  // namespace drydock::images
