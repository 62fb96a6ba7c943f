#include "tests/repair/windows_disk.h"

#include <fstream>

#include "harness/images/build.h"
#include "harness/images/hive_file.h"
#include "harness/work_folder.h"
#include "ntfs/file.h"
#include "tests/support/run.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/file_device.h"

namespace drydock::repair {

namespace {

constexpr std::uint64_t kFileSizeMax = std::uint64_t{64} << 20;

// The disk of all tests.
struct Built {
  Built() {
    images::Spec spec;
    spec.size = 160 * images::kMiB;
    spec.recovery_size = 16 * images::kMiB;
    layout = images::build_raw(spec, 1, raw);
  }
  TempFolder folder;
  std::filesystem::path raw = folder / "disk.raw";
  Result<images::Layout> layout = Error(Errc::not_found, "not built yet");
};

const Built& built() {
  static const Built once;
  return once;
}

}  // namespace

std::string WindowsDisk::unable() {
  for (const char* program :
       {"sfdisk", "mkfs.fat", "mcopy", "mkntfs", "hivexget", "hivexsh"}) {
    if (!have_program(program)) return std::string(program) + " isn't installed";
  }
  return {};
}

WindowsDisk::WindowsDisk() {
  const auto& layout = built().layout;
  if (!layout) {
    ADD_FAILURE() << layout.error().describe();
    return;
  }
  auto file = FileDevice::open(built().raw);
  if (!file) {
    ADD_FAILURE() << file.error().describe();
    return;
  }
  overlay_ = std::make_shared<Overlay>(*file);
}

const images::Layout& WindowsDisk::layout() const { return *built().layout; }
const images::Ids& WindowsDisk::ids() const { return layout().ids; }

std::unique_ptr<Disk> WindowsDisk::open() const {
  auto disk = Disk::open(overlay_);
  EXPECT_TRUE(disk) << disk.error().describe();
  return disk ? *std::move(disk) : nullptr;
}

std::unique_ptr<Disk> WindowsDisk::open_writable() const {
  auto disk = Disk::open(
      overlay_, {.writable = true, .clock = [] { return images::kBuildTime; }});
  EXPECT_TRUE(disk) << disk.error().describe();
  return disk ? *std::move(disk) : nullptr;
}

ByteVector WindowsDisk::read(const std::string& path) const {
  auto read = [&]() -> Result<ByteVector> {
    auto disk = open();
    GuestPath place = TRY(disk->resolve(path));
    return read_file(TRY(TRY(disk->volume(place.partition))->find(place.path)),
                     kFileSizeMax);
  };
  auto bytes = read();
  EXPECT_TRUE(bytes) << bytes.error().describe();
  return bytes ? *std::move(bytes) : ByteVector();
}

void WindowsDisk::put(const std::string& path, Bytes content) {
  auto put = [&]() -> Done {
    auto disk = open_writable();
    GuestPath place = TRY(disk->resolve(path));
    static_cast<void>(
        TRY(TRY(disk->volume(place.partition))->put(place.path, content)));
    return disk->flush();
  };
  Done done = put();
  EXPECT_TRUE(done) << done.error().describe();
}

ByteVector WindowsDisk::read_damaged(const std::string& path) const {
  constexpr std::size_t kRootCell = 4096 + 0x20;
  ByteVector bytes = read(path);
  EXPECT_TRUE(store(bytes, kRootCell, le32(5)));  // no size that a cell has
  return bytes;
}

std::filesystem::path WindowsDisk::take_out(const std::string& path,
                                            const std::string& name) const {
  std::filesystem::path file = folder_ / name;
  Done done = harness::write_host_file(file, read(path));
  EXPECT_TRUE(done) << done.error().describe();
  return file;
}

void WindowsDisk::edit_hive(const std::string& path, const std::string& text) {
  std::filesystem::path file = take_out(path, "hive");
  Done done = images::edit_hive(file, text, images::words_of(layout()));
  ASSERT_TRUE(done) << done.error().describe();
  auto bytes = harness::read_host_file(file);
  ASSERT_TRUE(bytes) << bytes.error().describe();
  put(path, *bytes);
}

void WindowsDisk::run_hivexsh(const std::string& path, const std::string& script) {
  std::filesystem::path file = take_out(path, "hive");
  std::filesystem::path commands = folder_ / "commands";
  std::ofstream(commands) << script << "\ncommit\n";
  RunResult ran = run({"hivexsh", "-w", "-f", commands.string(), file.string()});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  auto bytes = harness::read_host_file(file);
  ASSERT_TRUE(bytes) << bytes.error().describe();
  put(path, *bytes);
}

std::filesystem::path WindowsDisk::save() {
  std::filesystem::path raw = folder_ / "disk.raw";
  RunResult copied = run({"cp", "--sparse=always", built().raw.string(), raw.string()});
  EXPECT_EQ(copied.exit_code, 0) << copied.err;
  auto write = [&]() -> Done {
    DevicePtr file = TRY(FileDevice::open(raw, {.writable = true}));
    for (const Overlay::Change& change : TRY(overlay_->changes())) {
      TRY(file->write(change.offset, change.after));
    }
    return file->flush();
  };
  Done done = write();
  EXPECT_TRUE(done) << done.error().describe();
  return raw;
}

std::string hivexget(const std::filesystem::path& hive, const std::string& key,
                     const std::string& value) {
  RunResult got = run({"hivexget", hive.string(), key, value});
  EXPECT_EQ(got.exit_code, 0) << got.err;
  while (got.out.ends_with('\n')) got.out.pop_back();
  return got.out;
}

}  // namespace drydock::repair
