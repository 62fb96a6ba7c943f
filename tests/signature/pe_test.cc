#include "repair/signature/pe.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/signature/pe_files.h"
#include "tests/support/corpus.h"
#include "tests/support/pe_builder.h"
#include "vhd/memory_device.h"

namespace drydock::signature {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// pefile takes a second for the checksum of 300 KB.
constexpr std::uint64_t kSummedMax = 100'000;

constexpr const char* kFactsScript = R"(
import os, pefile, sys
for name in sys.argv[1:]:
    p = pefile.PE(name, fast_load=True)
    f, o, d = p.FILE_HEADER, p.OPTIONAL_HEADER, p.OPTIONAL_HEADER.DATA_DIRECTORY[4]
    checksum = p.generate_checksum() if os.path.getsize(name) <= 100000 else 0
    print("%x %x %x %x %x %x %x %x" % (f.Machine, f.TimeDateStamp, f.Characteristics,
          o.CheckSum, checksum, o.SizeOfImage, d.VirtualAddress, d.Size))
    for s in p.sections:
        print(" %s %x %x %x %x" % (s.Name.rstrip(b'\0').decode(), s.VirtualAddress,
              s.Misc_VirtualSize, s.PointerToRawData, s.SizeOfRawData))
)";

std::string facts(const std::filesystem::path& path) {
  MemoryDevice file(read_host_file(path));
  auto pe = read_pe(file);
  if (!pe) return path.string() + ": " + pe.error().describe() + "\n";
  std::uint32_t checksum = 0;
  if (file.size() <= kSummedMax) checksum = *compute_checksum(file, *pe);
  Range table = pe->certificate_table.value_or(Range{});
  std::string text =
      fmt::format("{:x} {:x} {:x} {:x} {:x} {:x} {:x} {:x}\n", pe->machine,
                  pe->timestamp, pe->characteristics, pe->checksum, checksum,
                  pe->image_size, table.offset, table.length);
  for (const Section& section : pe->sections) {
    text +=
        fmt::format(" {} {:x} {:x} {:x} {:x}\n", section.name, section.virtual_address,
                    section.virtual_size, section.data.offset, section.data.length);
  }
  return text;
}

TEST(Pe, EveryRealFileIsReadAsPefileReadsIt) {
  auto files = real_pe_files();
  for (const auto& file : wine_pe_files(20)) files.push_back(file);
  auto judged = ask_pefile(kFactsScript, files);
  if (!judged || files.empty()) GTEST_SKIP() << "no pefile or no PE files here";
  std::string ours;
  for (const auto& file : files) ours += facts(file);
  EXPECT_EQ(ours, *judged);
}

// Certificates of a file that is made with `table` as its certificate table.
CertificateTable certificates_of(const ByteVector& table) {
  MemoryDevice file(build_pe({.certificates = table}));
  auto pe = read_pe(file);
  EXPECT_TRUE(pe) << pe.error().describe();
  auto read = read_certificates(file, *pe);
  EXPECT_TRUE(read) << read.error().describe();
  return *read;
}

TEST(Pe, EachEntryOfTheCertificateTableIsRead) {
  ByteVector table = pe_certificate(bytes_of(std::string_view("12345")));
  ByteVector second = pe_certificate(bytes_of(std::string_view("abc")), 1);
  table.insert(table.end(), second.begin(), second.end());
  CertificateTable read = certificates_of(table);
  EXPECT_THAT(read.faults, IsEmpty());
  ASSERT_EQ(read.certificates.size(), 2u);
  EXPECT_EQ(as_text(read.certificates[0].bytes), "12345");
  EXPECT_EQ(read.certificates[0].type, kPkcs7Certificate);
  EXPECT_EQ(as_text(read.certificates[1].bytes), "abc");
  EXPECT_EQ(read.certificates[1].type, 1);
  EXPECT_EQ(read.certificates[1].revision, 0x0200);
  EXPECT_EQ(read.certificates[1].offset, read.certificates[0].offset + 16);
}

TEST(Pe, ShimHasTwoCertificates) {
  std::filesystem::path path = "/usr/lib/shim/shimx64.efi.signed";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "shim-signed isn't here";
  MemoryDevice file(read_host_file(path));
  auto pe = read_pe(file);
  ASSERT_TRUE(pe);
  auto read = read_certificates(file, *pe);
  ASSERT_TRUE(read);
  EXPECT_THAT(read->faults, IsEmpty());
  EXPECT_EQ(read->certificates.size(), 2u);
}

TEST(Pe, ACertificateOfLengthZeroEndsTheTable) {
  ByteVector table = pe_certificate(bytes_of(std::string_view("12345")));
  table.resize(table.size() + 16);
  table.back() = std::byte{1};
  CertificateTable read = certificates_of(table);
  EXPECT_EQ(read.certificates.size(), 1u);
  EXPECT_THAT(read.faults, ElementsAre(HasSubstr("says that it has 0 bytes")));
}

TEST(Pe, ACertificateLongerThanItsTableIsNamed) {
  ByteVector table = pe_certificate(bytes_of(std::string_view("12345")));
  table[0] = std::byte{0x80};
  CertificateTable read = certificates_of(table);
  EXPECT_THAT(read.certificates, IsEmpty());
  EXPECT_THAT(read.faults, ElementsAre(HasSubstr("128 bytes; 16 are left")));
}

TEST(Pe, BytesBehindTheCertificateTableAreNamed) {
  ByteVector bytes =
      build_pe({.certificates = pe_certificate(bytes_of(std::string_view("1")))});
  bytes.resize(bytes.size() + 3);
  MemoryDevice file(bytes);
  auto pe = read_pe(file);
  ASSERT_TRUE(pe);
  auto read = read_certificates(file, *pe);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->certificates.size(), 1u);
  EXPECT_THAT(read->faults, ElementsAre(HasSubstr("3 bytes follow")));
}

// Of a file whose certificate table is said to be elsewhere.
Pe with_table_at(std::uint32_t address, std::uint32_t size) {
  ByteVector bytes = build_pe({});
  EXPECT_TRUE(store(bytes, pe_certificate_entry_at(true),
                    DataDirectory{.address = address, .size = size}));
  auto pe = read_pe(MemoryDevice(bytes));
  EXPECT_TRUE(pe);
  return *pe;
}

TEST(Pe, ACertificateTablePastTheEndIsAFault) {
  Pe pe = with_table_at(0x1000, 0x7fffffff);
  EXPECT_FALSE(pe.certificate_table);
  EXPECT_THAT(pe.faults, ElementsAre(HasSubstr("but the file ends at")));
}

TEST(Pe, ACertificateTableInTheHeadersIsAFault) {
  Pe pe = with_table_at(0x40, 16);
  EXPECT_FALSE(pe.certificate_table);
  EXPECT_THAT(pe.faults, ElementsAre(HasSubstr("within the headers")));
}

TEST(Pe, AnUnalignedCertificateTableIsAFault) {
  ByteVector bytes =
      build_pe({.certificates = pe_certificate(bytes_of(std::string_view("12345")))});
  auto entry = load<DataDirectory>(bytes, pe_certificate_entry_at(true));
  bytes.insert(bytes.begin() + entry->address, std::byte{});
  entry->address = entry->address + 1;
  ASSERT_TRUE(store(bytes, pe_certificate_entry_at(true), *entry));
  MemoryDevice file(bytes);
  auto pe = read_pe(file);
  ASSERT_TRUE(pe);
  auto read = read_certificates(file, *pe);
  ASSERT_TRUE(read);
  EXPECT_THAT(read->faults, ElementsAre(HasSubstr("no multiple of 8")));
  EXPECT_EQ(as_text(read->certificates.at(0).bytes), "12345");
}

TEST(Pe, ASectionPastTheEndIsAFault) {
  ByteVector bytes = build_pe({});
  bytes.resize(bytes.size() - 1);
  auto pe = read_pe(MemoryDevice(bytes));
  ASSERT_TRUE(pe);
  EXPECT_THAT(pe->faults, ElementsAre(HasSubstr("section .text has 5120 bytes")));
}

TEST(Pe, WhatIsNoPeFileIsRefused) {
  ByteVector good = build_pe({});
  ByteVector no_dos = good;
  no_dos[0] = std::byte{'X'};
  EXPECT_THAT(read_pe(MemoryDevice(no_dos)).error().words(), HasSubstr("\"MZ\""));
  ByteVector no_pe = good;
  no_pe[kPeHeaderAt] = std::byte{'X'};
  EXPECT_THAT(read_pe(MemoryDevice(no_pe)).error().words(), HasSubstr("no \"PE\""));
  ByteVector elsewhere = good;
  ASSERT_TRUE(store(elsewhere, 0x3c, le32(0xfffffff0u)));
  EXPECT_THAT(read_pe(MemoryDevice(elsewhere)).error().words(),
              HasSubstr("would be at 0xfffffff0"));
  EXPECT_EQ(read_pe(MemoryDevice(ByteVector{})).error().code(), Errc::corrupt);
}

// Every cut of the headers ends in words, and never in a read past the end.
TEST(Pe, HeadersThatAreCutOffAreRefused) {
  ByteVector good = build_pe({});
  std::size_t sections_end = kPeHeaderAt + 24 + 0x70 + 16 * 8 + 40;
  for (std::size_t size = 0; size < sections_end; ++size) {
    auto pe = read_pe(MemoryDevice(ByteVector(good.begin(), good.begin() + size)));
    ASSERT_FALSE(pe) << size;
    EXPECT_EQ(pe.error().code(), Errc::corrupt) << size;
  }
}

TEST(Pe, AnAddressIsFoundInTheFileOnlyWhereASectionHasAllOfIt) {
  auto pe = read_pe(MemoryDevice(build_pe({})));
  ASSERT_TRUE(pe);
  EXPECT_EQ(file_offset_of(*pe, kPeSectionAlignment + 4, 100), kPeHeadersSize + 4u);
  EXPECT_EQ(file_offset_of(*pe, kPeSectionAlignment, 5121), std::nullopt);
  EXPECT_EQ(file_offset_of(*pe, 0, 1), std::nullopt);
}

}  // namespace
}  // namespace drydock::signature
