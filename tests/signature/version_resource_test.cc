#include "repair/signature/version_resource.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/signature/pe_files.h"
#include "tests/support/pe_builder.h"
#include "vhd/memory_device.h"

namespace drydock::signature {
namespace {

// Of English, or of what comes first, as a person would look it up.
constexpr const char* kVersionScript = R"(
import pefile, sys
NAMES = ["CompanyName", "FileDescription", "FileVersion", "InternalName",
         "LegalCopyright", "OriginalFilename", "ProductName", "ProductVersion"]
for name in sys.argv[1:]:
    p = pefile.PE(name, fast_load=True)
    p.parse_data_directories(directories=[2])
    infos = getattr(p, "FileInfo", [])
    if not infos:
        print("none")
        continue
    languages = [l.id for e in p.DIRECTORY_ENTRY_RESOURCE.entries if e.id == 16
                 for l in e.directory.entries[0].directory.entries]
    at = languages.index(0x409) if 0x409 in languages else 0
    tables = [t for i in infos[at] if i.name == "StringFileInfo" for t in i.StringTable]
    entries = tables[0].entries if tables else {}
    texts = {k.decode(): v.decode() for k, v in entries.items()}
    f = p.VS_FIXEDFILEINFO[at]
    print("%d.%d.%d.%d" % (f.FileVersionMS >> 16, f.FileVersionMS & 0xffff,
                           f.FileVersionLS >> 16, f.FileVersionLS & 0xffff))
    print("%d.%d.%d.%d" % (f.ProductVersionMS >> 16, f.ProductVersionMS & 0xffff,
                           f.ProductVersionLS >> 16, f.ProductVersionLS & 0xffff))
    for key in NAMES:
        print(texts.get(key, ""))
)";

std::string version_of(const ByteVector& bytes) {
  MemoryDevice file(bytes);
  auto pe = read_pe(file);
  if (!pe) return pe.error().describe() + "\n";
  auto version = read_version_resource(file, *pe);
  // One of the corpus has other bytes there; pefile doesn't say what is wrong.
  if (!version) return "none\n";
  std::string text =
      fmt::format("{}\n{}\n", to_string(version->file_number.value_or(VersionNumber{})),
                  to_string(version->product_number.value_or(VersionNumber{})));
  for (const std::string& one :
       {version->company_name, version->file_description, version->file_version,
        version->internal_name, version->legal_copyright, version->original_filename,
        version->product_name, version->product_version}) {
    text += one + "\n";
  }
  return text;
}

TEST(VersionResource, OfEveryRealFileIsWhatPefileReads) {
  auto files = real_pe_files();
  for (const auto& file : wine_pe_files(30)) files.push_back(file);
  auto judged = ask_pefile(kVersionScript, files);
  if (!judged || files.empty()) GTEST_SKIP() << "no pefile or no PE files here";
  std::string ours;
  for (const auto& file : files) ours += version_of(read_host_file(file));
  EXPECT_EQ(ours, *judged);
}

ByteVector fixed_version() {
  FixedVersion fixed{};
  fixed.signature = kFixedVersionSignature;
  fixed.file_major = 1;
  fixed.file_minor = 2;
  fixed.file_build = 3;
  fixed.file_revision = 4;
  ByteVector bytes;
  append(bytes, fixed);
  return bytes;
}

ByteVector string_table(std::string_view language, std::string_view company) {
  return version_block(language, 1, {}, {version_text("CompanyName", company)});
}

// A file with the version resource that these are the blocks of.
ByteVector file_with(const std::vector<ByteVector>& blocks) {
  ByteVector version = version_block("VS_VERSION_INFO", 0, fixed_version(), blocks);
  return build_pe(
      {.sections = {{".rsrc", version_section(kPeSectionAlignment, version)}}});
}

TEST(VersionResource, ItsFirstLanguageIsThatWhichItNamesFirst) {
  ByteVector translation;
  append(translation, le16(std::uint16_t{0x0407}));
  append(translation, le16(std::uint16_t{0x04b0}));
  ByteVector bytes =
      file_with({version_block("StringFileInfo", 1, {},
                               {string_table("040904b0", "One"),
                                string_table("040704b0", "Zwei")}),
                 version_block("VarFileInfo", 1, {},
                               {version_block("Translation", 0, translation)})});
  MemoryDevice file(bytes);
  auto pe = read_pe(file);
  ASSERT_TRUE(pe);
  auto version = read_version_resource(file, *pe);
  ASSERT_TRUE(version) << version.error().describe();
  EXPECT_EQ(version->company_name, "Zwei");
  EXPECT_EQ(to_string(*version->file_number), "1.2.3.4");
}

TEST(VersionResource, WithoutLanguagesItsFirstTableIsRead) {
  ByteVector bytes =
      file_with({version_block("StringFileInfo", 1, {}, {string_table("x", "One")})});
  EXPECT_THAT(version_of(bytes), ::testing::HasSubstr("\nOne\n"));
}

TEST(VersionResource, IsNotFoundWhereThereIsNone) {
  MemoryDevice file(build_pe({}));
  auto pe = read_pe(file);
  ASSERT_TRUE(pe);
  EXPECT_EQ(read_version_resource(file, *pe).error().code(), Errc::not_found);
}

TEST(VersionResource, OfAnotherKeyIsCorrupt) {
  ByteVector bytes = build_pe(
      {.sections = {{".rsrc", version_section(kPeSectionAlignment,
                                              version_block("VS_VERSION", 0, {}))}}});
  MemoryDevice file(bytes);
  auto pe = read_pe(file);
  ASSERT_TRUE(pe);
  EXPECT_EQ(read_version_resource(file, *pe).error().code(), Errc::corrupt);
}

// Every byte of it set to every extreme ends in an answer.
TEST(VersionResource, DamageEndsInWords) {
  ByteVector good =
      file_with({version_block("StringFileInfo", 1, {}, {string_table("x", "One")})});
  for (std::size_t at = kPeHeadersSize; at < good.size(); ++at) {
    for (int value : {0x00, 0x7f, 0xff}) {
      ByteVector bytes = good;
      bytes[at] = std::byte(value);
      EXPECT_FALSE(version_of(bytes).empty());
    }
  }
}

}  // namespace
}  // namespace drydock::signature
