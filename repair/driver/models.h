// What an INF file is about: its version, and the devices that it has drivers for.
//
// One file can serve several architectures and versions of Windows.  Sections and
// lines carry a decoration for that, "NTamd64.10.0...14393", and Windows takes the one
// that fits best ("INF Manufacturer Section", "INF Models Section").

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/driver/inf.h"
#include "vhd/base/guid.h"
#include "vhd/base/result.h"

namespace drydock::driver {

enum class Architecture : std::uint8_t { x86, amd64, arm, arm64, ia64 };

// "amd64", as decorations, folders of the driver store and InstallationFacts have it.
std::string_view to_string(Architecture architecture);
std::optional<Architecture> parse_architecture(std::string_view text);

// The Windows that a driver is for.
struct Target {
  Architecture architecture = Architecture::amd64;
  std::uint32_t major = 10;
  std::uint32_t minor = 0;
  std::uint32_t build = 0;
  // VER_NT_WORKSTATION (1), _DOMAIN_CONTROLLER (2) or _SERVER (3); 0 isn't known, and
  // fits no decoration that asks for one.
  std::uint32_t product_type = 0;
  std::uint32_t suite = 0;  // VER_SUITE_*
};

// nt[Architecture][.[Major][.[Minor][.[ProductType][.[SuiteMask][.[Build]]]]]]
struct Decoration {
  std::optional<Architecture> architecture = {};
  std::optional<std::uint32_t> major = {};
  std::optional<std::uint32_t> minor = {};
  std::optional<std::uint32_t> product_type = {};
  std::optional<std::uint32_t> suite = {};
  std::optional<std::uint32_t> build = {};
};
// Nothing for what isn't one.
std::optional<Decoration> parse_decoration(std::string_view text);
// Without an architecture it fits x86 alone, since Windows Server 2003 SP1.
bool fits(const Decoration& decoration, const Target& target);
// Of two that fit: whether `a` is closer.  Version and build count for more than
// product and suite.
bool is_closer(const Decoration& a, const Decoration& b);

// [Version].
struct PackageFacts {
  std::string class_name;  // "SCSIAdapter"
  Guid class_guid;
  std::string provider;
  std::string date;     // "07/21/2023", as DriverVer has it
  std::string version;  // "100.93.104.24000"; "" where only a date is given
  std::string catalog;  // the file's name; "" for a package without
};
// corrupt where there is no [Version] with a signature and a class' GUID in it.
Result<PackageFacts> read_package_facts(const Inf& inf, Architecture architecture);

// The longest lists, those of graphics drivers, have about two thousand.
inline constexpr std::size_t kDeviceCountMax = 20'000;

// A line of a models section.
struct Device {
  std::string description;
  std::string manufacturer;
  std::string description_field;  // the same two as they stand in the file: "%NAME%"
  std::string manufacturer_field;
  std::string install;      // the section that installs it, without its decoration
  std::string hardware_id;  // "" where the line has compatible ones only
  std::vector<std::string> compatible_ids;
  std::size_t install_index = 0;  // into Package::installs, where it is in one
};
// Those that the file has for `target`, in its order.  bad_argument where there are
// none, and corrupt without [Manufacturer] or where it names a section that isn't
// there.
Result<std::vector<Device>> read_devices(const Inf& inf, const Target& target);

// What the file is for: "NTamd64.6.3, NTx86.6.3"; for words.
Result<std::string> list_decorations(const Inf& inf);

}  // namespace drydock::driver
