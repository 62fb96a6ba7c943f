#include "harness/images/spec.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::images {

namespace {

// Public facts of released builds.  Windows 11 still calls itself "Windows 10"
// in ProductName.
constexpr WindowsVersion kWindows[] = {
    {"server-2016", "Windows Server 2016 Datacenter", "ServerDatacenter", "Server", "",
     "1607", 14393, 6452, "Windows Server 2016"},
    {"server-2019", "Windows Server 2019 Datacenter", "ServerDatacenter", "Server", "",
     "1809", 17763, 5206, "Windows Server"},
    {"server-2022", "Windows Server 2022 Datacenter", "ServerDatacenter", "Server",
     "21H2", "2009", 20348, 2159, "Windows Server"},
    {"windows-11", "Windows 10 Pro", "Professional", "Client", "23H2", "2009", 22631,
     2861, "Windows 11"},
};

Result<std::uint64_t> size_of(const harness::Yaml& node) {
  auto size = parse_size(TRY(node.text()));
  if (!size) return node.error(size.error().words());
  if (*size % kMiB != 0) return node.error("a size is a whole number of MiB");
  return *size;
}

Done read_container(const harness::Yaml& node, Spec& spec) {
  std::string word = TRY(node.text());
  if (word == "vhdx") {
    spec.container = Container::vhdx;
  } else if (word == "raw") {
    spec.container = Container::raw;
  } else if (word == "vhd") {
    return Error(Errc::unsupported, "VHD images aren't built yet").in(node.place());
  } else {
    return node.error(fmt::format("'{}' isn't a format: vhdx, raw", word));
  }
  return {};
}

Done read_firmware(const harness::Yaml& node, Spec& spec) {
  auto word = node.text();
  if (!word) return std::move(word).error();
  spec.firmware = *word == "bios" ? Firmware::bios : Firmware::uefi;
  if (*word == "bios" || *word == "uefi") return {};
  return node.error(fmt::format("'{}' isn't a firmware: uefi, bios", *word));
}

Result<std::uint32_t> catalog_count_of(const harness::Yaml& node) {
  std::string text = TRY(node.text());
  std::uint32_t count = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failed == std::errc() && end == text.data() + text.size() &&
      count <= kCatalogCountMax) {
    return count;
  }
  return node.error(
      fmt::format("'{}' isn't a number up to {}", text, kCatalogCountMax));
}

Done read_word(const harness::Yaml::Field& field, Spec& spec) {
  const harness::Yaml& node = field.value;
  if (field.key == "windows") {
    std::string word = TRY(node.text());
    spec.windows = find_windows(word);
    if (spec.windows == nullptr) {
      return node.error(fmt::format("'{}' isn't a Windows: {}", word, known_windows()));
    }
    return {};
  }
  if (field.key == "firmware") return read_firmware(node, spec);
  if (field.key == "format") return read_container(node, spec);
  if (field.key == "catalogs") {
    spec.catalog_count = TRY(catalog_count_of(node));
    return {};
  }
  std::uint64_t size = TRY(size_of(node));
  if (field.key == "size") spec.size = size;
  if (field.key == "block_size") spec.block_size = size;
  if (field.key == "recovery") spec.recovery_size = size;
  if (field.key == "system_reserved") spec.system_reserved_size = size;
  return {};
}

Done check_firmware(const harness::Yaml& node, const Spec& spec) {
  if (spec.firmware == Firmware::uefi) {
    if (spec.system_reserved_size == 0) return {};
    return node.error("a system_reserved partition belongs to firmware: bios");
  }
  if (spec.size > kMbrDiskSizeMax) {
    return node.error("a disk for BIOS is less than 2TiB");
  }
  if (spec.system_reserved_size > spec.size / 4) {
    return node.error("a system_reserved partition is at most a quarter of its disk");
  }
  return {};
}

}  // namespace

const WindowsVersion* find_windows(std::string_view word) {
  for (const WindowsVersion& version : kWindows) {
    if (version.word == word) return &version;
  }
  return nullptr;
}

std::string known_windows() {
  std::string words;
  for (const WindowsVersion& version : kWindows) {
    words += words.empty() ? "" : ", ";
    words += version.word;
  }
  return words;
}

Result<Spec> read_spec(const harness::Yaml& node, const Spec& usual) {
  Spec spec = usual;
  if (node.kind() == harness::Yaml::Kind::null) return spec;
  TRY(node.only({"windows", "firmware", "format", "size", "block_size", "recovery",
                 "system_reserved", "catalogs"}));
  for (const harness::Yaml::Field& field : TRY(node.fields())) {
    TRY(read_word(field, spec));
  }
  if (spec.size < kDiskSizeMin || spec.size > kDiskSizeMax) {
    return node.error("a disk is 128MiB to 64TiB");
  }
  if (spec.block_size > 256 * kMiB || !std::has_single_bit(spec.block_size)) {
    return node.error("a block is 1, 2, 4 ... 256MiB");  // [MS-VHDX] 2.6.2.1
  }
  if (spec.recovery_size > spec.size / 4) {
    return node.error("a recovery partition is at most a quarter of its disk");
  }
  TRY(check_firmware(node, spec));
  return spec;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t count = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  std::uint64_t factor = unit == "MiB"   ? kMiB
                         : unit == "GiB" ? kGiB
                         : unit == "TiB" ? 1024 * kGiB
                                         : 0;
  std::optional<std::uint64_t> size = checked::mul(count, factor);
  if (failed != std::errc() || !size || *size == 0) {
    return Error(Errc::bad_argument,
                 fmt::format("'{}' isn't a size such as 400MiB or 127GiB", text));
  }
  return *size;
}

}  // namespace drydock::images
