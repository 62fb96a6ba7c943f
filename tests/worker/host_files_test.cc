#include "repair/worker/host_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace drydock::worker {
namespace {

namespace fs = std::filesystem;

TEST(HostFiles, NothingIsReachedThatWasNotNamed) {
  HostFiles files;
  files.read("/vm/notes.txt");
  EXPECT_EQ(files.allows(Wish::read, "/vm/notes.txt"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::write, "/vm/notes.txt"), Answer::no);
  EXPECT_EQ(files.allows(Wish::remove, "/vm/notes.txt"), Answer::no);
  EXPECT_EQ(files.allows(Wish::read, "/vm/notes.txt.old"), Answer::no);
  EXPECT_EQ(files.allows(Wish::read, "/vm/deeper/notes.txt"), Answer::no);
  EXPECT_EQ(files.allows(Wish::list, "/vm"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::list, "/"), Answer::no);
}

TEST(HostFiles, AnImageHasItsJournalsAndMayHaveParentsBesideIt) {
  HostFiles files;
  files.read_image("/vm/disk.vhdx");
  EXPECT_EQ(files.allows(Wish::read, "/vm/disk.vhdx.0001.drydock"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::write, "/vm/disk.vhdx.0001.drydock"), Answer::no);
  EXPECT_EQ(files.allows(Wish::read, "/vm/base.vhdx"), Answer::if_image);
  EXPECT_EQ(files.allows(Wish::write, "/vm/base.vhdx"), Answer::no);
  EXPECT_EQ(files.allows(Wish::read, "/other/base.vhdx"), Answer::no);
}

TEST(HostFiles, AnImageToChangeLetsItsJournalsBeMadeAndNoOtherFile) {
  HostFiles files;
  files.write_image("/vm/disk.vhdx");
  EXPECT_EQ(files.allows(Wish::write, "/vm/disk.vhdx"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::write, "/vm/disk.vhdx.0012.drydock"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::remove, "/vm/disk.vhdx.0012.drydock"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::write, "/vm/disk.vhdx.12x.drydock"), Answer::no);
  EXPECT_EQ(files.allows(Wish::write, "/vm/disk2.vhdx.0012.drydock"), Answer::no);
  EXPECT_EQ(files.allows(Wish::write, "/vm/base.vhdx"), Answer::no);
  EXPECT_EQ(files.allows(Wish::make_directory, "/vm/disk.vhdx"), Answer::no);
}

TEST(HostFiles, AMergeMayChangeAnImageBesideTheChild) {
  HostFiles files;
  files.write_child_and_parent("/vm/child.avhdx");
  EXPECT_EQ(files.allows(Wish::write, "/vm/base.vhdx"), Answer::if_image);
  EXPECT_EQ(files.allows(Wish::remove, "/vm/base.vhdx"), Answer::no);
}

TEST(HostFiles, AHiveHasItsLogsForReading) {
  HostFiles files;
  files.write("/hives/SYSTEM");
  EXPECT_EQ(files.allows(Wish::read, "/hives/SYSTEM.LOG1"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::read, "/hives/system.Log2"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::write, "/hives/SYSTEM.LOG1"), Answer::no);
  EXPECT_EQ(files.allows(Wish::write, "/hives/SYSTEM.drydock-part"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::read, "/hives/SOFTWARE"), Answer::no);
}

TEST(HostFiles, ATreeIsAllThatIsBelow) {
  HostFiles files;
  files.write_tree("/out/files/");
  EXPECT_EQ(files.allows(Wish::make_directory, "/out/files"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::write, "/out/files/a/b"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::write, "/out/files2"), Answer::no);
  EXPECT_EQ(files.tree_of("/out/files/a/b"), fs::path("/out/files"));
  EXPECT_EQ(files.tree_of("/out/files"), fs::path());
}

TEST(HostFiles, ALinkThatWasNamedStandsForBothItsEnds) {
  TempFolder folder;
  fs::create_directory(folder / "real");
  std::ofstream(folder / "real" / "disk.vhdx") << "vhdxfile";
  fs::create_symlink(folder / "real" / "disk.vhdx", folder / "link.vhdx");
  HostFiles files;
  files.write_image((folder / "link.vhdx").string());
  fs::path real = fs::canonical(folder / "real");
  EXPECT_EQ(files.allows(Wish::write, folder / "link.vhdx"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::write, real / "disk.vhdx"), Answer::yes);
  EXPECT_EQ(files.allows(Wish::write, real / "disk.vhdx.0001.drydock"), Answer::yes);
}

TEST(HostFiles, StandardInputAndOutputAreNoFiles) {
  HostFiles files;
  files.read("-").write("");
  EXPECT_EQ(files.allows(Wish::list, fs::current_path()), Answer::no);
}

}  // namespace
}  // namespace drydock::worker
