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
  // A key whose subkeys are being walked.
  struct Level {
    std::u16string name;
    std::uint32_t offset = 0;
    std::vector<std::uint32_t> subkeys;
    std::size_t next = 0;  // index into subkeys
  };

  void add(Severity severity, std::string what, std::string where) {
    bool fatal = severity == Severity::fatal;
    ++(fatal ? report_.fatal_count : report_.odd_count);
    if (fatal && until_ == Until::first_fatal) stopped_ = true;
    // Of many problems at least one fatal one is described.
    if (report_.problems.size() < kProblemsMax || (fatal && report_.fatal_count == 1)) {
      report_.problems.push_back({severity, std::move(what), std::move(where)});
    }
  }
  void fatal(const Error& error) {
    std::string where;
    for (const std::string& place : error.places()) {
      where += (where.empty() ? "" : ", ") + place;
    }
    add(Severity::fatal, error.words(), at_key(where));
  }
  void fatal(std::uint32_t offset, std::string what) {
    add(Severity::fatal, std::move(what), at_key(cell_name(offset)));
  }
  // Takes no words that cost time to make: there may be one for each key.
  void odd(std::uint32_t offset, std::string_view what) {
    if (report_.problems.size() >= kProblemsMax) {
      ++report_.odd_count;
      return;
    }
    add(Severity::odd, std::string(what), at_key(cell_name(offset)));
  }
  std::string at_key(std::string where) const;

  void check_base_block();
  void check_bins();
  bool check_bin(std::uint32_t start, std::uint32_t size);
  void check_keys();
  std::optional<Level> enter_key(std::uint32_t offset, std::uint32_t parent);
  bool claim_subkey_lists(const KeyCell& key);
  bool claim_subkey_list(std::uint32_t offset);
  void check_subkey_order(const KeyCell& key);
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

std::string Survey::at_key(std::string where) const {
  if (levels_.empty()) return where;
  if (!where.empty()) where += ", ";
  where += "key ";
  if (levels_.size() == 1) where += '\\';
  for (std::size_t i = 1; i < levels_.size(); ++i) {
    where += '\\' + to_utf8(levels_[i].name);
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
  auto root = enter_key(cells_.root(), kNoCell);
  if (!root) return;
  levels_.push_back(std::move(*root));
  while (!levels_.empty() && !stopped_) {
    Level& level = levels_.back();
    if (level.next == level.subkeys.size()) {
      levels_.pop_back();
      continue;
    }
    std::uint32_t offset = level.subkeys[level.next++];
    if (levels_.size() > static_cast<std::size_t>(kKeyDepthMax)) {
      fatal(offset, fmt::format("keys nest deeper than {}", kKeyDepthMax));
      level.next = level.subkeys.size();
    } else if (auto below = enter_key(offset, level.offset)) {
      levels_.push_back(std::move(*below));
    }
  }
}

// Checks a key but for the keys below it, which the result lists.
std::optional<Survey::Level> Survey::enter_key(std::uint32_t offset,
                                               std::uint32_t parent) {
  if (!claim(offset)) return std::nullopt;
  auto key = cells_.key(offset);
  if (!key) {
    fatal(key.error());
    return std::nullopt;
  }
  ++report_.key_count;
  if (key->name.find(u'\\') != std::u16string::npos) odd(offset, "a name with a \\");
  if (parent != kNoCell && key->name.empty()) odd(offset, "a key without a name");
  if (parent != kNoCell && key->node.parent != parent) {
    odd(offset, "it names another key as its parent");
  }
  levels_.push_back({.name = key->name, .offset = offset, .subkeys = {}, .next = 0});
  check_class_name(*key);
  ++security_[key->node.security];
  check_values(*key);
  if (claim_subkey_lists(*key)) {
    if (auto subkeys = cells_.subkeys(*key)) {
      levels_.back().subkeys = std::move(*subkeys);
    } else {
      fatal(subkeys.error());
    }
    check_subkey_order(*key);
  }
  Level level = std::move(levels_.back());
  levels_.pop_back();
  return level;
}

bool Survey::claim_subkey_lists(const KeyCell& key) {
  if (key.node.subkey_count == 0) return true;
  std::uint32_t offset = key.node.subkey_list;
  if (!claim_subkey_list(offset)) return false;
  auto list = cells_.subkey_list(offset);
  if (!list || !list->is_index_root()) return true;
  for (std::size_t i = 0; i < list->count; ++i) {
    if (!claim_subkey_list(list->offset(i))) return false;
  }
  return true;
}

bool Survey::claim_subkey_list(std::uint32_t offset) {
  if (!claim(offset)) return false;
  auto list = cells_.subkey_list(offset);
  if (!list) fatal(list.error());
  return static_cast<bool>(list);
}

// Windows finds a subkey by halving, or by its hash: one out of order or with
// a wrong hash is there, but not found.
void Survey::check_subkey_order(const KeyCell& key) {
  if (key.node.subkey_count == 0) return;
  std::optional<std::u16string> previous;
  auto check_leaf = [&](const SubkeyList& leaf) {
    for (std::size_t i = 0; i < leaf.count; ++i) {
      auto subkey = cells_.key(leaf.offset(i));
      if (!subkey) continue;  // enter_key() will say so
      if (previous) {
        auto order = compare_ignoring_case(*previous, subkey->name);
        if (order == 0) odd(leaf.offset(i), "a second subkey of one name");
        if (order > 0) odd(leaf.offset(i), "a subkey out of order");
      }
      if (leaf.signature == kHashLeafSignature &&
          leaf.hint(i) != name_hash(subkey->name)) {
        odd(leaf.offset(i), "the list (lh) has a wrong hash of this key's name");
      }
      if (leaf.signature == kFastLeafSignature && hint_is_known(subkey->name) &&
          leaf.hint(i) != name_hint(subkey->name)) {
        odd(leaf.offset(i), "the list (lf) has a wrong hint of this key's name");
      }
      if (utf16_size(subkey->name) > key.node.subkey_name_size_max ||
          subkey->node.class_size > key.node.subkey_class_size_max) {
        odd(leaf.offset(i), "its name or class is longer than its parent's longest");
      }
      previous = std::move(subkey->name);
    }
  };
  auto list = cells_.subkey_list(key.node.subkey_list);
  if (!list) return;
  if (!list->is_index_root()) return check_leaf(*list);
  for (std::size_t i = 0; i < list->count; ++i) {
    auto leaf = cells_.subkey_list(list->offset(i));
    if (!leaf) continue;
    // Windows halves its way through the lists by looking at each one's last.
    if (leaf->count == 0) odd(list->offset(i), "an empty list of subkeys among others");
    check_leaf(*leaf);
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
  auto segments = cells_.segments(*value);
  if (!segments) return fatal(segments.error());
  if (segments->empty()) return;
  if (!claim(value->node.data)) return;
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
    if (!node) {
      odd(offset,
          fmt::format("{} keys name it as their security, which it isn't", key_count));
      continue;
    }
    if (claimed_.has(offset)) odd(offset, "a security cell (sk) that is another's too");
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

Done believe(Bytes file) {
  CheckReport report = Survey(file, Survey::Until::first_fatal).run();
  for (Problem& problem : report.problems) {
    if (problem.severity == Severity::fatal) {
      return Error(Errc::corrupt, std::move(problem.what)).in(problem.where);
    }
  }
  return {};
}

}  // namespace drydock::hive
