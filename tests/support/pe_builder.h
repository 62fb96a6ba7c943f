// Small PE files, made from parts: enough headers for a linker's output, the sections,
// what follows them, and a certificate table.  Nothing in them runs.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "repair/signature/pe_format.h"
#include "vhd/base/bytes.h"
#include "vhd/base/utf16.h"

namespace drydock {

struct PeParts {
  bool is_64 = true;
  std::uint16_t machine = 0x8664;
  // The file's name for each, and its data, which is padded to 512 bytes.
  std::vector<std::pair<std::string, ByteVector>> sections{
      {".text", ByteVector(5000, std::byte{0xcc})}};
  ByteVector overlay = {};       // behind the sections
  ByteVector certificates = {};  // the table, at the file's end; empty: none
};

inline constexpr std::uint32_t kPeHeaderAt = 0x80;
inline constexpr std::uint32_t kPeHeadersSize = 0x400;
inline constexpr std::uint32_t kPeSectionAlignment = 0x1000;

// Appends `value`, which is a struct of the disk.
template <OnDisk T>
void append(ByteVector& to, const T& value) {
  Bytes bytes = bytes_of(value);
  to.insert(to.end(), bytes.begin(), bytes.end());
}

// One entry of a certificate table, padded.
inline ByteVector pe_certificate(Bytes content, std::uint16_t type = 2) {
  ByteVector entry;
  append(entry, signature::WinCertificate{
                    .length = static_cast<std::uint32_t>(8 + content.size()),
                    .revision = std::uint16_t{0x0200},
                    .type = type});
  entry.insert(entry.end(), content.begin(), content.end());
  entry.resize((entry.size() + 7) / 8 * 8);
  return entry;
}

// Where the two things are that a signature changes in the headers.
inline std::uint32_t pe_checksum_at() { return kPeHeaderAt + 24 + 0x40; }
inline std::uint32_t pe_certificate_entry_at(bool is_64) {
  return kPeHeaderAt + 24 + (is_64 ? 0x70 : 0x60) + 4 * 8;
}

// The section, and its data at the end of `file`; the address behind it.
inline std::uint32_t add_section(ByteVector& file, std::size_t header_at,
                                 const std::string& name, const ByteVector& data,
                                 std::uint32_t address) {
  signature::SectionHeader header{};
  name.copy(header.name.data(), header.name.size());
  auto data_size = static_cast<std::uint32_t>((data.size() + 511) / 512 * 512);
  header.virtual_size = static_cast<std::uint32_t>(data.size());
  header.virtual_address = address;
  header.data_size = data_size;
  header.data_offset = static_cast<std::uint32_t>(file.size());
  static_cast<void>(store(file, header_at, header));
  file.insert(file.end(), data.begin(), data.end());
  file.resize(header.data_offset + data_size);
  return (address + data_size + kPeSectionAlignment - 1) / kPeSectionAlignment *
         kPeSectionAlignment;
}

inline ByteVector build_pe(const PeParts& parts) {
  ByteVector file(kPeHeadersSize);
  std::uint32_t optional_at = kPeHeaderAt + 24;
  std::uint32_t directories_at = optional_at + (parts.is_64 ? 0x70 : 0x60);
  std::uint32_t sections_at = directories_at + 16 * 8;
  std::uint32_t address = kPeSectionAlignment;
  signature::DataDirectory resources{};
  for (std::size_t i = 0; i < parts.sections.size(); ++i) {
    const auto& [name, data] = parts.sections[i];
    if (name == ".rsrc") resources = {.address = address, .size = 512u};
    address = add_section(file, sections_at + i * sizeof(signature::SectionHeader),
                          name, data, address);
  }
  file.insert(file.end(), parts.overlay.begin(), parts.overlay.end());
  signature::DataDirectory table{};
  if (!parts.certificates.empty()) {
    file.resize((file.size() + 7) / 8 * 8);
    table.address = static_cast<std::uint32_t>(file.size());
    table.size = static_cast<std::uint32_t>(parts.certificates.size());
    file.insert(file.end(), parts.certificates.begin(), parts.certificates.end());
  }
  signature::DosHeader dos{};
  dos.signature = signature::kDosSignature;
  dos.header_offset = kPeHeaderAt;
  signature::FileHeader header{};
  header.signature = signature::kPeSignature;
  header.machine = parts.machine;
  header.section_count = static_cast<std::uint16_t>(parts.sections.size());
  header.timestamp = 0x65000000;
  header.optional_header_size = static_cast<std::uint16_t>(sections_at - optional_at);
  header.characteristics = 0x22;
  signature::OptionalHeader optional{};
  optional.magic = parts.is_64 ? signature::kMagic64 : signature::kMagic32;
  optional.section_alignment = kPeSectionAlignment;
  optional.file_alignment = 512;
  optional.image_size = address;
  optional.headers_size = kPeHeadersSize;
  optional.subsystem = 1;
  // The headers have room for all of them.
  static_cast<void>(
      store(file, 0, dos) && store(file, kPeHeaderAt, header) &&
      store(file, optional_at, optional) &&
      store(file, directories_at - 4, le32(16u)) &&
      store(file, directories_at + signature::kResourceDirectory * 8, resources) &&
      store(file, directories_at + signature::kCertificateDirectory * 8, table));
  return file;
}

// A block of a version resource, with its children already made.
inline ByteVector version_block(std::string_view key, std::uint16_t type, Bytes value,
                                const std::vector<ByteVector>& children = {}) {
  auto pad = [](ByteVector& bytes) { bytes.resize((bytes.size() + 3) / 4 * 4); };
  ByteVector block(sizeof(signature::VersionBlock));
  ByteVector name = utf16le_bytes(to_utf16(key).value_or(u""));
  block.insert(block.end(), name.begin(), name.end());
  block.resize(block.size() + 2);
  pad(block);
  block.insert(block.end(), value.begin(), value.end());
  for (const ByteVector& child : children) {
    pad(block);
    block.insert(block.end(), child.begin(), child.end());
  }
  std::size_t length = type == 1 ? value.size() / 2 : value.size();
  static_cast<void>(
      store(block, 0,
            signature::VersionBlock{.length = static_cast<std::uint16_t>(block.size()),
                                    .value_length = static_cast<std::uint16_t>(length),
                                    .type = type}));
  return block;
}

inline ByteVector version_text(std::string_view key, std::string_view text) {
  ByteVector value = utf16le_bytes(to_utf16(text).value_or(u""));
  value.resize(value.size() + 2);
  return version_block(key, 1, value);
}

// A .rsrc section that begins at `address` and holds `version` alone.
inline ByteVector version_section(std::uint32_t address, const ByteVector& version) {
  ByteVector section;
  auto node = [&](std::uint32_t id, std::uint32_t offset) {
    signature::ResourceNode one{};
    one.id_count = 1;
    append(section, one);
    append(section, signature::ResourceEntry{.id = id, .offset = offset});
  };
  node(signature::kVersionResource, signature::kResourceIsNode | 24);
  node(1, signature::kResourceIsNode | 48);
  node(0x0409, 72);
  signature::ResourceData data{};
  data.address = address + 88;
  data.size = static_cast<std::uint32_t>(version.size());
  append(section, data);
  section.insert(section.end(), version.begin(), version.end());
  return section;
}

}  // namespace drydock
