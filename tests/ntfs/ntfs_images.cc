#include "tests/ntfs/ntfs_images.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/run.h"
#include "vhd/base/endian.h"
#include "vhd/slice.h"

namespace drydock {

namespace {

RunResult shell(const std::string& line) { return run({"sh", "-c", line}); }

std::string sector_of(const Place& place) { return std::to_string(place.offset / 512); }

class WriteTrap final : public BlockDevice {
 public:
  explicit WriteTrap(DevicePtr below) : below_(std::move(below)) {}
  std::uint64_t size() const override { return below_->size(); }
  std::uint32_t sector_size() const override { return below_->sector_size(); }
  bool writable() const override { return true; }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    return below_->read(offset, into);
  }
  Done do_write(std::uint64_t offset, Bytes from) override {
    ADD_FAILURE() << "a write of " << from.size() << " bytes at " << offset;
    return Error(Errc::io, "this device doesn't like writes");
  }
  Done do_flush() override {
    ADD_FAILURE() << "a flush";
    return {};
  }
  DevicePtr below_;
};

void walk(const FileSystem& volume, const File& directory, const std::string& prefix,
          Tree& tree) {
  std::vector<Entry> entries;
  auto listed = volume.list(directory, [&](const Entry& entry) {
    entries.push_back(entry);
    return true;
  });
  EXPECT_TRUE(listed) << prefix << ": " << listed.error().describe();
  for (const Entry& entry : entries) {
    std::string path = prefix + entry.name;
    std::uint64_t record = entry.stat.id & 0xffff'ffff'ffff;
    bool is_directory = (entry.stat.attributes & attribute::directory) != 0;
    tree[path] = {.record = record, .directory = is_directory};
    if (entry.stat.kind != FileKind::directory) continue;
    auto below = volume.find(path);
    EXPECT_TRUE(below) << below.error().describe();
    if (below) walk(volume, *below, path + "/", tree);
  }
}

}  // namespace

bool make_ntfs(const std::filesystem::path& file, std::uint64_t size,
               const std::vector<std::string>& mkntfs) {
  std::ofstream(file).close();
  std::filesystem::resize_file(file, size);
  std::vector<std::string> words{"mkntfs", "-Q", "-F", "-T", "-q"};
  words.insert(words.end(), mkntfs.begin(), mkntfs.end());
  words.push_back(file.string());
  RunResult result = run(words);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.exit_code == 0;
}

bool unpack(const std::filesystem::path& packed, const std::filesystem::path& file) {
  std::string extension = packed.extension();
  if (extension == ".qcow2") {
    RunResult result =
        run({"qemu-img", "convert", "-O", "raw", packed.string(), file.string()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.exit_code == 0;
  }
  std::string tool = extension == ".gz"    ? "gzip -dc '"
                     : extension == ".xz"  ? "xz -dc '"
                     : extension == ".zip" ? "unzip -p '"
                                           : "cat '";
  RunResult result = shell(tool + packed.string() +
                           "' | cp --sparse=always /dev/stdin '" + file.string() + "'");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.exit_code == 0;
}

DevicePtr open_place(const Place& place, FileOptions options) {
  auto file = FileDevice::open(place.file, options);
  EXPECT_TRUE(file) << file.error().describe();
  if (!file) return nullptr;
  if (place.offset == 0) return *file;
  auto slice = Slice::create(*file, place.offset, (*file)->size() - place.offset);
  return slice ? *slice : nullptr;
}

// A line of fls is "r/r 64-128-2:<tab>a/b", or with "a/b:stream" for another
// stream of the same file; "r/-" or "(realloc)" where it found the name in an
// index block that is free, which it reads all the same.
Tree tree_by_fls(const Place& place) {
  RunResult result =
      run({"fls", "-r", "-p", "-u", "-o", sector_of(place), place.file.string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  Tree tree;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    std::size_t tab = line.find('\t');
    if (tab == std::string::npos || line[0] == 'V' || line[0] == '-') continue;
    if (line[2] == '-' || line.find("(realloc)") < tab) continue;
    std::string path = line.substr(tab + 1);
    std::uint64_t record = std::strtoull(line.c_str() + 4, nullptr, 10);
    if (record < 24 || path.find(':') != std::string::npos) continue;
    if (path.starts_with("$Extend/") || path.starts_with("$OrphanFiles")) continue;
    tree[path] = {.record = record, .directory = line[0] == 'd'};
  }
  return tree;
}

Tree tree_by_us(const FileSystem& volume) {
  Tree tree;
  auto root = volume.find("");
  EXPECT_TRUE(root) << root.error().describe();
  if (root) walk(volume, *root, "", tree);
  return tree;
}

ByteVector data_by_icat(const Place& place, std::uint64_t record) {
  RunResult result = run(
      {"icat", "-o", sector_of(place), place.file.string(), std::to_string(record)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  Bytes bytes = bytes_of(std::string_view(result.out));
  return {bytes.begin(), bytes.end()};
}

std::string data_by_7z(const Place& place, const std::string& path) {
  EXPECT_EQ(place.offset, 0u);
  return run({"7z", "e", "-so", "-tntfs", place.file.string(), path}).out;
}

std::string data_by_grub(const Place& place, const std::string& path) {
  EXPECT_EQ(place.offset, 0u);
  return run({"grub-fstest", place.file.string(), "cat", "(loop0)/" + path}).out;
}

std::string paths_by_libfsntfs(const Place& place) {
  RunResult result = run(
      {"fsntfsinfo", "-o", std::to_string(place.offset), "-H", place.file.string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.out;
}

std::string difference(const Tree& ours, const Tree& theirs) {
  std::string text;
  for (const auto& [path, found] : ours) {
    auto other = theirs.find(path);
    if (other == theirs.end()) {
      text += "only we have " + path + "\n";
    } else if (!(other->second == found)) {
      text += fmt::format("{}: record {} here, {} there\n", path, found.record,
                          other->second.record);
    }
  }
  for (const auto& [path, found] : theirs) {
    if (!ours.contains(path)) text += "only they have " + path + "\n";
  }
  return text;
}

std::vector<std::string> files_that_differ(const FileSystem& volume, const Place& place,
                                           const Tree& tree) {
  std::vector<std::string> paths;
  for (const auto& [path, found] : tree) {
    if (found.directory) continue;
    auto file = volume.find(path);
    auto bytes = file ? read_file(*file, 1 << 30) : Result<ByteVector>(ByteVector());
    if (!bytes || *bytes != data_by_icat(place, found.record)) paths.push_back(path);
  }
  return paths;
}

// The volume is filled, and room is made again cluster by cluster.
void put_in_pieces(FileSystem& volume, const std::string& path, int count) {
  auto filler = [](int i) { return fmt::format("filler {}", i); };
  VolumeFacts facts = *volume.facts();
  std::uint64_t room = (3 * count + 50) * std::uint64_t{facts.cluster_size};
  ASSERT_GT(facts.free, room);
  ASSERT_TRUE(volume.put("ballast", ByteVector(facts.free - room)));
  ByteVector cluster(facts.cluster_size, std::byte{3});
  int fillers = 0;
  while (volume.put(filler(fillers), cluster)) ++fillers;
  // Some always are free beside the next one, for the attribute list's own.
  constexpr int kSpare = 10;
  int removed = 2 * (count + kSpare);
  ASSERT_GE(fillers, removed);
  for (int i = 0; i < 2 * kSpare; i += 2) ASSERT_TRUE(volume.remove(filler(i)));
  DevicePtr data = *volume.put(path, {})->data();
  for (int i = 0; i < count; ++i) {
    ASSERT_TRUE(volume.remove(filler(2 * (i + kSpare))));
    auto grown = data->resize((i + 1) * std::uint64_t{facts.cluster_size});
    ASSERT_TRUE(grown) << i << ": " << grown.error().describe();
  }
  for (int i = 0; i < fillers; ++i) {
    bool is_there = i % 2 != 0 || i >= removed;
    EXPECT_TRUE(!is_there || volume.remove(filler(i)));
  }
  EXPECT_TRUE(volume.remove("ballast"));
}

Place copy_of(const Place& place) {
  Place copy{place.file.string() + ".copy", place.offset};
  RunResult result =
      run({"cp", "--sparse=always", place.file.string(), copy.file.string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return copy;
}

Place cut_out(const Place& place) {
  Place cut{place.file.string() + ".volume"};
  // Its size in sectors is at +0x28 of the boot sector, whose copy comes after.
  le64 sector_count;
  auto device = open_place(place);
  EXPECT_TRUE(device->read(0x28, std::as_writable_bytes(std::span(&sector_count, 1))));
  RunResult result = run({"dd", "if=" + place.file.string(), "of=" + cut.file.string(),
                          "bs=64K", "iflag=skip_bytes,count_bytes", "conv=sparse",
                          "skip=" + std::to_string(place.offset),
                          "count=" + std::to_string((sector_count + 1) * 512)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::filesystem::resize_file(cut.file, (sector_count + 1) * 512);
  return cut;
}

void expect_sound(const Place& place) {
  ASSERT_EQ(place.offset, 0u);
  RunResult resize = run(
      {"ntfsresize", "--info", "--force", "--no-progress-bar", place.file.string()});
  EXPECT_EQ(resize.exit_code, 0) << resize.out << resize.err;
  RunResult fix = run({"ntfsfix", "-n", place.file.string()});
  EXPECT_EQ(fix.exit_code, 0) << fix.out << fix.err;
}

DevicePtr write_trap(DevicePtr below) {
  return std::make_shared<WriteTrap>(std::move(below));
}

}  // namespace drydock
