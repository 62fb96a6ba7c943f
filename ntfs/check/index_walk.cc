#include "ntfs/check/index_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "ntfs/record/fixups.h"
#include "ntfs/record/layout.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// A tree of four levels has millions of names.
constexpr std::size_t kDepthMax = 24;
// A record of 64 KiB can't hold more.
constexpr std::uint64_t kRootSizeMax = 64 << 10;
constexpr std::uint32_t kBlockSizeMax = 64 << 10;  // as boot sectors may say
// VCNs of blocks count clusters, or where a block is less than one, these.
constexpr std::uint32_t kBlockUnit = 512;

class Walk {
 public:
  Walk(Survey& survey, const IndexParts& parts, const IndexHooks& hooks)
      : survey_(survey), parts_(parts), hooks_(hooks) {}

  void run();

 private:
  // A node that the walk is in.
  struct Level {
    ByteVector bytes;
    std::size_t at = 0;   // the next entry
    std::size_t end = 0;  // after the last
    bool has_blocks = false;
    bool below_done = false;  // the block below that entry was walked
    std::string place;
  };

  void error(std::string_view rule, const std::string& place, std::string what) {
    survey_.report.error(rule, {.record = parts_.record, .part = place},
                         std::move(what));
  }
  bool read_root();
  bool enter_node(ByteVector bytes, std::size_t header_at, std::string place);
  // False where it, or what is below it, can't be walked.
  bool enter_block(std::uint64_t vcn);
  // Deals with the next entry of the innermost node; false: with the whole node.
  bool step();
  void visit(const Level& level, Bytes entry, Bytes key);
  void compare_bitmap();

  Survey& survey_;
  const IndexParts& parts_;
  const IndexHooks& hooks_;
  std::uint32_t block_size_ = 0;
  std::uint32_t unit_ = kBlockUnit;  // of a VCN, in bytes
  std::vector<bool> seen_;           // blocks
  std::vector<Level> levels_;
  ByteVector before_;  // the last key
  bool any_before_ = false;
  bool whole_ = true;  // all that is reachable was walked
};

bool Walk::read_root() {
  auto root = load<IndexRoot>(parts_.root);
  if (!root) {
    error("index.root", parts_.name, "its root has no header");
    return false;
  }
  block_size_ = root->block_size;
  if (block_size_ < kFixupStride || block_size_ > kBlockSizeMax ||
      !std::has_single_bit(block_size_)) {
    error("index.root", parts_.name,
          fmt::format("blocks of {} bytes can't be", block_size_));
    return false;
  }
  std::uint32_t cluster_size = survey_.table.boot().cluster_size;
  if (block_size_ >= cluster_size) unit_ = cluster_size;
  if (parts_.blocks) {
    // No more than the device has clusters for: an index has no holes.
    seen_.resize(std::min(parts_.blocks->size(), parts_.blocks->mapped_size()) /
                 block_size_);
  }
  return enter_node(parts_.root, sizeof(IndexRoot), parts_.name);
}

bool Walk::enter_node(ByteVector bytes, std::size_t header_at, std::string place) {
  auto header = load<IndexHeader>(bytes, header_at);
  std::size_t room = bytes.size() - std::min(bytes.size(), header_at);
  if (!header || header->entries_offset < sizeof(IndexHeader) ||
      header->entries_offset % 8 != 0 || header->entries_offset > header->used_size ||
      header->used_size > header->allocated_size || header->allocated_size > room) {
    error("index.node", place, "the sizes in its header can't be");
    return false;
  }
  Level level{.bytes = std::move(bytes),
              .at = header_at + header->entries_offset,
              .end = header_at + header->used_size,
              .has_blocks = (header->flags & kIndexHasBlocks) != 0,
              .place = std::move(place)};
  levels_.push_back(std::move(level));
  return true;
}

bool Walk::enter_block(std::uint64_t vcn) {
  std::string place = fmt::format("{}, block at VCN {}", parts_.name, vcn);
  auto offset = checked::mul(vcn, unit_);
  std::uint64_t block = offset.value_or(UINT64_MAX) / block_size_;
  if (!offset || *offset % block_size_ != 0 || block >= seen_.size()) {
    error(
        "index.vcn", place,
        fmt::format("the index has {} blocks of {} bytes", seen_.size(), block_size_));
    return false;
  }
  if (seen_[block]) {
    error("index.loop", place, "the walk comes by it twice");
    return false;
  }
  seen_[block] = true;
  if (levels_.size() == kDepthMax) {
    error("index.loop", place,
          fmt::format("it would be level {} of the tree", kDepthMax + 1));
    return false;
  }
  if (survey_.budget.index_blocks == 0) {
    survey_.report.unchecked(
        "indexes tell of more blocks than the volume has; the rest wasn't walked");
    return false;
  }
  --survey_.budget.index_blocks;
  ByteVector bytes(block_size_);
  if (auto read = parts_.blocks->read(*offset, bytes); !read) {
    error("index.block", place, read.error().describe());
    return false;
  }
  auto header = load<IndexBlockHeader>(bytes);
  if (as_text(Bytes(bytes).first(4)) != "INDX" || !take_fixups(bytes)) {
    error("index.block", place, "it is torn, or no index block");
    return false;
  }
  if (header->vcn != vcn) {
    error("index.vcn", place,
          fmt::format("it says that it is at VCN {}", std::uint64_t{header->vcn}));
    return false;
  }
  return enter_node(std::move(bytes), offsetof(IndexBlockHeader, index), place);
}

bool Walk::step() {
  // Entering a block may move the levels: nothing of this one is used after it.
  Level& level = levels_.back();
  auto entry = load<IndexEntry>(Bytes(level.bytes).first(level.end), level.at);
  std::size_t length = entry ? std::size_t{entry->length} : 0;
  bool has_block = entry && (entry->flags & kEntryHasBlock) != 0;
  std::size_t tail = has_block ? sizeof(le64) : 0;
  if (length < sizeof(IndexEntry) + tail || length % 8 != 0 ||
      length > level.end - level.at) {
    error("index.entry", level.place,
          fmt::format("an entry of {} bytes at {} can't be in {}", length, level.at,
                      level.end));
    whole_ = false;
    return false;
  }
  Bytes bytes = Bytes(level.bytes).subspan(level.at, length);
  if (has_block && !level.below_done) {
    level.below_done = true;
    if (!level.has_blocks || seen_.empty()) {
      error("index.entry", level.place,
            fmt::format("the entry at {} has a block below it, and the {} has none",
                        level.at, level.has_blocks ? "index" : "node"));
      return true;
    }
    whole_ &= enter_block(*load<le64>(bytes, length - sizeof(le64)));
    return true;
  }
  level.below_done = false;
  if ((entry->flags & kEntryIsLast) != 0) return false;
  if (entry->key_length > length - tail - sizeof(IndexEntry)) {
    error("index.entry", level.place,
          fmt::format("a key of {} bytes can't be in the entry of {} at {}",
                      std::uint16_t{entry->key_length}, length, level.at));
  } else {
    visit(level, bytes, bytes.subspan(sizeof(IndexEntry), entry->key_length));
  }
  level.at += length;
  return true;
}

void Walk::visit(const Level& level, Bytes entry, Bytes key) {
  ++survey_.counts.index_entries;
  if (hooks_.in_order && any_before_ && !hooks_.in_order(before_, key)) {
    error("index.order", level.place,
          fmt::format("the entry at {} isn't after the one before it", level.at));
  }
  before_.assign(key.begin(), key.end());
  any_before_ = true;
  hooks_.visit(entry, key);
}

void Walk::compare_bitmap() {
  auto marked = [&](std::size_t block) {
    return block / 8 < parts_.bitmap.size() &&
           (std::to_integer<unsigned>(parts_.bitmap[block / 8]) >> block % 8 & 1) != 0;
  };
  std::uint64_t unreached = 0;
  for (std::size_t block = 0; block < seen_.size(); ++block) {
    if (seen_[block] && !marked(block)) {
      error("index.bitmap", parts_.name,
            fmt::format("block {} is in use, and its bitmap says that it is free",
                        block));
    }
    if (!seen_[block] && marked(block)) ++unreached;
  }
  if (unreached == 0 || !whole_) return;
  survey_.report.warning(
      "index.unreached", {.record = parts_.record, .part = parts_.name},
      fmt::format("its bitmap says that {} blocks are in use to which nothing leads",
                  unreached));
}

void Walk::run() {
  if (!read_root()) return;
  while (!levels_.empty()) {
    if (!step()) levels_.pop_back();
  }
  compare_bitmap();
}

}  // namespace

Result<IndexParts> find_index(const FileTable& table, std::uint64_t number, Bytes base,
                              std::u16string_view name) {
  IndexParts parts;
  parts.record = number;
  parts.name = "index " + to_utf8(name);
  auto root = TRY(table.find(base, kIndexRootType, name));
  if (!root || !root->resident()) {
    return Error(Errc::corrupt, "its root isn't in a record");
  }
  parts.root = TRY(root->read_all(kRootSizeMax));
  parts.blocks = TRY(table.find(base, kIndexAllocationType, name));
  if (parts.blocks && (parts.blocks->resident() || parts.blocks->has_holes())) {
    return Error(Errc::corrupt, "its blocks are where none can be");
  }
  auto bitmap = TRY(table.find(base, kBitmapType, name));
  // A bit for each index block, of which the volume has clusters for these.
  std::uint64_t size_max = table.boot().volume_size / kFixupStride / 8 + 8;
  if (bitmap) parts.bitmap = TRY(bitmap->read_all(size_max));
  return parts;
}

void walk_index(Survey& survey, const IndexParts& parts, const IndexHooks& hooks) {
  Walk(survey, parts, hooks).run();
}

}  // namespace drydock::ntfs
