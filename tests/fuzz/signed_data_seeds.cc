#include "tests/fuzz/seeds.h"
#include "tests/support/signed_message.h"

namespace drydock::fuzz {
namespace {

using namespace built;

ByteVector bytes(const std::string& text) {
  auto view = bytes_of(text);
  return {view.begin(), view.end()};
}

MessageWishes of_file() {
  return {
      .content_kind = microsoft(2, 1, 4),
      .content = indirect_data(pe_image(), sha256_algorithm(), std::string(32, 'h'))};
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  Identity root = make_identity({.name = "Root", .is_ca = true});
  Identity ann =
      make_identity({.name = "Ann", .usages = {code_signing(), whql()}}, &root);
  Identity clock = make_identity({.name = "Clock", .usages = {time_stamping()}}, &root);

  MessageWishes stamped = of_file();
  stamped.certificates = {root.certificate, clock.certificate};
  stamped.unsigned_attributes = [&](std::string_view signature) {
    return pkcs9_stamp(clock, signature, "230722113900Z");
  };
  MessageWishes nested = of_file();
  nested.unsigned_attributes = [&](std::string_view signature) {
    return rfc3161_stamp(clock, signature, "20230722113900.5Z") +
           attribute(microsoft(2, 4, 1), signed_message(ann, stamped));
  };
  std::string list = built::list({.members = pe_member(std::string(32, 'h'))});
  return {bytes(signed_message(ann, of_file())), bytes(signed_message(ann, stamped)),
          bytes(signed_message(ann, nested)),
          bytes(signed_message(ann, {.content_kind = trust_list(), .content = list})),
          bytes(catalog({.members = pe_member(std::string(32, 'h'))}))};
}

}  // namespace drydock::fuzz
