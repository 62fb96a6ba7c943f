// The commands of scripts on what stands for files that are elsewhere, and on files
// that are kept in WOF's way.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/script/script.h"
#include "tests/ntfs/foreign_volume.h"
#include "tests/ntfs/wof_files.h"
#include "vhd/base/endian.h"
#include "vhd/overlay.h"

namespace drydock::script {
namespace {

using ::testing::HasSubstr;

// To \real of the volume: four lengths and the name ([MS-FSCC] 2.1.2.5).
ByteVector junction_data() {
  const std::u16string target = u"\\??\\F:\\real";
  ByteVector data;
  auto append = [&](Bytes more) { data.insert(data.end(), more.begin(), more.end()); };
  auto size = static_cast<std::uint16_t>(2 * target.size());
  for (std::uint16_t number :
       {std::uint16_t{0}, size, static_cast<std::uint16_t>(size + 2),
        std::uint16_t{0}}) {
    append(bytes_of(le16{number}));
  }
  for (char16_t c : target) append(bytes_of(le16{c}));
  append(bytes_of(le32{0}));
  return data;
}

class ScriptLinks : public ForeignVolume {
 protected:
  void fill() override {
    std::filesystem::create_directories(mount_ / "real");
    write("real/kept", "kept");
    std::filesystem::create_directories(mount_ / "tree/junction");
    set_attribute("tree/junction", "system.ntfs_reparse_data",
                  reparse_point(0xA0000003, junction_data()));
    write("tree/plain", "plain");
    write("tree/plain:stream", "another stream");
    wof_ = write_wof("wof.dll", mixed_bytes(100'000), 0);
  }

  void SetUp() override {
    ForeignVolume::SetUp();
    if (!volume_) return;
    volume_.reset();
    overlay_ = std::make_shared<Overlay>(open_place(place_));
    auto disk = repair::Disk::open(overlay_, {.writable = true});
    ASSERT_TRUE(disk) << disk.error().describe();
    disk_ = *std::move(disk);
    volume_ = *disk_->volume(0);
  }

  // All notes of what ran, or why it didn't.
  std::string run(std::string_view text) {
    auto script = read_script(text, {.drive = "F:"});
    if (!script) return script.error().describe();
    Machine machine(*disk_, 0, {{'F', "0:"}});
    Done done = script::run(*script, machine);
    if (!done) return done.error().describe();
    std::string notes;
    for (const Step& step : machine.steps()) {
      for (const std::string& note : step.notes) notes += note + '\n';
    }
    return notes;
  }

  bool has(std::string_view path) { return bool(volume_->find(path)); }

  bool wof_ = false;
  std::shared_ptr<Overlay> overlay_;
  std::unique_ptr<repair::Disk> disk_;
};

TEST_F(ScriptLinks, RemoveAJunctionAndNotWhatItIsOf) {
  EXPECT_EQ(run("rd /s /q F:\\tree\\junction"), "");
  EXPECT_FALSE(has("tree/junction"));
  EXPECT_TRUE(has("real/kept"));
}

TEST_F(ScriptLinks, RemoveATreeWithAJunctionInIt) {
  EXPECT_EQ(run("rd /s /q F:\\tree"), "");
  EXPECT_FALSE(has("tree"));
  EXPECT_TRUE(has("real/kept"));
}

TEST_F(ScriptLinks, CopyNoJunction) {
  EXPECT_THAT(run("xcopy /e F:\\tree F:\\copy"),
              HasSubstr("F:\\tree\\junction is left out: a reparse point"));
  EXPECT_FALSE(has("copy/junction"));
  EXPECT_EQ(read("copy/plain:stream"), "another stream");
  EXPECT_THAT(run("robocopy F:\\tree F:\\copy2 /mir"),
              HasSubstr("F:\\tree\\junction is left out: a reparse point"));
  EXPECT_EQ(read("copy2/plain"), "plain");
}

TEST_F(ScriptLinks, CopyAFileOfWofsPlainly) {
  if (!wof_) GTEST_SKIP() << "no wimlib-imagex here";
  EXPECT_EQ(run("copy F:\\wof.dll F:\\plain.dll"), "");
  EXPECT_EQ(read("plain.dll"), as_text(mixed_bytes(100'000)));
  EXPECT_TRUE(details("plain.dll").streams.empty());
  EXPECT_EQ(stat("plain.dll").attributes, attribute::archive);
}

}  // namespace
}  // namespace drydock::script
