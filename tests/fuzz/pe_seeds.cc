#include "tests/fuzz/seeds.h"
#include "tests/support/pe_builder.h"

namespace drydock::fuzz {

namespace {

ByteVector versioned(bool is_64) {
  ByteVector translation;
  append(translation, le32(0x04b00409u));
  signature::FixedVersion fixed{};
  fixed.signature = signature::kFixedVersionSignature;
  ByteVector number;
  append(number, fixed);
  ByteVector table = version_block(
      "040904b0", 1, {},
      {version_text("CompanyName", "Example"), version_text("FileVersion", "1")});
  ByteVector version =
      version_block("VS_VERSION_INFO", 0, number,
                    {version_block("StringFileInfo", 1, {}, {table}),
                     version_block("VarFileInfo", 1, {},
                                   {version_block("Translation", 0, translation)})});
  return build_pe(
      {.is_64 = is_64,
       .sections = {{".rsrc", version_section(kPeSectionAlignment, version)}}});
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  std::vector<ByteVector> seeds{versioned(true), versioned(false)};
  ByteVector table = pe_certificate(ByteVector(20, std::byte{0x30}));
  ByteVector two = table;
  two.insert(two.end(), table.begin(), table.end());
  ByteVector small(100, std::byte{0xcc});
  seeds.push_back(build_pe({.sections = {{".text", small}, {".data", small}},
                            .overlay = ByteVector(3),
                            .certificates = two}));
  seeds.push_back(seeds.back());
  seeds.back().resize(seeds.back().size() + 5);  // bytes behind the table
  ByteVector zero_length = two;
  zero_length[table.size()] = std::byte{0};
  seeds.push_back(
      build_pe({.sections = {{".text", small}}, .certificates = zero_length}));
  seeds.push_back(build_pe({.sections = {}}));
  return seeds;
}

}  // namespace drydock::fuzz
