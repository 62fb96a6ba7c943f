#include "tests/ntfs/fat_images.h"

#include <fmt/format.h>

#include <fstream>

#include "ntfs/fat/volume.h"
#include "vhd/file_device.h"

namespace drydock {

namespace {

// Deeper than any test goes; a loop in a directory would go on forever.
constexpr int kDepthMax = 20;

void collect(const FileSystem& volume, const std::string& folder, int depth,
             Contents& contents) {
  ASSERT_LT(depth, kDepthMax) << folder;
  auto directory = volume.find(folder);
  ASSERT_TRUE(directory) << directory.error().describe();
  std::vector<Entry> entries;
  Done listed = volume.list(*directory, [&](const Entry& entry) {
    entries.push_back(entry);
    return true;
  });
  ASSERT_TRUE(listed) << listed.error().describe();
  for (const Entry& entry : entries) {
    std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    bool is_directory = entry.stat.kind == FileKind::directory;
    contents[path] = is_directory ? "/" : text_of(volume, path);
    if (is_directory) collect(volume, path, depth + 1, contents);
  }
}

}  // namespace

void FatVolume::SetUp() {
  for (const char* program : {"mkfs.fat", "fsck.fat", "mcopy"}) {
    if (!have_program(program)) GTEST_SKIP() << program << " isn't installed";
  }
  format(kSize, {"-F", "32", "-s", "1"});
}

void FatVolume::format(std::uint64_t size, const std::vector<std::string>& words) {
  std::ofstream(path_).close();
  std::filesystem::resize_file(path_, 0);
  std::filesystem::resize_file(path_, size);
  std::vector<std::string> command{"mkfs.fat", "-i", "1234abcd", "-n", "SYSTEM"};
  command.insert(command.end(), words.begin(), words.end());
  command.push_back(path_.string());
  RunResult result = run(command);
  ASSERT_EQ(result.exit_code, 0) << result.err;
}

DevicePtr FatVolume::file() const {
  if (DevicePtr known = file_.lock()) return known;
  auto device = FileDevice::open(path_, {.writable = true});
  EXPECT_TRUE(device) << device.error().describe();
  file_ = *device;
  return *device;
}

FileSystemPtr FatVolume::open() const {
  auto volume =
      fat::open(file(), {.writable = true, .clock = [] { return kTestTime; }});
  EXPECT_TRUE(volume) << volume.error().describe();
  return *volume;
}

std::string FatVolume::fsck() const {
  RunResult result = run({"fsck.fat", "-n", "-v", path_.string()});
  return result.exit_code == 0 ? "clean" : result.out + result.err;
}

RunResult FatVolume::mtools(std::vector<std::string> words) const {
  words.insert(words.begin() + 1, {"-i", path_.string()});
  words.insert(words.begin(), {"env", "LC_ALL=C.UTF-8", "TZ=UTC"});
  return run(words);
}

std::string FatVolume::mtype(const std::string& name) const {
  RunResult result = mtools({"mtype", "::" + name});
  return result.exit_code == 0 ? result.out : result.err;
}

void FatVolume::mcopy(const std::string& content, const std::string& name) const {
  std::filesystem::path source = folder_ / "source";
  std::ofstream(source, std::ios::binary) << content;
  RunResult result = mtools({"mcopy", "-o", source.string(), "::" + name});
  ASSERT_EQ(result.exit_code, 0) << result.err;
}

std::string text_of(const FileSystem& volume, std::string_view path) {
  constexpr std::uint64_t kSizeMax = 16 << 20;
  auto file = volume.find(path);
  if (!file) return describe(file);
  auto bytes = read_file(*file, kSizeMax);
  return bytes ? std::string(as_text(*bytes)) : describe(bytes);
}

Contents contents_of(const FileSystem& volume) {
  Contents contents;
  collect(volume, "", 0, contents);
  return contents;
}

std::string describe(const Done& done) {
  if (done) return "fine";
  return fmt::format("{}: {}", to_string(done.error().code()), done.error().describe());
}

}  // namespace drydock
