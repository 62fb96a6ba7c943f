// The cells of a hive in memory, decoded one at a time.
//
// Each call checks what it decodes against the cell that holds it, and
// believes nothing else: it's safe on any bytes.  Whether cells fit together
// is check.h's question.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/hive/format.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::hive {

struct KeyCell {
  std::uint32_t offset = 0;
  KeyNode node;
  std::u16string name;
};

struct ValueCell {
  std::uint32_t offset = 0;
  ValueNode node;
  std::u16string name;

  bool is_inline() const { return (node.data_size & kDataIsInline) != 0; }
  std::uint32_t data_size() const { return node.data_size & ~kDataIsInline; }
};

// "li", "lf", "lh": of keys.  "ri": of such lists.
struct SubkeyList {
  std::uint16_t signature = 0;
  std::uint16_t count = 0;
  Bytes elements;

  bool is_index_root() const { return signature == kIndexRootSignature; }
  bool has_hints() const {
    return signature == kFastLeafSignature || signature == kHashLeafSignature;
  }
  std::uint32_t offset(std::size_t index) const;
  std::uint32_t hint(std::size_t index) const;  // of "lf" and "lh" only
};

class Cells {
 public:
  // Borrows `file`, a whole hive, which must outlive it.  Bins end where the
  // header says so, or with the file.
  explicit Cells(Bytes file);

  // From the first bin on; what cells' offsets count from.
  Bytes bins() const { return bins_; }
  std::uint32_t root() const { return root_; }
  std::uint32_t minor() const { return minor_; }  // 5 in version 1.5

  // What the cell in use at `offset` holds, without its size.  corrupt where
  // there is none.
  Result<Bytes> at(std::uint32_t offset) const;

  // All of these: corrupt where the cell isn't what was asked for.
  Result<KeyCell> key(std::uint32_t offset) const;
  Result<ValueCell> value(std::uint32_t offset) const;
  Result<SubkeyList> subkey_list(std::uint32_t offset) const;

  // Whether the key, or the value, is called so in any case, without decoding
  // more of it than that takes: `name` is in upper case.
  Result<bool> key_has_name(std::uint32_t offset, std::u16string_view name) const;
  Result<bool> value_has_name(std::uint32_t offset, std::u16string_view name) const;

  // The subkey of this name, which is in upper case; nothing where there is none.
  // With Hashes::right only those of "lh" lists are looked at whose hash is the
  // name's.
  enum class Hashes : std::uint8_t { right, doubtful };
  Result<std::optional<std::uint32_t>> find_subkey(const KeyCell& key,
                                                   std::u16string_view name,
                                                   Hashes hashes) const;

  // The cells of a key's subkeys and values, in their lists' order.
  Result<std::vector<std::uint32_t>> subkeys(const KeyCell& key) const;
  Result<std::vector<std::uint32_t>> values(const KeyCell& key) const;

  // The cells that hold a value's data, in order: none, one, or a "db"'s.
  struct Segment {
    std::uint32_t offset = 0;
    Bytes bytes;
  };
  Result<std::vector<Segment>> segments(const ValueCell& value) const;
  Result<ByteVector> data(const ValueCell& value) const;

 private:
  Result<std::optional<std::uint32_t>> find_in_list(const SubkeyList& list,
                                                    std::u16string_view name,
                                                    Hashes hashes) const;
  Result<std::vector<Segment>> big_data_segments(Bytes cell, std::uint32_t size) const;

  Bytes bins_;
  std::uint32_t root_ = kNoCell;
  std::uint32_t minor_ = 0;
};

// "cell 0x2f8", as places in errors name it.
std::string cell_name(std::uint32_t offset);

// What an "lh" list keeps of a key's name.
std::uint32_t name_hash(std::u16string_view name);

// What an "lf" list keeps of it: its first four letters, or 0 where one of them
// isn't in Latin-1.  For letters beyond ASCII Windows has been seen to keep
// another code page's bytes.
std::uint32_t name_hint(std::u16string_view name);

// The XOR of the base block's first 127 words; neither 0 nor -1, which are
// moved to 1 and -2.
std::uint32_t checksum(const BaseBlock& base);

}  // namespace drydock::hive
