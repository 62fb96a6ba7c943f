#include "repair/hive/subtree.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "repair/hive/cells.h"
#include "repair/hive/check.h"
#include "repair/hive/upcase.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::hive {

namespace {

// As subkey_lists.cc has them: no list that Windows wrote is longer.
constexpr std::size_t kListLengthMax = 1012;

// KEY_HIVE_ENTRY and KEY_NO_DELETE: of a root, and of no other key.
constexpr std::uint16_t kRootFlags = 0x4 | 0x8;

// Cells one behind the other, in bins that are begun as they are needed.
class Bins {
 public:
  Result<std::uint32_t> add(std::size_t size);
  Result<std::uint32_t> add_bytes(Bytes content) {
    std::uint32_t cell = TRY(add(content.size()));
    put(cell, 0, content);
    return cell;
  }
  void put(std::uint32_t cell, std::size_t at, Bytes content) {
    std::copy(content.begin(), content.end(),
              bytes_.begin() + static_cast<std::ptrdiff_t>(cell + sizeof(le32) + at));
  }

  // Behind a base block of zeros.
  ByteVector finish();

 private:
  void close_bin();

  ByteVector bytes_;      // whole bins
  std::size_t used_ = 0;  // of them
};

void Bins::close_bin() {
  if (used_ == bytes_.size()) return;
  static_cast<void>(
      store(bytes_, used_, le32(static_cast<std::uint32_t>(bytes_.size() - used_))));
  used_ = bytes_.size();
}

Result<std::uint32_t> Bins::add(std::size_t size) {
  auto needed = checked::align_up(size + sizeof(le32), kCellUnit);
  if (!needed || *needed > kHiveSizeMax - kBaseBlockSize - kBinUnit - bytes_.size()) {
    return Error(Errc::no_space,
                 fmt::format("it would be larger than {} bytes", kHiveSizeMax));
  }
  if (*needed > bytes_.size() - used_) {
    close_bin();
    std::uint64_t bin = *checked::align_up(*needed + sizeof(BinHeader), kBinUnit);
    BinHeader header{};
    header.signature = kBinSignature;
    header.offset = static_cast<std::uint32_t>(used_);
    header.size = static_cast<std::uint32_t>(bin);
    bytes_.resize(bytes_.size() + bin);
    static_cast<void>(store(bytes_, used_, header));
    used_ += sizeof(BinHeader);
  }
  auto cell = static_cast<std::uint32_t>(used_);
  static_cast<void>(
      store(bytes_, used_, le32(0 - static_cast<std::uint32_t>(*needed))));
  used_ += *needed;
  return cell;
}

ByteVector Bins::finish() {
  close_bin();
  bytes_.insert(bytes_.begin(), kBaseBlockSize, std::byte{0});
  return std::move(bytes_);
}

// A key whose cell has its place, but isn't filled.
struct Ahead {
  std::uint32_t from = 0;  // its cell in the old hive
  std::uint32_t to = 0;
  std::uint32_t parent = 0;  // in the new one
};

class Subtree {
 public:
  explicit Subtree(const Cells& cells) : cells_(cells) {}

  Result<ByteVector> lay(std::uint32_t key, FileTime time);

 private:
  Result<std::uint32_t> place_key(std::uint32_t key);
  Done fill_key(const Ahead& ahead);
  Done add_subkeys(KeyNode& node, const KeyCell& key, std::uint32_t to);
  Result<std::uint32_t> add_leaf(const std::vector<KeyCell>& keys, std::size_t first,
                                 std::size_t count);
  Done add_values(KeyNode& node, const KeyCell& key);
  Result<std::uint32_t> add_value(std::uint32_t value);
  Result<std::uint32_t> add_data(Bytes data);
  Result<std::uint32_t> share_security(std::uint32_t old);
  void close_ring();

  const Cells& cells_;
  Bins bins_;
  std::vector<Ahead> ahead_;
  std::map<std::uint32_t, std::uint32_t> placed_;  // keys of one list: from, to
  // From the old cell to the new one, and what that holds before its descriptor.
  std::map<std::uint32_t, std::uint32_t> security_;
  std::map<std::uint32_t, SecurityNode> ring_;
};

Result<ByteVector> Subtree::lay(std::uint32_t key, FileTime time) {
  std::uint32_t root = TRY(place_key(key));
  ahead_.push_back({.from = key, .to = root, .parent = kNoCell});
  // No hive that was believed leads back to a key, so this ends.
  while (!ahead_.empty()) {
    Ahead next = ahead_.back();
    ahead_.pop_back();
    TRY(fill_key(next));
  }
  close_ring();
  ByteVector file = bins_.finish();
  BaseBlock base{};
  base.signature = kBaseBlockSignature;
  base.sequence1 = 1;
  base.sequence2 = 1;
  base.last_written = time;
  base.major = 1;
  base.minor = 5;
  base.format = 1;
  base.root = root;
  base.bins_size = static_cast<std::uint32_t>(file.size() - kBaseBlockSize);
  base.clustering = 1;
  base.checksum = checksum(base);
  static_cast<void>(store(file, 0, base));
  return file;
}

// A cell for the key and its name, empty as yet.
Result<std::uint32_t> Subtree::place_key(std::uint32_t key) {
  return bins_.add(sizeof(KeyNode) + TRY(cells_.key(key)).node.name_size);
}

Done Subtree::fill_key(const Ahead& ahead) {
  KeyCell key = TRY(cells_.key(ahead.from));
  KeyNode node = key.node;
  bool root = ahead.parent == kNoCell;
  node.flags =
      static_cast<std::uint16_t>((node.flags & ~kRootFlags) | (root ? kRootFlags : 0));
  node.access_bits = 0;
  node.parent = root ? 0 : ahead.parent;
  node.volatile_subkey_count = 0;
  node.volatile_subkey_list = kNoCell;
  node.security = TRY(share_security(node.security));
  if (node.class_size != 0) {
    Bytes name = TRY(cells_.at(node.class_name).in(cell_name(ahead.from)));
    name = name.first(std::min<std::size_t>(name.size(), node.class_size));
    node.class_size = static_cast<std::uint16_t>(name.size());
    node.class_name = TRY(bins_.add_bytes(name));
  } else {
    node.class_name = kNoCell;
  }
  TRY(add_values(node, key));
  TRY(add_subkeys(node, key, ahead.to));
  bins_.put(ahead.to, 0, bytes_of(node));
  Bytes cell = TRY(cells_.at(ahead.from));
  bins_.put(ahead.to, sizeof(node), cell.subspan(sizeof(node), node.name_size));
  return {};
}

Done Subtree::add_subkeys(KeyNode& node, const KeyCell& key, std::uint32_t to) {
  node.subkey_list = kNoCell;
  std::vector<KeyCell> keys;
  for (std::uint32_t offset : TRY(cells_.subkeys(key))) {
    keys.push_back(TRY(cells_.key(offset)));
  }
  node.subkey_count = static_cast<std::uint32_t>(keys.size());
  if (keys.empty()) return {};
  std::stable_sort(keys.begin(), keys.end(), [](const KeyCell& a, const KeyCell& b) {
    return compare_ignoring_case(a.name, b.name) < 0;
  });
  placed_.clear();
  for (const KeyCell& subkey : keys) {
    std::uint32_t cell = TRY(place_key(subkey.offset));
    placed_[subkey.offset] = cell;
    ahead_.push_back({.from = subkey.offset, .to = cell, .parent = to});
  }
  std::vector<le32> leaves;
  for (std::size_t first = 0; first < keys.size(); first += kListLengthMax) {
    std::size_t count = std::min(kListLengthMax, keys.size() - first);
    leaves.emplace_back(TRY(add_leaf(keys, first, count)));
  }
  node.subkey_list = leaves.front();
  if (leaves.size() == 1) return {};
  if (leaves.size() > UINT16_MAX) {
    return Error(Errc::unsupported, fmt::format("{} subkeys of one key", keys.size()));
  }
  ListHeader header{};
  header.signature = kIndexRootSignature;
  header.count = static_cast<std::uint16_t>(leaves.size());
  std::uint32_t list = TRY(bins_.add(sizeof(header) + leaves.size() * sizeof(le32)));
  bins_.put(list, 0, bytes_of(header));
  bins_.put(list, sizeof(header), std::as_bytes(std::span(leaves)));
  node.subkey_list = list;
  return {};
}

Result<std::uint32_t> Subtree::add_leaf(const std::vector<KeyCell>& keys,
                                        std::size_t first, std::size_t count) {
  ListHeader header{};
  header.signature = kHashLeafSignature;
  header.count = static_cast<std::uint16_t>(count);
  std::uint32_t leaf = TRY(bins_.add(sizeof(header) + count * sizeof(HintedElement)));
  bins_.put(leaf, 0, bytes_of(header));
  for (std::size_t i = 0; i < count; ++i) {
    const KeyCell& key = keys[first + i];
    HintedElement element{};
    element.key = placed_.at(key.offset);
    element.hint = name_hash(key.name);
    bins_.put(leaf, sizeof(header) + i * sizeof(element), bytes_of(element));
  }
  return leaf;
}

Done Subtree::add_values(KeyNode& node, const KeyCell& key) {
  node.value_list = kNoCell;
  std::vector<le32> list;
  for (std::uint32_t value : TRY(cells_.values(key))) {
    list.emplace_back(TRY(add_value(value)));
  }
  if (!list.empty()) {
    node.value_list = TRY(bins_.add_bytes(std::as_bytes(std::span(list))));
  }
  return {};
}

Result<std::uint32_t> Subtree::add_value(std::uint32_t value) {
  ValueCell cell = TRY(cells_.value(value));
  ValueNode node = cell.node;
  if (!cell.is_inline()) {
    ByteVector data = TRY(cells_.data(cell));
    node.data = data.empty() ? kNoCell : TRY(add_data(data));
  }
  Bytes old = TRY(cells_.at(value));
  std::uint32_t to = TRY(bins_.add(sizeof(node) + node.name_size));
  bins_.put(to, 0, bytes_of(node));
  bins_.put(to, sizeof(node), old.subspan(sizeof(node), node.name_size));
  return to;
}

Result<std::uint32_t> Subtree::add_data(Bytes data) {
  if (data.size() <= kSegmentSize) return bins_.add_bytes(data);
  std::vector<le32> segments;
  for (; !data.empty();
       data = data.subspan(std::min<std::size_t>(data.size(), kSegmentSize))) {
    Bytes segment = data.first(std::min<std::size_t>(data.size(), kSegmentSize));
    // Windows leaves four bytes unused after each.
    std::uint32_t cell = TRY(bins_.add(segment.size() + sizeof(le32)));
    bins_.put(cell, 0, segment);
    segments.emplace_back(cell);
  }
  if (segments.size() > UINT16_MAX) {
    return Error(Errc::unsupported, "a value of more than a GiB");
  }
  BigData head{};
  head.signature = kBigDataSignature;
  head.segment_count = static_cast<std::uint16_t>(segments.size());
  head.segment_list = TRY(bins_.add_bytes(std::as_bytes(std::span(segments))));
  return bins_.add_bytes(bytes_of(head));
}

// The new cell of a descriptor, which one key more shares.
Result<std::uint32_t> Subtree::share_security(std::uint32_t old) {
  if (auto found = security_.find(old); found != security_.end()) {
    SecurityNode& node = ring_.at(found->second);
    node.reference_count = node.reference_count + 1;
    return found->second;
  }
  Bytes cell = TRY(cells_.at(old));
  auto node = load<SecurityNode>(cell);
  if (!node || node->signature != kSecuritySignature ||
      node->descriptor_size > cell.size() - sizeof(SecurityNode)) {
    return Error(Errc::corrupt, "it isn't a key's security (sk)").in(cell_name(old));
  }
  cell = cell.first(sizeof(SecurityNode) + node->descriptor_size);
  std::uint32_t to = TRY(bins_.add_bytes(cell));
  node->reference_count = 1;
  security_[old] = to;
  ring_[to] = *node;
  return to;
}

void Subtree::close_ring() {
  for (auto at = ring_.begin(); at != ring_.end(); ++at) {
    auto next = std::next(at) == ring_.end() ? ring_.begin() : std::next(at);
    auto previous = at == ring_.begin() ? std::prev(ring_.end()) : std::prev(at);
    at->second.next = next->first;
    at->second.previous = previous->first;
    bins_.put(at->first, 0, bytes_of(at->second));
  }
}

}  // namespace

Result<ByteVector> save_key(const Hive& hive, Key key, const Clock& clock) {
  ByteVector file = TRY(hive.save());
  Cells cells(file);
  // The lower half of a key's handle is its cell.
  ByteVector saved =
      TRY(Subtree(cells).lay(static_cast<std::uint32_t>(key.handle), clock()));
  TRY(believe(saved).in("the saved key"));
  return saved;
}

}  // namespace drydock::hive
