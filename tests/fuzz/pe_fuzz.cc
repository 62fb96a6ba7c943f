// Input: a PE file, or what claims to be one.  Whatever it is, all that is asked of it
// ends; a table of its own pages always fits; and the hash is the same however the
// three places that signing writes are filled.

#include <cstdlib>

#include "repair/signature/image_hash.h"
#include "repair/signature/page_hash.h"
#include "repair/signature/version_resource.h"
#include "vhd/memory_device.h"

namespace drydock::signature {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void try_certificates(const BlockDevice& file, const Pe& pe) {
  auto table = read_certificates(file, pe);
  if (!table) return;
  for (const Certificate& certificate : table->certificates) {
    require(pe.certificate_table.has_value());
    require(certificate.offset >= pe.certificate_table->offset);
    require(certificate.bytes.size() < pe.certificate_table->length);
  }
}

void try_pages(const BlockDevice& file, const Pe& pe) {
  auto pages = page_hashes(file, pe, Algorithm::sha1);
  if (!pages) return;
  auto wrong = first_wrong_page(file, pe, Algorithm::sha1, page_table(*pages));
  require(wrong && !*wrong);
}

void try_image_hash(const MemoryDevice& file, const Pe& pe) {
  Algorithm algorithm = Algorithm::sha1;
  auto digest = image_hashes(file, pe, {&algorithm, 1});
  require(digest && digest->size() == 1);
  ByteVector other(file.bytes().begin(), file.bytes().end());
  auto fill = [&](std::uint64_t offset, std::uint64_t length) {
    for (std::uint64_t i = 0; i < length; ++i) other[offset + i] ^= std::byte{0x5a};
  };
  std::uint64_t hashed = 0;
  for (const Range& range : hashed_ranges(pe).ranges) hashed += range.length;
  std::uint64_t skipped = 4;
  fill(pe.checksum_offset, 4);
  if (pe.certificate_entry_offset) {
    fill(*pe.certificate_entry_offset, 8);
    skipped += 8;
  }
  if (pe.certificate_table) {
    fill(pe.certificate_table->offset, pe.certificate_table->length);
    skipped += pe.certificate_table->length;
  }
  require(hashed + skipped == pe.file_size);
  auto same = image_hashes(MemoryDevice(std::move(other)), pe, {&algorithm, 1});
  require(same && same->front() == digest->front());
}

}  // namespace
}  // namespace drydock::signature

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  using namespace drydock::signature;
  Bytes bytes = std::as_bytes(std::span(data, size));
  MemoryDevice file(ByteVector(bytes.begin(), bytes.end()));
  auto pe = read_pe(file);
  if (!pe) return 0;
  require(static_cast<bool>(compute_checksum(file, *pe)));
  try_certificates(file, *pe);
  try_image_hash(file, *pe);
  try_pages(file, *pe);
  static_cast<void>(read_version_resource(file, *pe));
  return 0;
}
