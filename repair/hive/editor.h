// Edits of a hive's cells, made by hivex in a copy of its own.
//
// hivex knows where cells go and how lists of subkeys are kept in order, but
// must be held: it takes what it is given on trust, stops halfway when an edit
// fails, and some of what it writes Windows would misread.  So it is handed
// only bytes that believe() believes and only what it writes as Windows does
// (README.md says what that leaves out); and after an Error, or once its bytes
// have not passed check(), the editor is dropped.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "repair/hive/hive.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

struct hive_h;

namespace drydock::hive {

class Editor {
 public:
  // Copies `file`.  unsupported where hivex doesn't open it.
  static Result<Editor> open(Bytes file);

  // Keys are named by their cells.  io where hivex fails.
  Result<std::uint32_t> create_key(std::uint32_t parent, std::string_view name);
  Done remove_key(std::uint32_t key);
  // In place of all that the key has.
  Done set_values(std::uint32_t key, const std::vector<Value>& values);

  // The whole hive as it is now, with sequence numbers of hivex's own.
  Result<ByteVector> bytes();

 private:
  struct Close {
    void operator()(hive_h* handle) const;
  };
  explicit Editor(hive_h* handle) : handle_(handle) {}
  std::unique_ptr<hive_h, Close> handle_;
};

// unsupported where hivex would write the value otherwise than Windows reads
// it, with the reason.
Done check_writable(const Value& value);
// The same of a new key's name; bad_argument for what no key may be called.
Done check_key_name(std::string_view name);

}  // namespace drydock::hive
