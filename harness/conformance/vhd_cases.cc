// Cases of VHD files.  All by Microsoft's "Virtual Hard Disk Image Format
// Specification" 1.0.

#include "harness/conformance/case.h"
#include "harness/conformance/vhd_builder.h"

namespace drydock::conformance {

namespace {

constexpr std::uint64_t kSize = 2 * kMiB;
constexpr std::uint64_t kBlock = 64 * 1024;

Case shows(std::string name, std::string about, const VhdBuilder& file,
           std::vector<Run> runs) {
  Case made{.name = "vhd-" + name,
            .about = std::move(about),
            .ground = "VHD 1.0",
            .virtual_size = kSize,
            .runs = std::move(runs)};
  made.files.push_back({made.name + ".vhd", file.bytes});
  return made;
}

Case refused(std::string name, std::string about, const VhdBuilder& file) {
  Case made = shows(std::move(name), std::move(about), file, {});
  made.opens = false;
  return made;
}

VhdBuilder make_file() {
  VhdBuilder file;
  file.add_block(1, 0x11);
  return file;
}
const std::vector<Run> kRuns = {{kBlock, kBlock, 0x11}};

void add_plain_cases(std::vector<Case>& cases) {
  VhdBuilder fixed({.kind = 2});
  std::memset(fixed.bytes.data() + 4096, 0x22, 512);
  cases.push_back(shows("fixed", "a fixed file", fixed, {{4096, 512, 0x22}}));
  fixed.bytes.resize(fixed.bytes.size() - 1);
  cases.push_back(shows("short-footer",
                        "a fixed file whose footer has 511 bytes, as older ones have",
                        fixed, {{4096, 512, 0x22}}));
  cases.push_back(shows("dynamic", "a dynamic file", make_file(), kRuns));
  VhdBuilder last;
  last.add_block(31, 0x33);
  last.add_block(0, 0x11);
  cases.push_back(shows("order", "blocks in another order than the disk's", last,
                        {{0, kBlock, 0x11}, {31 * kBlock, kBlock, 0x33}}));
  VhdBuilder more({.more_entries = 200});
  more.add_block(1, 0x11);
  cases.push_back(shows("more-entries",
                        "a table with more entries than the disk has blocks", more,
                        kRuns));
}

void add_footer_cases(std::vector<Case>& cases) {
  VhdBuilder file = make_file();
  std::memset(file.bytes.data() + file.footer_at(), 0, 512);
  cases.push_back(
      shows("tail-gone", "a dynamic file whose footer was overwritten", file, kRuns));
  file = make_file();
  file.bytes[100] ^= std::byte{1};
  cases.push_back(shows("copy-bad", "a damaged copy of the footer", file, kRuns));
  file.bytes[file.footer_at() + 100] ^= std::byte{1};
  cases.push_back(refused("footers-bad", "a damaged footer and a damaged copy", file));
  // 4 x 10 x 17 sectors in cylinders, heads and sectors; Windows looks at the size.
  VhdBuilder geometry({.geometry = 4u << 16 | 10 << 8 | 17});
  geometry.add_block(1, 0x11);
  cases.push_back(shows("size-windows", "Windows' geometry, smaller than its size",
                        geometry, kRuns));
  VhdBuilder virtual_pc({.creator = "vpc ", .geometry = 100u << 16 | 2 << 8 | 17});
  virtual_pc.add_block(1, 0x11);
  Case made =
      shows("size-virtual-pc", "Virtual PC's geometry, which is the disk's size",
            virtual_pc, kRuns);
  made.virtual_size = 100ull * 2 * 17 * 512;
  cases.push_back(made);
}

void add_damage_cases(std::vector<Case>& cases) {
  VhdBuilder file = make_file();
  file.bytes[VhdBuilder::kHeader + 64] ^= std::byte{1};
  cases.push_back(refused("header-bad", "a header whose checksum doesn't hold", file));
  file = make_file();
  file.set_entry(2, file.place(1) / 512);
  cases.push_back(refused("overlap", "two blocks at one place", file));
  file = make_file();
  file.set_entry(2, 0x7FFFFFFF);
  cases.push_back(refused("past-end", "a block past the file's end", file));
  file = make_file();
  file.set_entry(2, 1);
  cases.push_back(refused("on-header", "a block on top of the header", file));
  file = make_file();
  file.set_header_field(28, 4, 3);
  cases.push_back(refused("few-entries", "a table too short for the disk", file));
  file = make_file();
  file.set_footer_field(60, 4, 7);
  cases.push_back(refused("kind", "a kind of disk that there isn't", file));
}

constexpr const char* kParentId = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

VhdBuilder make_child(const std::string& parent_id) {
  return VhdBuilder({.kind = 4,
                     .id = "22222222-2222-3333-4444-555555555555",
                     .parent_id = parent_id,
                     .parent_name = u"parent.vhd",
                     .relative_path = u".\\parent.vhd"});
}

Case with_parent(Case made) {
  VhdBuilder parent({.id = kParentId});
  parent.add_block(0, 0xA0);
  parent.add_block(1, 0xA1);
  made.files.push_back({"parent.vhd", parent.bytes});
  return made;
}

void add_child_cases(std::vector<Case>& cases) {
  VhdBuilder child = make_child(kParentId);
  cases.push_back(with_parent(shows("child-fresh", "a child that holds nothing", child,
                                    {{0, kBlock, 0xA0}, {kBlock, kBlock, 0xA1}})));
  // The sectors 0 to 2 of the block: the bits 7 to 5 of the first byte.
  child.add_block(0, 0x11, 0, 3);
  cases.push_back(
      with_parent(shows("child-partial", "a block that is here in part", child,
                        {{0, 3 * 512, 0x11},
                         {3 * 512, kBlock - 3 * 512, 0xA0},
                         {kBlock, kBlock, 0xA1}})));
  cases.push_back(
      with_parent(refused("child-other-parent", "a parent with another id",
                          make_child("aaaaaaaa-bbbb-cccc-dddd-ffffffffffff"))));
}

}  // namespace

std::vector<Case> vhd_cases() {
  std::vector<Case> cases;
  add_plain_cases(cases);
  add_footer_cases(cases);
  add_damage_cases(cases);
  add_child_cases(cases);
  return cases;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& part :
       {vhdx_structure_cases(), vhdx_log_cases(), vhdx_block_cases(), vhd_cases()}) {
    cases.insert(cases.end(), part.begin(), part.end());
  }
  return cases;
}

}  // namespace drydock::conformance
