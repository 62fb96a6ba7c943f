// Which of the file's bytes nothing is at, so that a block can be put there.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace drydock::vhd1 {

// Of the file, in bytes.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// A block with its bitmap, and how it lies best: Windows has the block, which follows
// the bitmap, begin at a multiple of 4096 bytes, so that no sector of a disk with
// sectors of that size holds parts of two things.
struct Shape {
  std::uint64_t bitmap_size = 0;
  std::uint64_t block_size = 0;

  std::uint64_t length() const { return bitmap_size + block_size; }
  // The first place from `offset` on at which it lies best.
  std::uint64_t best_place(std::uint64_t offset) const;
};

// The first place from `offset` on for a footer; the file's end after it is a multiple
// of 4096, as it is for Windows.
std::uint64_t best_footer_place(std::uint64_t offset);

class Space {
 public:
  // `taken` may overlap and be in any order; what is before `end` and not in it, is
  // free.  Stretches that are too short for a block are forgotten.
  Space(Shape shape, std::vector<Range> taken, std::uint64_t end);

  // The first place for a block with its bitmap.  What is there may be anything.
  std::optional<std::uint64_t> take();

  // What take() gave, or what a block had.
  void give(std::uint64_t place);

 private:
  Shape shape_;
  std::map<std::uint64_t, std::uint64_t> free_;  // begin and end
};

}  // namespace drydock::vhd1
