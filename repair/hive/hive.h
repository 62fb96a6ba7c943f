// A registry hive: keys and values, opened from a device, edited in memory.
//
// The device is read whole, once, and never edited in place.  Before anything
// is believed, check.h has walked the hive, so that a hostile file meets our
// bounds first; what save() gives out has been walked again.
//
// A hive whose header says that its logs hold what it lacks is recovered from
// them in memory, and shows what Windows would.  Where that can't be done
// ("dirty") it opens for reading, as it lies, and says so; editing it is
// refused, because Windows would take an edited one for whole and never apply
// the logs.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ntfs/file_system.h"
#include "repair/hive/recovery.h"
#include "vhd/block_device.h"

namespace drydock::hive {

// The registry's own limit on how deep keys nest.
inline constexpr int kKeyDepthMax = 512;

enum class ValueType : std::uint32_t {
  none = 0,                    // REG_NONE
  sz = 1,                      // REG_SZ
  expand_sz = 2,               // REG_EXPAND_SZ
  binary = 3,                  // REG_BINARY
  dword = 4,                   // REG_DWORD
  dword_big_endian = 5,        // REG_DWORD_BIG_ENDIAN
  link = 6,                    // REG_LINK
  multi_sz = 7,                // REG_MULTI_SZ
  resource_list = 8,           // REG_RESOURCE_LIST
  full_resource = 9,           // REG_FULL_RESOURCE_DESCRIPTOR
  resource_requirements = 10,  // REG_RESOURCE_REQUIREMENTS_LIST
  qword = 11,                  // REG_QWORD
};

// "REG_SZ"; "REG_0x1234" for a type that has no name.
std::string to_string(ValueType type);
std::optional<ValueType> parse_value_type(std::string_view text);

// One value.  Types beyond ValueType's names occur in the wild and are kept.
struct Value {
  std::string name;  // UTF-8; empty for the default value
  ValueType type = ValueType::none;
  ByteVector data;

  // The text of REG_SZ, REG_EXPAND_SZ and REG_LINK up to its terminator, after
  // which there may be anything; nothing for other types.
  std::optional<std::string> text() const;
  // REG_MULTI_SZ.  Empty texts among the others are kept.
  std::optional<std::vector<std::string>> texts() const;
  // REG_DWORD (either order) and REG_QWORD of the right size.
  std::optional<std::uint64_t> number() const;

  // `text` is UTF-8; what isn't becomes U+FFFD.
  static Value sz(std::string_view name, std::string_view text);
  static Value expand_sz(std::string_view name, std::string_view text);
  static Value multi_sz(std::string_view name, const std::vector<std::string>& texts);
  static Value dword(std::string_view name, std::uint32_t number);
  static Value qword(std::string_view name, std::uint64_t number);
  static Value binary(std::string_view name, Bytes data);
};

// A key of one open hive: a small value, good for as long as the hive is open
// and the key isn't removed; after that, calls with it fail or, if its place was
// taken, are about another key.
struct Key {
  std::uint64_t handle = 0;
};

struct SaveOptions {
  // Both sequence numbers come out no less than this.  A hive whose logs stay
  // beside it needs one above every number that they hold.
  std::uint32_t sequence_min = 0;
  Clock clock = now;
};

class Hive {
 public:
  // Reads all of `device`.  corrupt when its structure can't be believed,
  // with the cell and the key in the places; unsupported when it is larger
  // than kHiveSizeMax.
  static Result<Hive> open(const BlockDevice& device);
  // The same, recovered from the logs beside it.  Logs that can't be read are
  // logs that can't be applied.
  static Result<Hive> open(const BlockDevice& device, const LogSource& logs);
  Hive(Hive&&) noexcept;
  Hive& operator=(Hive&&) noexcept;
  ~Hive();

  // What became of its logs when it was opened.
  const RecoveryReport& recovery() const;
  // Whether it may lack what its logs hold: it should have been recovered and
  // wasn't.
  bool dirty() const;
  FileTime last_written() const;

  Key root() const;
  // Path below the root: "Select", "ControlSet001\\Control".  '/' is an
  // ordinary letter here.  "" is the root itself.  Names match without regard
  // to case, as Windows sees it (upcase.h).  not_found where a key is missing,
  // naming the first that is.
  Result<Key> find(std::string_view path) const;
  Result<Key> find(Key from, std::string_view path) const;

  Result<std::string> name(Key key) const;
  Result<FileTime> last_written(Key key) const;
  Result<std::vector<Key>> subkeys(Key key) const;
  Result<std::vector<Value>> values(Key key) const;
  // Names match without regard to case.  not_found where there is none.
  Result<Value> value(Key key, std::string_view name) const;

  // Edits, in memory.  One that asks for what is there already succeeds and
  // changes nothing.  Others fail with busy on a dirty hive, no_space where it
  // would grow beyond kHiveSizeMax, and bad_argument for names that no key or
  // value can have.  A failed edit has changed nothing.

  // The key at `path`, made together with what is missing on the way.
  Result<Key> create(std::string_view path);
  Result<Key> create(Key from, std::string_view path);
  // With all below it.  bad_argument for the root.
  Done remove(Key key);
  // Adds, or replaces the one of this name, which then keeps its spelling and
  // its place.  unsupported above 1 MiB in hives of before version 1.4.
  Done set(Key key, const Value& value);
  // Several at once, all or none.
  Done set(Key key, const std::vector<Value>& values);
  // not_found where there is none.
  Done remove_value(Key key, std::string_view name);

  // The hive as a file, no smaller than it was read.  What no edit changed is
  // given out as it was, or was recovered.  Else: sequence numbers equal, and above
  // what they were; the time in the header and in each key that was edited; checksum
  // right; walked by check() again, and corrupt where that finds something that
  // it didn't find before.
  Result<ByteVector> save(const SaveOptions& options = {}) const;

 private:
  struct Impl;
  explicit Hive(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::hive
