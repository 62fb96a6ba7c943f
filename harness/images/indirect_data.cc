#include "harness/images/indirect_data.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "harness/images/der.h"
#include "harness/images/pe.h"
#include "vhd/base/checked.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"

namespace drydock::images {

namespace {

constexpr std::string_view kPeImageData = "1.3.6.1.4.1.311.2.1.15";
constexpr std::string_view kLink = "1.3.6.1.4.1.311.2.1.25";
// What each signing tool writes where the program's name once stood.
constexpr std::string_view kObsolete = "<<<Obsolete>>>";
constexpr std::string_view kSha1Id = "1.3.14.3.2.26";
constexpr std::string_view kSha256Id = "2.16.840.1.101.3.4.2.1";

// [PE] The offsets of fields from the start of the optional header.
constexpr std::uint64_t kChecksum = 0x40;
constexpr std::uint64_t kSecurityDirectory32 = 0x80;
constexpr std::uint64_t kSecurityDirectory64 = 0x90;

// Signatures begin at a multiple of it, and their lengths are.  [AUTHENTICODE]
constexpr std::uint64_t kCertificateUnit = 8;

// Where a program keeps what signing changes.
struct Places {
  std::uint64_t checksum = 0;
  std::uint64_t security_directory = 0;  // an offset and a size
};

Result<Places> find_places(Bytes program) {
  auto header = load<le32>(program, 0x3c);
  std::uint64_t optional = header ? std::uint64_t{*header} + 0x18 : program.size();
  auto magic = load<le16>(program, optional);
  if (!is_program(program) || !magic || (*magic != 0x10b && *magic != 0x20b)) {
    return Error(Errc::bad_argument, "these bytes are no program");
  }
  return Places{
      optional + kChecksum,
      optional + (*magic == 0x20b ? kSecurityDirectory64 : kSecurityDirectory32)};
}

class Hash {
 public:
  explicit Hash(Digest digest) : context_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(context_, digest == Digest::sha1 ? EVP_sha1() : EVP_sha256(),
                      nullptr);
  }
  Hash(const Hash&) = delete;
  Hash& operator=(const Hash&) = delete;
  ~Hash() { EVP_MD_CTX_free(context_); }

  void add(Bytes bytes) { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  ByteVector end() {
    ByteVector out(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(out.data()), &size);
    out.resize(size);
    return out;
  }

 private:
  EVP_MD_CTX* context_;
};

}  // namespace

bool is_program(Bytes content) {
  return content.size() > 0x40 && as_text(content.first(2)) == "MZ";
}

ByteVector digest_of(Digest digest, Bytes content) {
  Hash hash(digest);
  hash.add(content);
  return hash.end();
}

Result<ByteVector> image_digest(Digest digest, Bytes program) {
  Places places = TRY(find_places(program));
  auto table = load<le32>(program, places.security_directory);
  auto table_size = load<le32>(program, places.security_directory + 4);
  if (!table || !table_size) {
    return Error(Errc::bad_argument, "the program ends in its header");
  }
  // The table of signatures is the file's end where there is one.
  std::uint64_t end = *table_size == 0 ? program.size() : std::uint64_t{*table};
  if (end > program.size() || end < places.security_directory + 8) {
    return Error(Errc::bad_argument, "the signatures lie outside of the program");
  }
  Hash hash(digest);
  hash.add(program.first(places.checksum));
  std::uint64_t after = places.checksum + 4;
  hash.add(program.subspan(after, places.security_directory - after));
  after = places.security_directory + 8;
  hash.add(program.subspan(after, end - after));
  return hash.end();
}

Result<ByteVector> member_digest(Digest digest, Bytes content) {
  if (is_program(content)) return image_digest(digest, content);
  return digest_of(digest, content);
}

ByteVector indirect_data(Digest digest, Bytes value, bool of_program) {
  using namespace der;
  // A link to a file by name: the name.
  auto link = [](std::string_view name) {
    return built(context_built(2), {bmp_text(name, context(0))});
  };
  std::byte no_bits{0};  // how many of the last byte's bits count for nothing
  ByteVector what =
      of_program ? sequence({object_id(kPeImageData),
                             sequence({element(kBitString, Bytes(&no_bits, 1)),
                                       built(context_built(0), {link(kObsolete)})})})
                 : sequence({object_id(kLink), link("")});
  std::string_view id = digest == Digest::sha1 ? kSha1Id : kSha256Id;
  return sequence({what, sequence({sequence({object_id(id), null()}), octets(value)})});
}

Result<ByteVector> sign_program(ByteVector program, const Authority& authority,
                                Signer signer) {
  Places places = TRY(find_places(program));
  program.resize(*checked::align_up(std::uint64_t{program.size()}, kCertificateUnit));
  ByteVector digest = TRY(image_digest(Digest::sha256, program));
  ByteVector signature = TRY(authority.sign(
      signer, kIndirectData, indirect_data(Digest::sha256, digest, true)));
  signature.resize(
      *checked::align_up(std::uint64_t{signature.size()}, kCertificateUnit));

  // WIN_CERTIFICATE: its length, revision 2.0, a PKCS#7.
  struct {
    le32 length;
    le16 revision;
    le16 type;
  } head;
  head.length = static_cast<std::uint32_t>(sizeof(head) + signature.size());
  head.revision = std::uint16_t{0x200};
  head.type = std::uint16_t{2};
  le32 directory[] = {le32(static_cast<std::uint32_t>(program.size())), head.length};
  if (!store(program, places.security_directory, directory[0]) ||
      !store(program, places.security_directory + 4, directory[1])) {
    return Error(Errc::bad_argument, "the program ends in its header");
  }
  Bytes head_bytes = bytes_of(head);
  program.insert(program.end(), head_bytes.begin(), head_bytes.end());
  program.insert(program.end(), signature.begin(), signature.end());
  set_checksum(program);
  return program;
}

}  // namespace drydock::images
