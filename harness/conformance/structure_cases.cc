// Cases of what a VHDX file says of itself: headers, regions, metadata.

#include "harness/conformance/case.h"
#include "harness/conformance/vhdx_builder.h"

namespace drydock::conformance {

namespace {

constexpr unsigned kRequired = 4;

VhdxBuilder make_file(VhdxText text = {}) {
  VhdxBuilder file(text);
  file.add_block(1, 0x11);
  return file;
}

Case shows(std::string name, std::string about, std::string ground,
           const VhdxBuilder& file, std::uint64_t virtual_size = 8 * kMiB) {
  Case made{.name = "vhdx-" + name,
            .about = std::move(about),
            .ground = std::move(ground),
            .virtual_size = virtual_size};
  made.files.push_back({made.name + ".vhdx", file.bytes});
  made.runs = {{kMiB, kMiB, 0x11}};
  return made;
}

Case refused(std::string name, std::string about, std::string ground,
             const VhdxBuilder& file) {
  Case made = shows(std::move(name), std::move(about), std::move(ground), file);
  made.opens = false;
  made.runs.clear();
  return made;
}

void spoil(VhdxBuilder& file, std::uint64_t offset) {
  file.bytes[offset] ^= std::byte{1};
}

void add_header_cases(std::vector<Case>& cases) {
  const char* ground = "[MS-VHDX] 2.2.2";
  VhdxBuilder file = make_file();
  cases.push_back(
      shows("plain", "a dynamic file without anything special", "[MS-VHDX] 2", file));
  spoil(file, VhdxBuilder::kHeader[1] + 20);
  cases.push_back(
      shows("header-first", "a second header that is damaged", ground, file));
  spoil(file, VhdxBuilder::kHeader[0] + 20);
  cases.push_back(refused("header-none", "two headers that are damaged", ground, file));
  file = make_file();
  spoil(file, VhdxBuilder::kHeader[0] + 20);
  cases.push_back(
      shows("header-second", "a first header that is damaged", ground, file));
  // The older one has a log in use, in which there is nothing.
  file = make_file();
  put_guid(file.bytes, VhdxBuilder::kHeader[0] + 48, VhdxBuilder::kLogGuid);
  file.seal_header(0);
  cases.push_back(
      shows("header-newer", "an older header that names a log", ground, file));
  file = make_file();
  file.set_header(0, 8);
  cases.push_back(shows("header-twins", "two headers that are alike, as Disk2vhd makes",
                        "seen on Disk2vhd 2.01", file));
  put_guid(file.bytes, VhdxBuilder::kHeader[0] + 16, VhdxBuilder::kLogGuid);
  file.seal_header(0);
  cases.push_back(
      refused("header-rivals", "two headers of one number that differ", ground, file));
  file = make_file();
  for (std::size_t slot : {0u, 1u}) {
    put(file.bytes, VhdxBuilder::kHeader[slot] + 66, 2, 2);
    file.seal_header(slot);
  }
  cases.push_back(refused("header-version", "format version 2", ground, file));
}

void add_region_cases(std::vector<Case>& cases) {
  const char* ground = "[MS-VHDX] 2.2.3";
  VhdxBuilder file = make_file();
  spoil(file, VhdxBuilder::kRegionTable[0] + 20);
  cases.push_back(
      shows("region-second", "a first region table that is damaged", ground, file));
  spoil(file, VhdxBuilder::kRegionTable[1] + 20);
  cases.push_back(
      refused("region-none", "two region tables that are damaged", ground, file));
  for (std::uint64_t required : {0u, 1u}) {
    file = make_file();
    std::uint64_t place = file.bytes.size();
    file.bytes.resize(place + kMiB);
    for (std::uint64_t table : VhdxBuilder::kRegionTable) {
      put(file.bytes, table + 8, 4, 3);
      put_guid(file.bytes, table + 80, "00000000-1111-2222-3333-444444444444");
      put(file.bytes, table + 96, 8, place);
      put(file.bytes, table + 104, 4, kMiB);
      put(file.bytes, table + 108, 4, required);
    }
    file.seal_region_tables();
    cases.push_back(
        required == 0
            ? shows("region-other", "a region that isn't known", ground, file)
            : refused("region-required", "a region that isn't known and is required",
                      ground, file));
  }
  file = make_file();
  for (std::uint64_t table : VhdxBuilder::kRegionTable) {
    put(file.bytes, table + 48 + 16, 8, VhdxBuilder::kBat);
  }
  file.seal_region_tables();
  cases.push_back(refused("region-overlap", "two regions at one place", ground, file));
}

void add_metadata_cases(std::vector<Case>& cases) {
  const char* ground = "[MS-VHDX] 2.6.1.2";
  const char* other = "00000000-1111-2222-3333-444444444444";
  VhdxBuilder file = make_file();
  file.add_item(other, ByteVector(8), 0);
  cases.push_back(
      shows("item-other", "a metadata item that isn't known", ground, file));
  file = make_file();
  file.add_item(other, {}, 0);
  cases.push_back(shows("item-empty", "a metadata item that is empty", ground, file));
  file = make_file();
  file.add_item(other, ByteVector(8), kRequired);
  cases.push_back(refused("item-required",
                          "a metadata item that isn't known and is required", ground,
                          file));
  file = make_file();
  file.add_item("2fa54224-cd1b-4876-b211-5dbed83bf4b8", ByteVector(8), 6);
  cases.push_back(
      refused("item-twice", "a disk size that is listed twice", ground, file));
  file = make_file();
  file.add_item("2fa54224-cd1b-4876-b211-5dbed83bf4b8", ByteVector(8), 1);
  cases.push_back(
      shows("item-user", "a user's item with the id of the disk's size", ground, file));
  file = make_file();
  file.add_item("71cc85f0-1b69-4e28-9558-c3bf83ae75d3", ByteVector(4), kRequired);
  cases.push_back(refused("incomplete", "a conversion that never ended",
                          "OpenVMM: incomplete file", file));
  file = make_file();
  put(file.bytes, VhdxBuilder::kMetadata + 0x10000, 4, 3 * kMiB);
  cases.push_back(refused("block-size", "blocks of 3 MiB", "[MS-VHDX] 2.6.2.1", file));
}

void add_shape_cases(std::vector<Case>& cases) {
  Case large = shows("block-2-mib", "blocks of 2 MiB", "[MS-VHDX] 2.6.2.1",
                     make_file({.block_size = 2 * kMiB}));
  large.runs = {{2 * kMiB, 2 * kMiB, 0x11}};
  cases.push_back(large);
  cases.push_back(shows("4kn", "logical sectors of 4096 bytes", "[MS-VHDX] 2.6.2.4",
                        make_file({.logical_sector_size = 4096})));
  cases.push_back(shows("512n", "physical sectors of 512 bytes", "[MS-VHDX] 2.6.2.5",
                        make_file({.physical_sector_size = 512})));
  cases.push_back(shows("odd-size", "a disk that ends within a block",
                        "[MS-VHDX] 2.6.2.2",
                        make_file({.virtual_size = 7 * kMiB + 512}), 7 * kMiB + 512));
}

}  // namespace

std::vector<Case> vhdx_structure_cases() {
  std::vector<Case> cases;
  add_header_cases(cases);
  add_region_cases(cases);
  add_metadata_cases(cases);
  add_shape_cases(cases);
  return cases;
}

}  // namespace drydock::conformance
