#include "tests/fuzz/seeds.h"
#include "tests/support/der_builder.h"

namespace drydock::fuzz {
namespace {

using namespace built;

ByteVector bytes(const std::string& text) {
  auto view = bytes_of(text);
  return {view.begin(), view.end()};
}

// With page hashes of two pages.
std::string paged_member(const std::string& hash) {
  std::string table = sequence(microsoft(2, 3, 2) + set(octets(std::string(72, 'p'))));
  std::string kind = "\xa6\xb5\x86\xd5\xb4\xa1\x24\x66\xae\x05\xa2\x17\xda\x8e\x60\xd6";
  std::string image =
      sequence(element(0x03, std::string(1, '\0')) +
               context(0, context(1, octets(kind) + octets(set(table)))));
  return member(hash,
                attribute(microsoft(2, 1, 4), indirect_data(microsoft(2, 1, 15) + image,
                                                            sha256_algorithm(), hash)));
}

// As Windows 7's: the tag is text.
std::string old_member() {
  std::string digits = "0EB0437FC77CDABF1B479D3E39E0FC1F4E3D0897";
  return member(
      utf16(digits) + std::string(2, '\0'),
      member_info("{C689AAB8-8E78-11D0-8C47-00C04FC295EE}") +
          attribute(microsoft(2, 1, 4), indirect_data(flat_file(), sha1_algorithm(),
                                                      std::string(20, 's'))));
}

std::string extension(std::string_view name, std::string_view value) {
  return sequence(microsoft(12, 2, 1) + octets(name_value(name, value)));
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  std::string hash(32, 'h');
  std::string newer = catalog(
      {.members = pe_member(hash) + paged_member(hash) +
                  member(std::string(20, 't'),
                         attribute(microsoft(12, 2, 3), element(0x82, ""))),
       .extensions = extension("OS", "_v100") + extension("HWID1", "pci\\ven_1af4")});
  std::string older = catalog({.members = old_member() + old_member(), .version = 2});
  return {bytes(newer),
          bytes(older),
          bytes(catalog({.members = ""})),
          bytes(newer.substr(0, newer.size() / 2)),
          bytes(message(object({1, 2, 840, 113549, 1, 7, 1}), octets("data"))),
          ByteVector(512)};
}

}  // namespace drydock::fuzz
