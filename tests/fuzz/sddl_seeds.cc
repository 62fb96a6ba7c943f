#include <cstdlib>
#include <string_view>

#include "ntfs/security/sddl.h"
#include "tests/fuzz/seeds.h"

namespace drydock::fuzz {
namespace {

constexpr std::string_view kTexts[] = {
    "O:BAG:SYD:PAI(A;;FA;;;BA)(A;OICIIO;GA;;;CO)(D;NP;0x1200a9;;;BU)",
    "O:BAG:BAD:(OA;CI;CCDC;bf967aba-0de6-11d0-a285-00aa003049e2;;AO)",
    "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464G:BA"
    "D:NO_ACCESS_CONTROLS:PARAI(AU;SAFA;FA;;;WD)(ML;;NW;;;LW)",
    "D:(XA;;FA;;;WD;#6172747800)(0x15;CI;;;;;#01020304)"};

}  // namespace

std::vector<ByteVector> make_seeds() {
  std::vector<ByteVector> seeds;
  for (std::string_view text : kTexts) {
    ByteVector seed{std::byte{1}};
    Bytes bytes = bytes_of(text);
    seed.insert(seed.end(), bytes.begin(), bytes.end());
    seeds.push_back(std::move(seed));
    auto descriptor = security::parse_sddl(text);
    if (!descriptor) std::abort();
    auto encoded = security::encode_descriptor(*descriptor);
    if (!encoded) std::abort();
    seeds.push_back({std::byte{0}});
    seeds.back().insert(seeds.back().end(), encoded->begin(), encoded->end());
  }
  return seeds;
}

}  // namespace drydock::fuzz
