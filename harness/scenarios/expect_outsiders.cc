// What programs that aren't ours read in the mended disk: sleuthkit, 7z and GRUB in
// NTFS, none of which stands on libntfs-3g, and mtools in FAT.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/images/container.h"
#include "harness/images/mtools.h"
#include "harness/program.h"
#include "harness/scenarios/expectation.h"
#include "harness/work_folder.h"
#include "repair/view.h"
#include "vhd/base/try.h"
#include "vhd/file_device.h"
#include "vhd/slice.h"

namespace drydock::scenarios {

namespace {

using harness::run_program;

// A file of a story is a small one.
constexpr std::uint64_t kFileSizeMax = 64 << 20;

// A volume of the disk in a file of its own, and the file in it that is meant.
struct Sought {
  const harness::WorkFolder& work;
  std::filesystem::path volume;
  std::string path;  // "/Windows/win.ini"
};

ByteVector bytes_in(std::string_view text) {
  Bytes bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

Result<ByteVector> by_sleuthkit(const Sought& sought) {
  std::string record =
      TRY(run_program({"ifind", "-f", "ntfs", "-n", sought.path, sought.volume}));
  record.resize(record.find_last_not_of('\n') + 1);
  return bytes_in(TRY(run_program({"icat", "-f", "ntfs", sought.volume, record})));
}

Result<ByteVector> by_7z(const Sought& sought) {
  std::filesystem::path folder = sought.work / "7z";
  TRY(run_program({"7z", "e", "-y", "-tntfs", "-o" + folder.string(), sought.volume,
                   sought.path.substr(1)}));
  return harness::read_host_file(folder /
                                 std::filesystem::path(sought.path).filename());
}

Result<ByteVector> by_grub(const Sought& sought) {
  return bytes_in(
      TRY(run_program({"grub-fstest", sought.volume, "cat", "(loop0)" + sought.path})));
}

Result<ByteVector> by_mtools(const Sought& sought) {
  std::string path = sought.path;
  std::ranges::replace(path, '/', '\\');
  TRY(images::Mtools(sought.volume, 0).get(path, sought.work / "mtools"));
  TRY(run_program({"fsck.fat", "-n", sought.volume}));
  return harness::read_host_file(sought.work / "mtools");
}

struct Outsider {
  std::string_view file_system;
  std::string_view name;
  std::string_view program;
  Result<ByteVector> (*read)(const Sought& sought);
};
constexpr Outsider kOutsiders[] = {
    {"ntfs", "sleuthkit", "icat", by_sleuthkit},
    {"ntfs", "7z", "7z", by_7z},
    {"ntfs", "GRUB", "grub-fstest", by_grub},
    {"fat32", "mtools", "mtools", by_mtools},
};

// 'C:\Windows\x is read the same'
class ExpectOutsiders final : public Expectation {
 public:
  ExpectOutsiders(std::string text, std::string path)
      : Expectation(std::move(text)), path_(std::move(path)) {}

  Result<std::string> check(const Stage& stage) const override {
    repair::View view = TRY(repair::open_view(stage.image));
    auto disk = TRY(repair::open_disk(view));
    repair::GuestPath path = TRY(disk->resolve(path_));
    FileSystemPtr volume = TRY(disk->volume(path.partition));
    File file = TRY(volume->find(path.path));
    ByteVector ours = TRY(read_file(file, kFileSizeMax));
    harness::WorkFolder work = TRY(harness::WorkFolder::create());
    Sought sought{.work = work, .volume = work / "volume.raw", .path = path.path};
    std::ranges::replace(sought.path, '\\', '/');
    const partition::Partition* place = disk->find_partition(path.partition);
    if (place == nullptr) return Error(Errc::not_found, "it isn't in a partition");
    TRY(save(*TRY(Slice::create(view.device, place->offset, place->size)),
             sought.volume));
    return ask(TRY(disk->file_system(path.partition)), ours, sought);
  }

 private:
  static Done save(const BlockDevice& volume, const std::filesystem::path& to) {
    auto file = TRY(FileDevice::open(to, {.writable = true, .create = true}));
    TRY(file->resize(volume.size()));
    return images::copy_content(volume, *file, 0);
  }

  // Who isn't here isn't asked, and says so; one at least must be.
  Result<std::string> ask(std::string_view file_system, Bytes ours,
                          const Sought& sought) const {
    std::vector<std::string> words;
    bool any = false;
    for (const Outsider& outsider : kOutsiders) {
      if (outsider.file_system != file_system) continue;
      if (!harness::have_program(std::string(outsider.program))) {
        words.push_back(fmt::format("{} isn't installed", outsider.program));
        continue;
      }
      ByteVector theirs = TRY(outsider.read(sought).in(outsider.name));
      if (!std::ranges::equal(theirs, ours)) {
        return Error(Errc::corrupt,
                     fmt::format("{} reads {} bytes of {}, and not our {}",
                                 outsider.name, theirs.size(), path_, ours.size()));
      }
      words.emplace_back(outsider.name);
      any = true;
    }
    if (!any) return Error(Errc::not_found, "nobody else here reads " + path_);
    return fmt::format("{}", fmt::join(words, ", "));
  }

  std::string path_;
};

}  // namespace

Result<ExpectationPtr> expect_outsiders(std::string_view text) {
  Sentence sentence = TRY(split_sentence(text));
  if (sentence.object != "read the same") {
    return Error(Errc::bad_argument,
                 fmt::format("'{}' isn't 'PATH is read the same'", text));
  }
  return std::make_shared<const ExpectOutsiders>("outsiders: " + std::string(text),
                                                 sentence.subject);
}

}  // namespace drydock::scenarios
