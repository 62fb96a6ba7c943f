// What kind of disk is wanted, in a line of YAML:
//
//   { windows: server-2022, firmware: uefi, format: vhdx, size: 127GiB }
//   { firmware: bios, system_reserved: 50MiB, size: 400MiB }
//   { size: 400MiB, catalogs: 5600 }
//
// Every word has a default.  A spec and a seed together determine every byte
// that a guest could read.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/yaml.h"
#include "vhd/base/result.h"

namespace drydock::images {

inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

// The facts in which the Windows versions that we imitate differ.
struct WindowsVersion {
  std::string_view word;          // "server-2022"
  std::string_view product;       // ProductName
  std::string_view edition;       // EditionID
  std::string_view installation;  // InstallationType
  std::string_view display;       // DisplayVersion; "" before there was one
  std::string_view release;       // ReleaseId
  std::uint16_t build = 0;        // CurrentBuild
  std::uint16_t revision = 0;     // UBR
  std::string_view loader;        // what the boot menu calls it
};

// nullptr for a word that we don't know.
const WindowsVersion* find_windows(std::string_view word);
// "server-2016, server-2019, ...".
std::string known_windows();

enum class Container : std::uint8_t { raw, vhdx };
// What starts the machine: from a system partition of a GPT disk, or from the active
// partition of an MBR disk.
enum class Firmware : std::uint8_t { uefi, bios };

struct Spec {
  const WindowsVersion* windows = find_windows("server-2022");
  Firmware firmware = Firmware::uefi;
  Container container = Container::vhdx;
  // The size of an Azure machine's system disk.
  std::uint64_t size = 127 * kGiB;       // in bytes, a multiple of 1 MiB
  std::uint64_t block_size = 32 * kMiB;  // of a VHDX; 32 MiB is what Hyper-V makes
  std::uint64_t recovery_size = 0;       // of a recovery partition; 0 is none
  // Of BIOS: of the partition that holds the boot manager; 0 is none, and then the
  // Windows partition does.
  std::uint64_t system_reserved_size = 0;
  // Of packages that nothing else is about; see filler_catalogs.h.
  std::uint32_t catalog_count = 0;
};

// A real Windows has some 6,000 at most.
inline constexpr std::uint32_t kCatalogCountMax = 20'000;

// Smaller than this nothing of Windows' shape fits.
inline constexpr std::uint64_t kDiskSizeMin = 128 * kMiB;
// The largest disk that a VHDX can hold.  [MS-VHDX] 2.6.2.4
inline constexpr std::uint64_t kDiskSizeMax = 64 * 1024 * kGiB;
// An MBR counts sectors of 512 bytes in 32 bits.
inline constexpr std::uint64_t kMbrDiskSizeMax = 2 * 1024 * kGiB - kMiB;

// What `node` says, and `usual` where it says nothing.  bad_argument, naming the
// place, for a word or a value that isn't known; unsupported for a kind of disk
// that isn't built yet (VHD).
Result<Spec> read_spec(const harness::Yaml& node, const Spec& usual = {});

// "127GiB", "400MiB" in bytes.
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace drydock::images
