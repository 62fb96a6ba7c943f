// Cases of a VHDX's blocks: their states, their places, and what a child leaves to
// its parent.

#include "harness/conformance/case.h"
#include "harness/conformance/vhdx_builder.h"

namespace drydock::conformance {

namespace {

constexpr const char* kDataWriteGuid = "{bbbbbbbb-0000-0000-0000-000000000001}";

Case shows(std::string name, std::string about, std::string ground,
           const VhdxBuilder& file, std::vector<Run> runs,
           std::uint64_t virtual_size = 8 * kMiB) {
  Case made{.name = "vhdx-" + name,
            .about = std::move(about),
            .ground = std::move(ground),
            .virtual_size = virtual_size,
            .runs = std::move(runs)};
  made.files.push_back({made.name + ".vhdx", file.bytes});
  return made;
}

Case refused(std::string name, std::string about, std::string ground,
             const VhdxBuilder& file) {
  Case made = shows(std::move(name), std::move(about), std::move(ground), file, {});
  made.opens = false;
  return made;
}

void add_state_cases(std::vector<Case>& cases) {
  const char* ground = "[MS-VHDX] 2.5.1.1";
  VhdxBuilder file;
  file.set_block(0, 2, 0);
  file.add_block(1, 0x11);
  cases.push_back(shows("state-zero", "a block in the state ZERO", ground, file,
                        {{kMiB, kMiB, 0x11}}));
  file = VhdxBuilder();
  file.add_block(1, 0x11);
  file.set_block(0, 3, 0);
  file.set_block(2, 1, 0);
  cases.push_back(shows("state-unmapped",
                        "blocks UNMAPPED and UNDEFINED without a place", ground, file,
                        {{kMiB, kMiB, 0x11}}));
  file = VhdxBuilder();
  file.set_block(0, 4, file.add_block(0, 0x11));
  cases.push_back(
      refused("state-reserved", "a block in the reserved state 4", ground, file));
  file = VhdxBuilder();
  file.set_block(0, 7, file.add_block(0, 0x11));
  cases.push_back(refused("state-partial",
                          "a block in part, in a file without a parent", ground, file));
  file = VhdxBuilder({.flags = 1});
  std::vector<Run> runs;
  for (unsigned block = 0; block < 8; ++block) {
    file.add_block(block, 0x11 + block);
    runs.push_back({block * kMiB, kMiB, 0x11 + block});
  }
  cases.push_back(shows("fixed", "a fixed file", "[MS-VHDX] 2.6.2.1", file, runs));
}

void add_place_cases(std::vector<Case>& cases) {
  const char* ground = "[MS-VHDX] 2.5";
  VhdxBuilder file;
  std::uint64_t place = file.add_block(0, 0x11);
  file.set_block(1, 6, place);
  cases.push_back(refused("overlap", "two blocks at one place", ground, file));
  file = VhdxBuilder();
  file.set_block(0, 6, std::uint64_t{1} << 40);
  cases.push_back(refused("past-end", "a block past the file's end", ground, file));
  file = VhdxBuilder();
  file.set_block(0, 6, VhdxBuilder::kBat);
  cases.push_back(refused("on-region", "a block on top of a region", ground, file));
  file = VhdxBuilder();
  file.add_block(2, 0x22);
  file.add_block(0, 0x11);
  file.add_block(1, 0x33);
  cases.push_back(shows("order", "blocks in another order than the disk's", ground,
                        file,
                        {{0, kMiB, 0x11}, {kMiB, kMiB, 0x33}, {2 * kMiB, kMiB, 0x22}}));
  // The 4096th block's entry follows that of a bitmap.
  file = VhdxBuilder({.virtual_size = 4100 * kMiB});
  file.add_block(4095, 0x11);
  file.add_block(4096, 0x22);
  cases.push_back(shows("chunks", "a block after the first chunk", ground, file,
                        {{4095 * kMiB, kMiB, 0x11}, {4096 * kMiB, kMiB, 0x22}},
                        4100 * kMiB));
  file = VhdxBuilder();
  file.add_block(7, 0x77);
  file.bytes.resize(file.bytes.size() + 4096, std::byte{0xEE});
  cases.push_back(shows("trailing", "bytes after the last block", ground, file,
                        {{7 * kMiB, kMiB, 0x77}}));
}

// Eight blocks of 0xA0 and so on.
VhdxBuilder make_parent() {
  VhdxBuilder parent;
  for (unsigned block = 0; block < 8; ++block) parent.add_block(block, 0xA0 + block);
  return parent;
}
std::vector<Run> parent_runs() {
  std::vector<Run> runs;
  for (unsigned block = 0; block < 8; ++block) {
    runs.push_back({block * kMiB, kMiB, 0xA0 + block});
  }
  return runs;
}

VhdxBuilder make_child(VhdxText text = {}, const std::string& link = kDataWriteGuid) {
  text.flags = 2;
  VhdxBuilder child(text);
  child.add_parent(link);
  return child;
}

Case child_shows(std::string name, std::string about, std::string ground,
                 const VhdxBuilder& child, std::vector<Run> runs,
                 std::uint64_t virtual_size = 8 * kMiB) {
  Case made = shows("child-" + name, std::move(about), std::move(ground), child,
                    std::move(runs), virtual_size);
  made.files.push_back({"parent.vhdx", make_parent().bytes});
  return made;
}

Case child_refused(std::string name, std::string about, std::string ground,
                   const VhdxBuilder& child) {
  Case made =
      child_shows(std::move(name), std::move(about), std::move(ground), child, {});
  made.opens = false;
  return made;
}

void add_child_state_cases(std::vector<Case>& cases) {
  const char* ground = "[MS-VHDX] 2.5.1.1";
  cases.push_back(child_shows("fresh", "a child that holds nothing", ground,
                              make_child(), parent_runs()));
  VhdxBuilder child = make_child();
  child.add_block(1, 0x11);
  child.add_bitmap(0);
  std::vector<Run> runs = parent_runs();
  runs[1].value = 0x11;
  cases.push_back(child_shows(
      "full", "a block that is here, and a bitmap that says not", ground, child, runs));
  for (auto [name, state] :
       {std::pair("zero", 2u), std::pair("unmapped", 3u), std::pair("undefined", 1u)}) {
    child = make_child();
    child.set_block(1, state, 0);
    runs = parent_runs();
    runs.erase(runs.begin() + 1);
    cases.push_back(child_shows(name, "a block that hides the parent's, without bytes",
                                ground, child, runs));
  }
}

void add_bitmap_cases(std::vector<Case>& cases) {
  const char* ground = "[MS-VHDX] 2.4";
  VhdxBuilder child = make_child();
  child.set_block(1, 7, child.add_block(1, 0x11));
  VhdxBuilder bare = child;
  std::uint64_t bitmap = child.add_bitmap(0);
  put(child.bytes, bitmap + 256, 1, 0x41);  // the sectors 0 and 6
  std::vector<Run> runs = parent_runs();
  runs.erase(runs.begin() + 1);
  runs.insert(runs.begin() + 1, {{kMiB, 512, 0x11},
                                 {kMiB + 512, 5 * 512, 0xA1},
                                 {kMiB + 6 * 512, 512, 0x11},
                                 {kMiB + 7 * 512, kMiB - 7 * 512, 0xA1}});
  cases.push_back(
      child_shows("partial", "a block that is here in part", ground, child, runs));
  cases.push_back(
      child_refused("no-bitmap", "a block in part, and no bitmap", ground, bare));
  child = make_child({.block_size = 2 * kMiB});
  child.set_block(1, 7, child.add_block(1, 0x11));
  bitmap = child.add_bitmap(0);
  put(child.bytes, bitmap + 512 + 256, 1, 1);  // the 2048th sector of the block
  runs = parent_runs();
  runs.insert(runs.begin() + 3, {3 * kMiB, 512, 0x11});
  runs[4] = {3 * kMiB + 512, kMiB - 512, 0xA3};
  cases.push_back(child_shows("block-size", "larger blocks than the parent's", ground,
                              child, runs));
  runs = parent_runs();
  cases.push_back(
      child_shows("larger", "a larger disk than the parent's", "[MS-VHDX] 2.6.2.2",
                  make_child({.virtual_size = 12 * kMiB}), runs, 12 * kMiB));
}

void add_link_cases(std::vector<Case>& cases) {
  const char* ground = "[MS-VHDX] 2.6.2.6.3";
  const char* other = "{bbbbbbbb-0000-0000-0000-000000000002}";
  cases.push_back(child_refused("changed-parent", "a parent that was written to since",
                                ground, make_child({}, other)));
  VhdxBuilder child({.flags = 2});
  child.add_item("a8d35f2d-b30b-454d-abf7-d3d84834ab0c",
                 parent_locator({{"parent_linkage", other},
                                 {"parent_linkage2", kDataWriteGuid},
                                 {"relative_path", ".\\parent.vhdx"}}),
                 4);
  cases.push_back(child_shows("linkage2", "a parent that parent_linkage2 names", ground,
                              child, parent_runs()));
  child = make_child();
  child.add_block(0, 0x11);
  std::vector<Run> runs = parent_runs();
  runs[0].value = 0x22;
  runs[1].value = 0x11;
  Case chain = child_shows("of-child", "a child of a child", ground, child, runs);
  VhdxBuilder middle = make_child();
  middle.add_block(1, 0x11);
  put_guid(middle.bytes, VhdxBuilder::kHeader[0] + 32,
           "cccccccc-0000-0000-0000-000000000001");
  put_guid(middle.bytes, VhdxBuilder::kHeader[1] + 32,
           "cccccccc-0000-0000-0000-000000000001");
  middle.seal_header(0);
  middle.seal_header(1);
  VhdxBuilder top({.flags = 2});
  top.add_parent("{cccccccc-0000-0000-0000-000000000001}", "middle.vhdx");
  top.add_block(0, 0x22);
  chain.files = {{chain.name + ".vhdx", top.bytes},
                 {"middle.vhdx", middle.bytes},
                 {"parent.vhdx", make_parent().bytes}};
  cases.push_back(chain);
}

}  // namespace

std::vector<Case> vhdx_block_cases() {
  std::vector<Case> cases;
  add_state_cases(cases);
  add_place_cases(cases);
  add_child_state_cases(cases);
  add_bitmap_cases(cases);
  add_link_cases(cases);
  return cases;
}

}  // namespace drydock::conformance
