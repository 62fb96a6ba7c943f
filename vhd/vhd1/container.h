// What a VHD says of itself: its footer, and its header where it has one.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vhd/image.h"
#include "vhd/vhd1/footer.h"

namespace drydock::vhd1 {

// The header of a dynamic or differencing VHD, checked.
struct Header {
  DynamicHeader fields;  // as in the file
  std::uint64_t offset = 0;
  // Where the parent is, by the locators that could be read.
  std::vector<std::string> relative_paths;  // UTF-8
  std::vector<std::string> absolute_paths;
  std::string parent_name;

  std::uint64_t table_offset() const { return fields.table_offset; }
  std::uint64_t table_size() const { return std::uint64_t{fields.entry_count} * 4; }
  std::uint64_t block_size() const { return fields.block_size; }
  // Before each block, a bit for each of its sectors, to the end of a sector.
  std::uint64_t bitmap_size() const;
  // A run of bytes that something of the header points at.
  struct Part {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    const char* name = "";
  };
  // The copy of the footer, the header and the table: no block may be there.
  std::vector<Part> parts() const;
  // What the locators point at, wherever that is.
  std::vector<Part> locators() const;
};

// What is said of an image whose footer is as Footers::unsealed says.
inline constexpr std::string_view kUnsealed =
    "the footer's checksum is wrong; it is opened for reading only; "
    "`image check --repair` mends it";

struct Container {
  Footers footers;
  std::uint64_t virtual_size = 0;
  std::optional<Header> header;

  bool is_differencing() const { return footers.footer.kind == kDifferencing; }
  // Blocks end here: where the footer at the end is, or where the file ends.
  std::uint64_t data_end() const { return footers.tail_offset; }
};

// corrupt where a field breaks a rule of the format; unsupported for a version of it
// that isn't known.
Result<Container> read_container(const BlockDevice& file, const Footers& footers);

ImageFacts facts_of(const Container& container);

std::uint32_t checksum_of(DynamicHeader header);
void seal(DynamicHeader& header);

// Facts of the VHD that `file` is, with `refusal` where it can't be opened; nothing
// where it isn't one.  Its mark is the footer at its end, or the copy at its start
// that dynamic and differencing ones have.  A footer whose checksum is wrong is a
// mark, too, and the refusal says so, or a note where it can be read all the same.
Result<std::optional<ImageFacts>> examine(const BlockDevice& file);

}  // namespace drydock::vhd1
