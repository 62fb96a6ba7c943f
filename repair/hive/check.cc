#include "repair/hive/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "repair/hive/cells.h"
#include "repair/hive/format.h"
#include "repair/hive/hive.h"
#include "repair/hive/upcase.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::hive {

namespace {

// One bit for each place where a cell may start.
class CellSet {
 public:
  explicit CellSet(std::size_t bins_size) : bits_(bins_size / kCellUnit) {}
  bool has(std::uint32_t offset) const { return bits_[offset / kCellUnit]; }
  void add(std::uint32_t offset) { bits_[offset / kCellUnit] = true; }

 private:
  std::vector<bool> bits_;
};

// Of a key's path in a problem's place, in bytes: hostile names are long.
constexpr std::size_t kPathShownMax = 2048;

std::size_t utf16_size(std::u16string_view text) {
  return text.size() * sizeof(char16_t);
}

// See name_hint().
bool hint_is_known(std::u16string_view name) {
  name = name.substr(0, 4);
  return std::none_of(name.begin(), name.end(),
                      [](char16_t letter) { return letter > 0x7f && letter <= 0xff; });
}

class Survey {
 public:
  enum class Until { end, first_fatal };

  Survey(Bytes file, Until until)
      : file_(file),
        cells_(file),
        until_(until),
        starts_(cells_.bins().size()),
        claimed_(cells_.bins().size()) {}

  CheckReport run() && {
    report_.header = read_header_facts(file_);
    check_base_block();
    if (!stopped_) check_bins();
    if (!stopped_) check_keys();
    if (!stopped_) check_security();
    return std::move(report_);
  }

 private:
  // A subkey, as a list names it.
  struct Element {
    std::uint32_t offset = 0;
    std::uint32_t hint = 0;
    std::uint16_t list_signature = 0;
  };
  // A key whose subkeys are being walked.
  struct Level {
    KeyCell key;
    std::vector<Element> subkeys;
    std::size_t next = 0;                    // index into subkeys
    std::optional<std::u16string> previous;  // the name of the one before that
  };

  // `where` is said of the key that is being walked, where one is.
  void add(Severity severity, std::string what, std::string where) {
    bool fatal = severity == Severity::fatal;
    ++(fatal ? report_.fatal_count : report_.odd_count);
    if (fatal && until_ == Until::first_fatal) stopped_ = true;
    // Of many problems at least one fatal one is described.
    if (report_.problems.size() < kProblemsMax || (fatal && report_.fatal_count == 1)) {
      report_.problems.push_back({severity, std::move(what), at_key(std::move(where))});
    }
  }
  void fatal(const Error& error) {
    std::string where;
    for (const std::string& place : error.places()) {
      where += (where.empty() ? "" : ", ") + place;
    }
    add(Severity::fatal, error.words(), std::move(where));
  }
  void fatal(std::uint32_t offset, std::string what) {
    add(Severity::fatal, std::move(what), cell_name(offset));
  }
  void odd(std::uint32_t offset, std::string what) {
    add(Severity::odd, std::move(what), cell_name(offset));
  }
  std::string at_key(std::string where) const;

  void check_base_block();
  void check_bins();
  bool check_bin(std::uint32_t start, std::uint32_t size);
  void check_keys();
  void enter_key(std::uint32_t offset);
  void check_place(Level& above, const Element& element, const KeyCell& key);
  void gather_subkeys(Level& level);
  static void take_list(Level& level, const SubkeyList& list);
  void check_values(const KeyCell& key);
  void check_value(std::uint32_t offset, const KeyCell& key);
  void check_class_name(const KeyCell& key);
  void check_security();
  bool claim(std::uint32_t offset);
  bool is_start(std::uint32_t offset) const { return !tiled_ || starts_.has(offset); }

  Bytes file_;
  Cells cells_;
  Until until_;
  CheckReport report_;
  bool stopped_ = false;
  CellSet starts_;      // cells that the bins are tiled with
  bool tiled_ = false;  // whether they are all known
  CellSet claimed_;     // those of them that somebody has named so far
  std::vector<Level> levels_;
  std::map<std::uint32_t, std::uint32_t> security_;  // "sk" cell to its keys' number
};

// Names the key that is being walked, as far as a person would read.
std::string Survey::at_key(std::string where) const {
  if (levels_.empty()) return where;
  if (!where.empty()) where += ", ";
  where += "key ";
  if (levels_.size() == 1) where += '\\';
  std::size_t size_max = where.size() + kPathShownMax;
  for (std::size_t i = 1; i < levels_.size(); ++i) {
    where += '\\' + to_utf8(levels_[i].key.name.substr(0, kPathShownMax));
    if (where.size() > size_max) return where + "...";
  }
  return where;
}

// Whether the cell at `offset` is one that nobody has named yet.  Where it
// isn't, that is the problem.
bool Survey::claim(std::uint32_t offset) {
  if (auto cell = cells_.at(offset); !cell) {
    fatal(cell.error());
    return false;
  }
  if (!is_start(offset)) {
    fatal(offset, "it begins inside another cell");
    return false;
  }
  if (claimed_.has(offset)) {
    fatal(offset, "it is named twice");
    return false;
  }
  claimed_.add(offset);
  return true;
}

void Survey::check_base_block() {
  auto base = load<BaseBlock>(file_);
  auto wrong = [this](std::string what) {
    add(Severity::fatal, std::move(what), "base block");
    stopped_ = true;
  };
  if (!base || file_.size() < kBaseBlockSize + kBinUnit) {
    return wrong(fmt::format("a file of {} bytes is no hive", file_.size()));
  }
  if (base->signature != kBaseBlockSignature)
    return wrong("it doesn't begin with regf");
  if (base->type != 0) return wrong("it is a transaction log, not a hive");
  if (base->major != 1 || base->format != 1) {
    return wrong(fmt::format("version {}.{} in format {}", std::uint32_t{base->major},
                             std::uint32_t{base->minor}, std::uint32_t{base->format}));
  }
  if (base->bins_size == 0 || base->bins_size % kBinUnit != 0) {
    return wrong(fmt::format("bins of {} bytes", std::uint32_t{base->bins_size}));
  }
  if (base->bins_size > file_.size() - kBaseBlockSize) {
    return wrong(fmt::format("bins of {} bytes in a file of {}",
                             std::uint32_t{base->bins_size}, file_.size()));
  }
  auto odd_here = [this](std::string what) {
    add(Severity::odd, std::move(what), "base block");
  };
  if (report_.header.dirty()) odd_here(report_.header.why_dirty());
  if (base->minor < 2 || base->minor > 6) {
    odd_here(fmt::format("version 1.{}", std::uint32_t{base->minor}));
  }
}

void Survey::check_bins() {
  Bytes bins = cells_.bins();
  for (std::uint32_t start = 0; start < bins.size();) {
    auto bin = *load<BinHeader>(bins, start);  // bins_size is a multiple of 4096
    std::string where = fmt::format("bin 0x{:x}", start);
    if (bin.signature != kBinSignature || bin.offset != start) {
      return add(Severity::fatal, "its header isn't one", where);
    }
    if (bin.size == 0 || bin.size % kBinUnit != 0 || bin.size > bins.size() - start) {
      return add(
          Severity::fatal,
          fmt::format("a bin of {} bytes can't lie there", std::uint32_t{bin.size}),
          where);
    }
    if (!check_bin(start, bin.size)) return;
    start += bin.size;
  }
  tiled_ = true;
}

// The cells of a bin follow each other up to its end.
bool Survey::check_bin(std::uint32_t start, std::uint32_t size) {
  std::uint32_t after = start + size;
  for (std::uint32_t offset = start + sizeof(BinHeader); offset < after;) {
    std::uint32_t raw = *load<le32>(cells_.bins(), offset);
    std::uint32_t cell_size = (raw & 0x80000000) != 0 ? 0 - raw : raw;
    if (cell_size == 0 || cell_size % kCellUnit != 0 || cell_size > after - offset) {
      fatal(offset, fmt::format("a cell of {} bytes can't lie there", cell_size));
      return false;
    }
    starts_.add(offset);
    offset += cell_size;
  }
  return true;
}

void Survey::check_keys() {
  enter_key(cells_.root());
  while (!levels_.empty() && !stopped_) {
    Level& level = levels_.back();
    if (level.next == level.subkeys.size()) {
      levels_.pop_back();
      continue;
    }
    const Element& element = level.subkeys[level.next++];
    if (levels_.size() > static_cast<std::size_t>(kKeyDepthMax)) {
      fatal(element.offset, fmt::format("keys nest deeper than {}", kKeyDepthMax));
      level.next = level.subkeys.size();
    } else {
      enter_key(element.offset);
    }
  }
}

// Checks a key but for the keys below it, which it puts on top of levels_.
void Survey::enter_key(std::uint32_t offset) {
  if (!claim(offset)) return;
  auto key = cells_.key(offset);
  if (!key) return fatal(key.error());
  ++report_.key_count;
  if (key->name.find(u'\\') != std::u16string::npos) odd(offset, "a name with a \\");
  if (!levels_.empty()) {
    Level& above = levels_.back();
    check_place(above, above.subkeys[above.next - 1], *key);
  }
  levels_.push_back({.key = *std::move(key), .subkeys = {}, .next = 0, .previous = {}});
  Level& level = levels_.back();
  check_class_name(level.key);
  ++security_[level.key.node.security];
  check_values(level.key);
  gather_subkeys(level);
}

// Windows finds a subkey by halving, or by its hash: one out of order or with
// a wrong hash is there, but not found.
void Survey::check_place(Level& above, const Element& element, const KeyCell& key) {
  if (key.name.empty()) odd(key.offset, "a key without a name");
  if (key.node.parent != above.key.offset) {
    odd(key.offset, "it names another key as its parent");
  }
  if (above.previous) {
    auto order = compare_ignoring_case(*above.previous, key.name);
    if (order == 0) odd(key.offset, "a second subkey of one name");
    if (order > 0) odd(key.offset, "a subkey out of order");
  }
  above.previous = key.name;
  if (element.list_signature == kHashLeafSignature &&
      element.hint != name_hash(key.name)) {
    report_.hashes_right = false;
    odd(key.offset, "the list (lh) has a wrong hash of this key's name");
  }
  if (element.list_signature == kFastLeafSignature && hint_is_known(key.name) &&
      element.hint != name_hint(key.name)) {
    odd(key.offset, "the list (lf) has a wrong hint of this key's name");
  }
  if (utf16_size(key.name) > above.key.node.subkey_name_size_max ||
      key.node.class_size > above.key.node.subkey_class_size_max) {
    odd(key.offset, "its name or class is longer than its parent's longest");
  }
}

void Survey::gather_subkeys(Level& level) {
  std::uint32_t count = level.key.node.subkey_count;
  if (count == 0 || stopped_) return;
  std::uint32_t offset = level.key.node.subkey_list;
  if (!claim(offset)) return;
  auto list = cells_.subkey_list(offset);
  if (!list) return fatal(list.error());
  if (!list->is_index_root()) {
    take_list(level, *list);
  } else {
    for (std::size_t i = 0; i < list->count && !stopped_; ++i) {
      std::uint32_t leaf_offset = list->offset(i);
      if (!claim(leaf_offset)) continue;
      auto leaf = cells_.subkey_list(leaf_offset);
      if (!leaf) {
        fatal(leaf.error());
      } else if (leaf->is_index_root()) {
        fatal(leaf_offset, "a list of lists (ri) within another");
      } else {
        // Windows halves its way through the lists by looking at each one's last.
        if (leaf->count == 0) odd(leaf_offset, "an empty list of subkeys among others");
        take_list(level, *leaf);
      }
    }
  }
  if (level.subkeys.size() != count) {
    fatal(level.key.offset, fmt::format("the key counts {} subkeys, its lists {}",
                                        count, level.subkeys.size()));
  }
}

void Survey::take_list(Level& level, const SubkeyList& list) {
  for (std::size_t i = 0; i < list.count; ++i) {
    level.subkeys.push_back({.offset = list.offset(i),
                             .hint = list.has_hints() ? list.hint(i) : 0,
                             .list_signature = list.signature});
  }
}

void Survey::check_values(const KeyCell& key) {
  if (key.node.value_count == 0) return;
  if (!claim(key.node.value_list)) return;
  auto values = cells_.values(key);
  if (!values) return fatal(values.error());
  for (std::uint32_t offset : *values) {
    if (stopped_) return;
    check_value(offset, key);
  }
}

void Survey::check_value(std::uint32_t offset, const KeyCell& key) {
  if (!claim(offset)) return;
  auto value = cells_.value(offset);
  if (!value) return fatal(value.error());
  ++report_.value_count;
  if (utf16_size(value->name) > key.node.value_name_size_max ||
      value->data_size() > key.node.value_data_size_max) {
    odd(offset, "its name or data is longer than its key's longest");
  }
  // Claimed before it's decoded, so that no value's segments are gone through
  // twice.
  bool has_cell = !value->is_inline() && value->data_size() != 0;
  if (has_cell && !claim(value->node.data)) return;
  auto segments = cells_.segments(*value);
  if (!segments) return fatal(segments.error());
  if (segments->empty()) return;
  if (segments->size() == 1 && segments->front().offset == value->node.data) return;
  auto head = load<BigData>(*cells_.at(value->node.data));
  if (!head || !claim(head->segment_list)) return;
  for (const auto& segment : *segments) claim(segment.offset);
}

void Survey::check_class_name(const KeyCell& key) {
  if (key.node.class_size == 0 || !claim(key.node.class_name)) return;
  if (cells_.at(key.node.class_name)->size() < key.node.class_size) {
    fatal(key.offset, "its class name is longer than the cell");
  }
}

void Survey::check_security() {
  auto node_at = [this](std::uint32_t offset) -> std::optional<SecurityNode> {
    auto cell = cells_.at(offset);
    if (!cell || !is_start(offset)) return std::nullopt;
    auto node = load<SecurityNode>(*cell);
    if (!node || node->signature != kSecuritySignature) return std::nullopt;
    if (node->descriptor_size > cell->size() - sizeof(SecurityNode))
      return std::nullopt;
    return node;
  };
  for (auto [offset, key_count] : security_) {
    auto node = node_at(offset);
    if (!node || claimed_.has(offset)) {
      fatal(offset, fmt::format("{} keys name it as their security, which it isn't",
                                key_count));
      continue;
    }
    if (node->reference_count != key_count) {
      odd(offset, fmt::format("{} keys share this security, which counts {}", key_count,
                              std::uint32_t{node->reference_count}));
    }
    auto next = node_at(node->next);
    if (!next || next->previous != offset) {
      odd(offset, "the ring of security cells (sk) is broken after it");
    }
  }
}

}  // namespace

std::string HeaderFacts::why_dirty() const {
  if (!checksum_right) return "its header's checksum is wrong";
  if (sequence1 == sequence2) return "";
  return fmt::format("sequence numbers {} and {} differ", sequence1, sequence2);
}

HeaderFacts read_header_facts(Bytes file) {
  auto base = load<BaseBlock>(file);
  if (!base) return {};
  return {.sequence1 = base->sequence1,
          .sequence2 = base->sequence2,
          .checksum_right = base->checksum == checksum(*base)};
}

CheckReport check(Bytes file) { return Survey(file, Survey::Until::end).run(); }

Result<CheckReport> check_believed(Bytes file) {
  CheckReport report = Survey(file, Survey::Until::first_fatal).run();
  for (Problem& problem : report.problems) {
    if (problem.severity == Severity::fatal) {
      return Error(Errc::corrupt, std::move(problem.what)).in(problem.where);
    }
  }
  return report;
}

Done believe(Bytes file) {
  static_cast<void>(TRY(check_believed(file)));
  return {};
}

}  // namespace drydock::hive
