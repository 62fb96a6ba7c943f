// Writes a catalog (.cat): the digests of a package's files, signed as one, by which
// Windows knows files that bear no signature of their own.
//
// Its bytes are laid out as those of Microsoft's catalogs that are public; nothing of
// it is shared with repair/signature, which reads them.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/images/authority.h"
#include "vhd/base/bytes.h"

namespace drydock::images {

// How members are named.
enum class CatalogForm : std::uint8_t {
  v1,  // by SHA-1, written in hex digits, in UTF-16
  v2,  // by SHA-256 as it is, and once more by SHA-1; Windows 8 and after
};

struct CatalogMember {
  std::string name;  // "filecrypt.sys"
  Bytes content;     // of a program its image is meant, else all of it; borrowed
};

struct CatalogText {
  CatalogForm form = CatalogForm::v2;
  std::string id;                      // two catalogs of one id and content are alike
  std::string windows = "2:10.0";      // what Windows the members are for
  std::vector<CatalogMember> members;  // in any order
  // Of the whole catalog: "HWID1" and "pci\ven_1af4", say.
  std::vector<std::pair<std::string, std::string>> attributes = {};
};

// bad_argument for a member that begins as a program and is none.
Result<ByteVector> make_catalog(const CatalogText& text, const Authority& authority,
                                Signer signer);

}  // namespace drydock::images
