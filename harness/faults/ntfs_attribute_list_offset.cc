// $Secure gets an attribute list, as it has on volumes that Windows used for long, and
// the list's entries say that their names begin elsewhere than at 1Ah: what some
// tools write, and newer Windows stops at.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "harness/faults/faults.h"
#include "harness/images/raw_ntfs.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

using namespace images::raw_ntfs;

constexpr std::uint64_t kSecureRecord = 9;
constexpr std::uint32_t kStandardInformation = 0x10;
constexpr std::uint32_t kAttributeList = 0x20;
constexpr std::uint32_t kEnd = 0xffffffff;
constexpr std::size_t kValueOffset = 0x18;  // of a resident attribute without a name

// The entry of the attribute at `at` of a record, its name at `name_offset`.
ByteVector entry_of(Bytes record, std::size_t at, std::size_t name_offset,
                    std::uint64_t reference) {
  std::size_t name_size = 2 * get(record, at + 9, 1);
  ByteVector entry((name_offset + name_size + 7) / 8 * 8);
  put(entry, 0x00, 4, get(record, at, 4));
  put(entry, 0x04, 2, entry.size());
  put(entry, 0x06, 1, name_size / 2);
  put(entry, 0x07, 1, name_offset);
  put(entry, 0x10, 8, reference);
  put(entry, 0x18, 2, get(record, at + 0x0e, 2));
  Bytes name = record.subspan(at + get(record, at + 0x0a, 2), name_size);
  std::ranges::copy(name, entry.begin() + static_cast<std::ptrdiff_t>(name_offset));
  return entry;
}

// The list of all that `record`, number `number`, holds: all of it in there.
ByteVector list_of(Bytes record, std::uint64_t number, std::size_t name_offset) {
  std::uint64_t reference = get(record, 0x10, 2) << 48 | number;
  ByteVector list;
  for (std::size_t at = get(record, 0x14, 2); get(record, at, 4) != kEnd;
       at += get(record, at + 4, 4)) {
    ByteVector entry = entry_of(record, at, name_offset, reference);
    list.insert(list.end(), entry.begin(), entry.end());
  }
  return list;
}

// Puts `list` into the record, behind its $STANDARD_INFORMATION.
Done insert_list(ByteVector& record, const ByteVector& list) {
  auto first = find_attribute(record, kStandardInformation);
  if (!first || find_attribute(record, kAttributeList)) return not_as_made("$Secure");
  std::size_t at = *first + get(record, *first + 4, 4);
  std::size_t used = get(record, 0x18, 4);
  std::size_t length = kValueOffset + list.size();
  if (used + length > record.size()) {
    return Error(Errc::no_space, "$Secure's record has no room for a list");
  }
  std::copy_backward(record.begin() + static_cast<std::ptrdiff_t>(at),
                     record.begin() + static_cast<std::ptrdiff_t>(used),
                     record.begin() + static_cast<std::ptrdiff_t>(used + length));
  MutableBytes attribute = MutableBytes(record).subspan(at, length);
  std::ranges::fill(attribute, std::byte{0});
  put(attribute, 0x00, 4, kAttributeList);
  put(attribute, 0x04, 4, length);
  put(attribute, 0x0e, 2, get(record, 0x28, 2));
  put(attribute, 0x10, 4, list.size());
  put(attribute, 0x14, 2, kValueOffset);
  std::ranges::copy(list, attribute.begin() + kValueOffset);
  put(record, 0x18, 4, used + length);
  put(record, 0x28, 2, get(record, 0x28, 2) + 1);
  return {};
}

class NtfsAttributeListOffset final : public Fault {
 public:
  std::string_view id() const override { return "ntfs.attribute-list-offset"; }
  std::string_view summary() const override {
    return "$Secure's attribute list says that names begin elsewhere than at 1Ah";
  }
  std::vector<Parameter> parameters() const override {
    return {{.name = "offset", .meaning = "where they begin", .usual = "0x1c"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    std::size_t offset = std::strtoull(parameters.at("offset").c_str(), nullptr, 0);
    if (offset < 0x1a || offset > 0x20) {
      return Error(Errc::bad_argument, fmt::format("no name begins at {}", offset));
    }
    DevicePtr volume = TRY(patient.windows_volume());
    Geometry geometry = TRY(read_geometry(*volume));
    ByteVector record = TRY(read_record(*volume, geometry, kSecureRecord));
    TRY(insert_list(record, list_of(record, kSecureRecord, offset)));
    guard(record, get(record, 4, 2));
    TRY(volume->write(geometry.record_offset(kSecureRecord), record));
    return fmt::format("$Secure's attribute list says that names begin at {:02X}h",
                       offset);
  }
};

}  // namespace

const Fault& ntfs_attribute_list_offset() {
  static const NtfsAttributeListOffset fault;
  return fault;
}

}  // namespace drydock::faults
