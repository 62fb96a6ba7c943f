// A PE file: Windows' programs, libraries, drivers and boot loaders.
//
// read_pe() says what its headers say, and where the three places are that a
// signature doesn't cover: the checksum, the entry that names the certificate
// table, and that table.  It believes no number that it hasn't checked: the file
// may be anybody's.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vhd/block_device.h"
#include "vhd/progress.h"

namespace drydock::signature {

// Bytes of a file, from `offset` on.
struct Range {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  friend bool operator==(const Range&, const Range&) = default;
};

struct Section {
  std::string name;
  std::uint32_t virtual_address = 0;  // where it is loaded, from the image's base
  std::uint32_t virtual_size = 0;
  Range data;  // SizeOfRawData from PointerToRawData on; may lie past the file's end
  std::uint32_t characteristics = 0;
};

struct Pe {
  std::uint64_t file_size = 0;
  std::uint64_t header_offset = 0;  // e_lfanew: of "PE"
  bool is_64 = false;               // PE32+
  std::uint16_t machine = 0;
  std::uint16_t characteristics = 0;
  std::uint16_t subsystem = 0;
  std::uint16_t dll_characteristics = 0;
  std::uint32_t timestamp = 0;  // the linker's: seconds since 1970, or a hash
  std::uint32_t checksum = 0;   // as it is written there; see compute_checksum()
  std::uint32_t image_size = 0;
  std::uint32_t headers_size = 0;
  std::uint32_t section_alignment = 0;
  std::vector<Section> sections;

  std::uint64_t checksum_offset = 0;  // four bytes
  // Eight bytes; nothing where the file has too few data directories.
  std::optional<std::uint64_t> certificate_entry_offset = std::nullopt;
  // The certificate table, where there is one that can be: within the file,
  // behind the entry that names it.
  std::optional<Range> certificate_table = std::nullopt;
  Range resources;  // the resource directory: an RVA, and its size

  // What is wrong with it, though it can be read: a section or the certificate
  // table past the end of the file.
  std::vector<std::string> faults;
  // Of those, why certificate_table is nothing although the file says where it has one.
  std::string certificate_fault;
};

// corrupt where `file` is no PE file, or ends within its headers.
Result<Pe> read_pe(const BlockDevice& file);

// Where in the file the `length` bytes are that are loaded at `address`; nothing
// where no section has all of them in its data.
std::optional<std::uint64_t> file_offset_of(const Pe& pe, std::uint32_t address,
                                            std::uint32_t length);

// One entry of the certificate table.
struct Certificate {
  std::uint64_t offset = 0;  // in the file
  std::uint16_t revision = 0;
  std::uint16_t type = 0;  // 2: a PKCS#7 message, which is what signs
  ByteVector bytes;        // behind the header; DER, and perhaps zeros
};
inline constexpr std::uint16_t kPkcs7Certificate = 2;

struct CertificateTable {
  std::vector<Certificate> certificates;
  // Why the table has no further entry, where it should; and bytes behind it,
  // which Windows doesn't let be.
  std::vector<std::string> faults;
};

// Empty where there is no table.  Fails as a read of `file` does, and with corrupt
// where the table is larger than any honest one.
Result<CertificateTable> read_certificates(const BlockDevice& file, const Pe& pe);

// What the linker should have written as CheckSum.  Windows wants it right of
// drivers and boot files.
Result<std::uint32_t> compute_checksum(const BlockDevice& file, const Pe& pe,
                                       const Progress& progress = {});

// "x64", "x86", "arm64"; of machines on which no Windows of today runs, their number.
std::string machine_word(std::uint16_t machine);

}  // namespace drydock::signature
