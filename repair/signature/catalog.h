// A catalog: a signed list of files by their digests, "X.cat".
//
// Windows keeps thousands of them, and a file that carries no signature of its own
// is signed by the catalog that has its digest.  A catalog is a PKCS#7 message
// whose content is a certificate trust list: a name, a time, attributes of the
// whole, and a member for each file.  Here is what the list says; whether its
// signature holds, signed_data.h and trust.h say.
//
//     PKCS#7 SignedData
//       content: 1.3.6.1.4.1.311.10.1
//         usage, list identifier, time
//         member algorithm    12.1.2: tags are text, 12.1.3: tags are digests
//         members             { tag, { attributes } }...
//         [0] extensions      name-values of the whole: OS, HWID1...
//       certificates, signers

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "repair/signature/digest.h"
#include "repair/signature/indirect_data.h"
#include "vhd/base/guid.h"
#include "vhd/base/result.h"

namespace drydock::signature {

// The largest catalog that is read.  Windows' own largest have about 10 MiB.
inline constexpr std::size_t kCatalogSizeMax = std::size_t{128} << 20;

// CAT_NAMEVALUE.  "File" of a member, "OS" of the whole.
struct NameValue {
  std::string name;
  std::uint32_t flags = 0;
  std::string value;
};

struct Member {
  ByteVector tag;  // as it lies there
  // By the tag and by the indirect data; mostly both are one.
  std::vector<Digest> digests = {};
  Hashed hashed = Hashed::unknown;
  std::optional<Guid> subject_kind = {};  // CAT_MEMBERINFO: which SIP hashed it
  std::vector<NameValue> attributes = {};
  ByteVector page_hashes = {};  // of a PE file that was signed with them
  Algorithm page_algorithm = Algorithm::sha1;

  // The value of the attribute `name`; nothing where there is none.
  std::optional<std::string_view> attribute(std::string_view name) const;
};

class Catalog {
 public:
  // corrupt where it is empty, ends too early, or isn't laid out as a catalog,
  // and unsupported where it is a PKCS#7 message of something else; the words
  // and the offset say which.
  static Result<Catalog> parse(Bytes file);

  const ByteVector& identifier() const { return identifier_; }  // ListIdentifier
  // In seconds since 1970: when the list was made.
  std::optional<std::int64_t> time() const { return time_; }
  // Identifiers as text; a catalog's is 1.3.6.1.4.1.311.12.1.1.
  const std::vector<std::string>& usage() const { return usage_; }
  const std::string& member_algorithm() const { return member_algorithm_; }
  const std::vector<NameValue>& attributes() const { return attributes_; }
  const std::vector<Member>& members() const { return members_; }

 private:
  Catalog() = default;

  ByteVector identifier_;
  std::optional<std::int64_t> time_;
  std::vector<std::string> usage_;
  std::string member_algorithm_;
  std::vector<NameValue> attributes_;
  std::vector<Member> members_;
};

struct MemberDigest {
  std::size_t member = 0;  // its index
  Hashed hashed = Hashed::unknown;
  Digest digest;
};

// Calls `visit` with each digest of each member until it returns false, for who
// indexes many catalogs: it makes no Catalog, and allocates nothing for a member.
// Gives the digests that parse() gives, in its order; fails where it does, but
// for what is wrong in attributes that have no digest.  By then it may have
// called `visit`.
Done for_each_member_digest(Bytes file,
                            const std::function<bool(const MemberDigest&)>& visit);

}  // namespace drydock::signature
