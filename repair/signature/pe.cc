#include "repair/signature/pe.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/signature/pe_format.h"
#include "repair/signature/pieces.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::signature {

namespace {

// The headers have room for no more of them, whatever their count says.
constexpr std::uint32_t kDirectoryMax = 16;

// A signature with all its certificates and timestamps takes some 10 KiB, and its
// page hashes 9 bytes for each KiB of the file.  Installers that keep data of their
// own in the table were seen with a few MiB.
constexpr std::uint64_t kCertificateTableMax = 16 << 20;
// Signatures of one file; two were seen, in shim's loaders.
constexpr std::size_t kCertificateMax = 256;

template <OnDisk T>
Result<T> read_struct(const BlockDevice& file, std::uint64_t offset,
                      std::string_view what) {
  if (!checked::within(offset, sizeof(T), file.size())) {
    return Error(Errc::corrupt,
                 fmt::format("its {} would be at {:#x}, but it has {} bytes", what,
                             offset, file.size()));
  }
  T value;
  TRY(file.read(offset, std::as_writable_bytes(std::span(&value, 1))));
  return value;
}

Done read_sections(const BlockDevice& file, std::uint64_t offset, std::uint16_t count,
                   Pe& pe) {
  std::uint64_t size = std::uint64_t{count} * sizeof(SectionHeader);
  if (!checked::within(offset, size, file.size())) {
    return Error(Errc::corrupt,
                 fmt::format("its {} sections would be listed at {:#x}, but it has {} "
                             "bytes",
                             count, offset, file.size()));
  }
  ByteVector table(size);
  TRY(file.read(offset, table));
  for (std::uint16_t i = 0; i < count; ++i) {
    auto header = *load<SectionHeader>(table, i * sizeof(SectionHeader));
    auto end = std::find(header.name.begin(), header.name.end(), '\0');
    Section section{.name = std::string(header.name.begin(), end),
                    .virtual_address = header.virtual_address,
                    .virtual_size = header.virtual_size,
                    .data = {.offset = header.data_offset, .length = header.data_size},
                    .characteristics = header.characteristics};
    if (section.data.length != 0 &&
        !checked::within(section.data.offset, section.data.length, pe.file_size)) {
      pe.faults.push_back(fmt::format(
          "section {} has {} bytes at {:#x}, but the file ends at {:#x}", section.name,
          section.data.length, section.data.offset, pe.file_size));
    }
    pe.sections.push_back(std::move(section));
  }
  return {};
}

// Where `directory` stands, if the file has so many; nothing where it hasn't.
Result<std::optional<std::uint64_t>> directory_offset(const BlockDevice& file,
                                                      const Pe& pe,
                                                      std::uint64_t optional_header,
                                                      std::uint32_t directory) {
  std::uint64_t count_at =
      optional_header + (pe.is_64 ? kDirectoryCountAt64 : kDirectoryCountAt32);
  std::uint32_t count = TRY(read_struct<le32>(file, count_at, "optional header"));
  if (directory >= std::min(count, kDirectoryMax)) {
    return std::optional<std::uint64_t>();
  }
  std::uint64_t offset = count_at + sizeof(le32) + directory * sizeof(DataDirectory);
  if (!checked::within(offset, sizeof(DataDirectory), pe.file_size)) {
    return std::optional<std::uint64_t>();
  }
  return std::optional<std::uint64_t>(offset);
}

Done read_directories(const BlockDevice& file, std::uint64_t optional_header, Pe& pe) {
  auto resources = TRY(directory_offset(file, pe, optional_header, kResourceDirectory));
  if (resources) {
    auto entry = TRY(read_struct<DataDirectory>(file, *resources, "directories"));
    pe.resources = {.offset = entry.address, .length = entry.size};
  }
  pe.certificate_entry_offset =
      TRY(directory_offset(file, pe, optional_header, kCertificateDirectory));
  if (!pe.certificate_entry_offset) return {};
  std::uint64_t entry_offset = *pe.certificate_entry_offset;
  auto entry = TRY(read_struct<DataDirectory>(file, entry_offset, "directories"));
  Range table{.offset = entry.address, .length = entry.size};
  if (table.length == 0) return {};
  if (!checked::within(table.offset, table.length, pe.file_size)) {
    pe.certificate_fault = fmt::format(
        "the certificate table has {} bytes at {:#x}, but the file ends at {:#x}",
        table.length, table.offset, pe.file_size);
  } else if (table.offset < entry_offset + sizeof(DataDirectory)) {
    pe.certificate_fault = fmt::format(
        "the certificate table begins at {:#x}, within the headers", table.offset);
  } else {
    pe.certificate_table = table;
  }
  if (!pe.certificate_fault.empty()) pe.faults.push_back(pe.certificate_fault);
  return {};
}

// Adds the entries of `table`, which lies at `offset` in the file.
void add_certificates(Bytes table, std::uint64_t offset, CertificateTable& into) {
  std::uint64_t at = 0;
  while (table.size() - at >= sizeof(WinCertificate)) {
    auto header = *load<WinCertificate>(table, at);
    std::uint64_t rest = table.size() - at;
    if (header.length < sizeof(WinCertificate) || header.length > rest) {
      into.faults.push_back(
          fmt::format("the certificate at {:#x} says that it has {} bytes; {} are left "
                      "in its table",
                      offset + at, std::uint32_t{header.length}, rest));
      return;
    }
    if (into.certificates.size() == kCertificateMax) {
      into.faults.push_back(
          fmt::format("there are more than {} certificates", kCertificateMax));
      return;
    }
    Bytes bytes = table.subspan(at, header.length).subspan(sizeof(WinCertificate));
    into.certificates.push_back({.offset = offset + at,
                                 .revision = header.revision,
                                 .type = header.type,
                                 .bytes = ByteVector(bytes.begin(), bytes.end())});
    // No more than 16 MiB, so that nothing overflows.
    at = std::min<std::uint64_t>(
        *checked::align_up(at + header.length, kCertificateAlignment), table.size());
  }
  if (!is_zero(table.subspan(at))) {
    into.faults.push_back(
        fmt::format("the last {} bytes of the certificate table are no certificate",
                    table.size() - at));
  }
}

}  // namespace

Result<Pe> read_pe(const BlockDevice& file) {
  Pe pe;
  pe.file_size = file.size();
  auto dos = TRY(read_struct<DosHeader>(file, 0, "DOS header"));
  if (dos.signature != kDosSignature) {
    return Error(Errc::corrupt,
                 fmt::format("it begins with {:#06x}, and a PE file with \"MZ\"",
                             std::uint16_t{dos.signature}));
  }
  pe.header_offset = dos.header_offset;
  auto header = TRY(read_struct<FileHeader>(file, pe.header_offset, "PE header"));
  if (header.signature != kPeSignature) {
    return Error(Errc::corrupt,
                 fmt::format("there is {:#010x} at {:#x}, and no \"PE\"",
                             std::uint32_t{header.signature}, pe.header_offset));
  }
  std::uint64_t optional_offset = pe.header_offset + sizeof(FileHeader);
  auto optional =
      TRY(read_struct<OptionalHeader>(file, optional_offset, "optional header"));
  if (optional.magic != kMagic32 && optional.magic != kMagic64) {
    return Error(Errc::corrupt,
                 fmt::format("its optional header begins with {:#x}, which is neither "
                             "PE32 nor PE32+",
                             std::uint16_t{optional.magic}));
  }
  pe.is_64 = optional.magic == kMagic64;
  pe.machine = header.machine;
  pe.characteristics = header.characteristics;
  pe.subsystem = optional.subsystem;
  pe.dll_characteristics = optional.dll_characteristics;
  pe.timestamp = header.timestamp;
  pe.checksum = optional.checksum;
  pe.image_size = optional.image_size;
  pe.headers_size = optional.headers_size;
  pe.section_alignment = optional.section_alignment;
  pe.checksum_offset = optional_offset + kChecksumAt;
  TRY(read_directories(file, optional_offset, pe));
  TRY(read_sections(file, optional_offset + header.optional_header_size,
                    header.section_count, pe));
  return pe;
}

std::optional<std::uint64_t> file_offset_of(const Pe& pe, std::uint32_t address,
                                            std::uint32_t length) {
  for (const Section& section : pe.sections) {
    if (address < section.virtual_address) continue;
    std::uint64_t within = address - section.virtual_address;
    if (!checked::within(within, length, section.data.length)) continue;
    std::uint64_t offset = section.data.offset + within;
    if (checked::within(offset, length, pe.file_size)) return offset;
  }
  return std::nullopt;
}

Result<CertificateTable> read_certificates(const BlockDevice& file, const Pe& pe) {
  CertificateTable table;
  if (!pe.certificate_table) return table;
  Range range = *pe.certificate_table;
  if (range.offset % kCertificateAlignment != 0) {
    table.faults.push_back(
        fmt::format("the certificate table begins at {:#x}, which is no multiple of {}",
                    range.offset, kCertificateAlignment));
  }
  std::uint64_t end = range.offset + range.length;
  if (end < pe.file_size) {
    table.faults.push_back(fmt::format("{} bytes follow the certificate table at {:#x}",
                                       pe.file_size - end, end));
  }
  ByteVector bytes =
      TRY(read_bytes(file, range.offset, range.length, kCertificateTableMax)
              .in("certificate table"));
  add_certificates(bytes, range.offset, table);
  return table;
}

Result<std::uint32_t> compute_checksum(const BlockDevice& file, const Pe& pe,
                                       const Progress& progress) {
  // The sum of all words of 16 bits, its carries added to it, and the file's size.
  // As ImageHlp's CheckSumMappedFile() does; the checksum itself counts as zero.
  std::uint64_t sum = 0;
  auto add = [&](Bytes piece) {
    std::size_t even = piece.size() / 2 * 2;
    for (std::size_t i = 0; i < even; i += 2) sum += *load<le16>(piece, i);
    if (even < piece.size()) sum += static_cast<std::uint8_t>(piece[even]);
  };
  Range whole{.offset = 0, .length = pe.file_size};
  TRY(for_each_piece(file, {&whole, 1}, add, progress));
  auto written = TRY(read_struct<std::array<std::byte, 4>>(file, pe.checksum_offset,
                                                           "optional header"));
  for (std::size_t i = 0; i < written.size(); ++i) {
    std::uint64_t shift = (pe.checksum_offset + i) % 2 * 8;
    sum -= std::uint64_t{static_cast<std::uint8_t>(written[i])} << shift;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint32_t>(sum + pe.file_size);
}

std::string machine_word(std::uint16_t machine) {
  switch (machine) {  // "Machine Types"
    case 0x8664:
      return "x64";
    case 0x014c:
      return "x86";
    case 0xaa64:
      return "arm64";
    default:
      return fmt::format("{:#06x}", machine);
  }
}

}  // namespace drydock::signature
