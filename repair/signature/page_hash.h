// The hashes of a PE file's pages, which a signature may hold beside the image's own:
// then Windows checks each page as it is read, and needn't read the whole file.
//
// Nothing of it is documented.  The layout is that which osslsigncode writes and
// checks: a record for the headers, padded with zeros to a page; one for each page of
// each section's data, the last padded too; and one with a digest of zeros where the
// last section's data ends.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repair/signature/digest.h"
#include "repair/signature/pe.h"

namespace drydock::signature {

struct PageHash {
  std::uint32_t offset = 0;  // in the file
  Digest digest;
};

// Fails with unsupported where pages aren't of a size that was ever met, and with
// corrupt where the sections can't be cut into pages: they reach past the end of what
// is signed, or overlap.
Result<std::vector<PageHash>> page_hashes(const BlockDevice& file, const Pe& pe,
                                          Algorithm algorithm,
                                          const Progress& progress = {});

// The pages as a signature holds them.
ByteVector page_table(const std::vector<PageHash>& pages);

struct WrongPage {
  std::uint32_t offset = 0;  // in the file
  std::string words;         // "the page has another hash"
};

// The first page of the file that `table`, as a signature holds it, tells otherwise of;
// nothing where all agree.  Fails as page_hashes() does.
Result<std::optional<WrongPage>> first_wrong_page(const BlockDevice& file, const Pe& pe,
                                                  Algorithm algorithm, Bytes table,
                                                  const Progress& progress = {});

}  // namespace drydock::signature
