// How the header of a dynamic or differencing VHD is changed, and the names of the
// parent with it.

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/vhd1/parent_names.h"
#include "vhd/vhd1/writer.h"

namespace drydock::vhd1 {

Done Writer::relink(const ParentLink& link) {
  DynamicHeader fields = container_->header->fields;
  ParentNames names = TRY(parent_names(link));
  fields.parent_id = link.link_id.bytes;
  fields.parent_name = names.name;
  TRY(flush());
  return at_once(
      [&] { return replace_header(fields, container_->footers.footer, names.paths); });
}

// The header has one checksum, no copy, and more than a sector: it can't be changed
// where it is without a moment at which nothing of it is sound.  So it is made anew at
// the end of the file, a footer brings it into force, and then the same is done with
// the place where it was before, which nobody needs at that moment.  `footer` may say
// other new things, which come into force with it.  With no paths, the locators stay.
Done Writer::replace_header(DynamicHeader fields, Footer footer,
                            const std::vector<ParentPath>& paths) {
  std::uint64_t home = container_->header->offset;
  std::array<Locator, 8> old_locators = fields.locators;
  std::uint64_t begin =
      *checked::align_up(std::max(tail_ + kFooterSize, last_block_end_), kSectorSize);
  std::uint64_t end = begin + sizeof(DynamicHeader);
  if (!paths.empty()) fields.locators = {};
  for (std::size_t i = 0; i < paths.size(); ++i) {
    std::uint64_t space = *checked::align_up(paths[i].bytes.size(), kSectorSize);
    fields.locators[i] = {.code = paths[i].code,
                          .space = static_cast<std::uint32_t>(space),
                          .length = static_cast<std::uint32_t>(paths[i].bytes.size()),
                          .reserved = 0,
                          .offset = end};
    end += space;
  }
  TRY(append(begin, end - begin));
  for (std::size_t i = 0; i < paths.size(); ++i) {
    TRY(file_->write(fields.locators[i].offset, paths[i].bytes));
  }
  seal(fields);
  TRY(file_->write(begin, bytes_of(fields)));
  TRY(file_->flush());
  safe_tail_ = tail_;
  footer.header_offset = begin;
  TRY(put_footers(footer));

  for (std::size_t i = 0; i < paths.size(); ++i) {
    const Locator& old = old_locators[i];
    if (old.length == 0 || room_at(old.offset) < paths[i].bytes.size()) continue;
    fields.locators[i].offset = old.offset;
    fields.locators[i].space = old.space;
    TRY(file_->write(old.offset, paths[i].bytes));
  }
  seal(fields);
  TRY(file_->write(home, bytes_of(fields)));
  TRY(file_->flush());
  footer.header_offset = home;
  TRY(put_footers(footer));
  container_->header = TRY(read_container(*file_, container_->footers)).header;
  return cut_end();
}

// How many bytes from `offset` on, where one structure begins now, no other has.
std::uint64_t Writer::room_at(std::uint64_t offset) const {
  std::uint64_t end = tail_;
  if (offset >= end) return 0;
  int count = 0;
  for (const Range& range : structures()) {
    if (range.begin < offset && offset < range.end) return 0;
    if (range.begin > offset) end = std::min(end, range.begin);
    if (range.begin == offset) ++count;
  }
  return count == 1 ? end - offset : 0;
}

}  // namespace drydock::vhd1
