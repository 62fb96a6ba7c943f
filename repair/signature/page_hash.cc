#include "repair/signature/page_hash.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/signature/pe_format.h"
#include "repair/signature/pieces.h"
#include "vhd/base/checked.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"

namespace drydock::signature {

namespace {

// What a linker's alignment of sections can be; osslsigncode's bounds.
constexpr std::uint32_t kPageSizeMin = 512;
constexpr std::uint32_t kPageSizeMax = 4 << 20;
// A gigabyte of 4 KiB pages; no file of a Windows is so large.
constexpr std::uint64_t kPageMax = 1 << 18;

// Returns false where no further page is wanted.
using Visit = std::function<bool(const PageHash& page)>;

std::uint64_t end_of_signed(const Pe& pe) {
  return pe.certificate_table ? pe.certificate_table->offset : pe.file_size;
}

Done check_pages(const Pe& pe) {
  std::uint32_t size = pe.section_alignment;
  if (size < kPageSizeMin || size > kPageSizeMax || pe.headers_size > size) {
    return Error(Errc::unsupported,
                 fmt::format("pages of {} bytes, with headers of {}, can't be hashed",
                             size, pe.headers_size));
  }
  if (!pe.certificate_entry_offset ||
      pe.headers_size < *pe.certificate_entry_offset + sizeof(DataDirectory) ||
      pe.headers_size > end_of_signed(pe)) {
    return Error(Errc::corrupt,
                 fmt::format("headers of {} bytes don't hold an entry for the "
                             "certificate table",
                             pe.headers_size));
  }
  std::uint64_t total = 0;
  for (const Section& section : pe.sections) {
    if (section.data.length == 0) continue;
    total += section.data.length;
    if (!checked::within(section.data.offset, section.data.length, end_of_signed(pe)) ||
        total > end_of_signed(pe)) {
      return Error(Errc::corrupt,
                   fmt::format("section {} overlaps others, or the end of what is "
                               "signed at {:#x}",
                               section.name, end_of_signed(pe)));
    }
  }
  if (total / size + pe.sections.size() > kPageMax) {
    return Error(Errc::unsupported, fmt::format("it has more than {} pages", kPageMax));
  }
  return {};
}

// Adds what `hashed` lacks to a page.
void add_zeros(Hasher& hasher, std::uint64_t hashed, std::uint32_t page_size) {
  hasher.add(ByteVector(page_size - hashed));
}

Result<PageHash> header_page(const BlockDevice& file, const Pe& pe, Hasher& hasher) {
  std::uint64_t behind_checksum = pe.checksum_offset + sizeof(OptionalHeader::checksum);
  std::uint64_t entry = *pe.certificate_entry_offset;
  std::uint64_t behind_entry = entry + sizeof(DataDirectory);
  Range ranges[] = {{.offset = 0, .length = pe.checksum_offset},
                    {.offset = behind_checksum, .length = entry - behind_checksum},
                    {.offset = behind_entry, .length = pe.headers_size - behind_entry}};
  TRY(for_each_piece(file, ranges, [&](Bytes piece) { hasher.add(piece); }, {}));
  add_zeros(hasher, pe.headers_size, pe.section_alignment);
  return PageHash{.offset = 0, .digest = hasher.finish()};
}

// The pages of one section; false where `visit` has seen enough.
Result<bool> visit_section(const BlockDevice& file, const Pe& pe, const Range& data,
                           Hasher& hasher, const Visit& visit) {
  std::uint32_t page_size = pe.section_alignment;
  std::uint64_t offset = data.offset;
  std::uint64_t hashed = 0;  // of the page that isn't full yet
  bool wanted = true;
  auto end_page = [&] {
    if (hashed < page_size) add_zeros(hasher, hashed, page_size);
    PageHash page{.offset = static_cast<std::uint32_t>(offset),
                  .digest = hasher.finish()};
    wanted = wanted && visit(page);
    offset += hashed;
    hashed = 0;
  };
  auto use = [&](Bytes piece) {
    while (!piece.empty() && wanted) {
      Bytes part =
          piece.first(std::min<std::uint64_t>(piece.size(), page_size - hashed));
      hasher.add(part);
      hashed += part.size();
      piece = piece.subspan(part.size());
      if (hashed == page_size) end_page();
    }
  };
  TRY(for_each_piece(file, {&data, 1}, use, {}));
  if (hashed != 0 && wanted) end_page();
  return wanted;
}

// Visits the pages of all the file, but for the last record.
Done visit_pages(const BlockDevice& file, const Pe& pe, Algorithm algorithm,
                 const Visit& visit, const Progress& progress) {
  TRY(check_pages(pe));
  Hasher hasher(algorithm);
  if (!visit(TRY(header_page(file, pe, hasher)))) return {};
  std::uint64_t end = 0;
  std::uint64_t done = pe.headers_size;
  std::uint64_t total = done;
  for (const Section& section : pe.sections) total += section.data.length;
  for (const Section& section : pe.sections) {
    if (section.data.length == 0) continue;
    if (!TRY(visit_section(file, pe, section.data, hasher, visit))) return {};
    end = section.data.offset + section.data.length;
    done += section.data.length;
    if (progress) TRY(progress(done, total));
  }
  PageHash last{.offset = static_cast<std::uint32_t>(end), .digest = {}};
  last.digest.algorithm = algorithm;
  visit(last);
  return {};
}

}  // namespace

Result<std::vector<PageHash>> page_hashes(const BlockDevice& file, const Pe& pe,
                                          Algorithm algorithm,
                                          const Progress& progress) {
  std::vector<PageHash> pages;
  auto add = [&](const PageHash& page) {
    pages.push_back(page);
    return true;
  };
  TRY(visit_pages(file, pe, algorithm, add, progress));
  return pages;
}

ByteVector page_table(const std::vector<PageHash>& pages) {
  ByteVector table;
  for (const PageHash& page : pages) {
    le32 offset = page.offset;
    for (Bytes part : {bytes_of(offset), page.digest.bytes()}) {
      table.insert(table.end(), part.begin(), part.end());
    }
  }
  return table;
}

Result<std::optional<WrongPage>> first_wrong_page(const BlockDevice& file, const Pe& pe,
                                                  Algorithm algorithm, Bytes table,
                                                  const Progress& progress) {
  std::size_t at = 0;
  std::optional<WrongPage> wrong;
  auto compare = [&](const PageHash& page) {
    auto offset = load<le32>(table, at);
    std::size_t digest_at = at + sizeof(le32);
    Bytes digest = page.digest.bytes();
    if (!offset || table.size() - digest_at < digest.size()) {
      wrong = {.offset = page.offset, .words = "the signature has no hash of the page"};
    } else if (*offset != page.offset) {
      wrong = {.offset = page.offset,
               .words = fmt::format("the signature has a page at {:#x} instead",
                                    std::uint32_t{*offset})};
    } else if (!std::equal(digest.begin(), digest.end(), table.begin() + digest_at)) {
      wrong = {.offset = page.offset, .words = "the page has another hash"};
    }
    at = digest_at + digest.size();
    return !wrong;
  };
  TRY(visit_pages(file, pe, algorithm, compare, progress));
  if (!wrong && at < table.size()) {
    wrong = {.offset = static_cast<std::uint32_t>(end_of_signed(pe)),
             .words = "the signature has pages that the file hasn't"};
  }
  return wrong;
}

}  // namespace drydock::signature
