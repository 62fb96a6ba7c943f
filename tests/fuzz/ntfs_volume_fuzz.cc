// A whole NTFS volume through libntfs-3g, in the sandbox: whatever the library makes of
// a volume that is bent, the process that asked for it lives, and is told.
//
// Input: patches to a sound volume that mkntfs made and we filled -- four bytes for the
// place, one for how many bytes, then these -- and last a byte that chooses among the
// operations.  The first 64 file records are hit more often than the rest.
//
// A worker that crashed, hung or took too much is no finding: it is what the sandbox is
// for.  One that gave a name or a byte that can't be is.

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "harness/program.h"
#include "harness/work_folder.h"
#include "ntfs/ntfs/volume.h"
#include "repair/worker/worker.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/memory_device.h"

namespace drydock::ntfs {
namespace {

constexpr std::uint64_t kVolumeSize = 4 << 20;
constexpr std::uint64_t kRecordsSize = 64 * 1024;
constexpr std::uint64_t kReadSizeMax = 1 << 20;
constexpr int kNameCountMax = 500;
constexpr int kDepthMax = 8;
// How the worker says that something can't be.
constexpr int kImpossible = 3;

Result<ByteVector> make_volume() {
  auto folder = TRY(harness::WorkFolder::create());
  std::filesystem::path file = folder / "volume";
  TRY(harness::write_host_file(file, {}));
  std::filesystem::resize_file(file, kVolumeSize);
  TRY(harness::run_program({"mkntfs", "--quiet", "--fast", "--force", "--zero-time",
                            "--sector-size", "512", "--cluster-size", "1024",
                            "--partition-start", "0", "--heads", "255",
                            "--sectors-per-track", "63", file.string()}));
  auto device = std::make_shared<MemoryDevice>(TRY(harness::read_host_file(file)));
  auto volume =
      TRY(open(device, {.writable = true, .clock = [] { return FileTime(); }}));
  TRY(volume->create_directory("\\Folder"));
  for (int i = 0; i < 60; ++i) {  // more than a root of an index holds
    std::string name = "\\Folder\\a file of many " + std::to_string(i);
    TRY(volume->put(name,
                    bytes_of(std::string(static_cast<std::size_t>(i) * 97, 'x'))));
  }
  TRY(volume->put("\\large", bytes_of(std::string(200'000, 'y'))));
  TRY(volume->flush());
  return ByteVector(device->bytes().begin(), device->bytes().end());
}

const ByteVector& sound_volume() {
  static const ByteVector kVolume = [] {
    auto made = make_volume();
    if (!made) {
      std::fprintf(stderr, "no volume to start from: %s\n",
                   made.error().describe().c_str());
      std::abort();
    }
    return *std::move(made);
  }();
  return kVolume;
}

void patch(MutableBytes volume, Bytes input) {
  struct Head {
    le32 place;
    std::uint8_t length;
  };
  // $MFT's cluster is at +0x30 of the boot sector, which is still sound.
  std::uint64_t records = *load<le64>(sound_volume(), 0x30) * 1024;
  while (input.size() > sizeof(Head)) {
    Head head = *load<Head>(input);
    input = input.subspan(sizeof(Head));
    std::uint64_t place = head.place % 4 == 0 ? head.place / 4 % volume.size()
                                              : records + head.place / 4 % kRecordsSize;
    std::size_t length =
        std::min({std::size_t(head.length % 33), input.size(), volume.size() - place});
    std::memcpy(volume.data() + place, input.data(), length);
    input = input.subspan(length);
  }
}

struct Walk {
  const FileSystem& volume;
  int left = kNameCountMax;

  void visit(const std::string& folder, int depth) {
    auto directory = volume.find(folder);
    if (!directory) return;
    std::vector<std::string> names;
    Done listed = volume.list(*directory, [&](const Entry& entry) {
      if (entry.name.empty() || entry.name.find('\0') != std::string::npos) {
        std::_Exit(kImpossible);
      }
      names.push_back(entry.name);
      return --left > 0;
    });
    if (!listed) return;
    for (const std::string& name : names) {
      std::string path = folder + "\\" + name;
      auto file = volume.find(path);
      if (!file) continue;
      if (!file->is_directory()) {
        auto bytes = drydock::read_file(*file, kReadSizeMax);
        if (bytes && bytes->size() != file->stat().size) std::_Exit(kImpossible);
      } else if (depth < kDepthMax && left > 0) {
        visit(path, depth + 1);
      }
    }
  }
};

int work(const ByteVector& bytes, unsigned choice) {
  auto device = std::make_shared<MemoryDevice>(bytes);
  auto volume = open(device, {.writable = true, .clock = [] { return FileTime(); }});
  if (!volume) return 0;
  Walk{**volume}.visit("", 0);
  std::string path = "\\Folder\\a file of many " + std::to_string(choice % 64);
  static_cast<void>((*volume)->put(path, bytes_of(std::string(choice * 211, 'z'))));
  static_cast<void>((*volume)->rename(path, "\\another name"));
  static_cast<void>((*volume)->create_directory("\\Folder\\new"));
  static_cast<void>((*volume)->remove(choice % 2 == 0 ? "\\large" : "\\another name"));
  static_cast<void>((*volume)->facts());
  static_cast<void>((*volume)->flush());
  return 0;
}

}  // namespace
}  // namespace drydock::ntfs

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  if (size == 0) return 0;
  ByteVector bytes = ntfs::sound_volume();
  ntfs::patch(bytes, std::as_bytes(std::span(data, size - 1)));
  worker::Options options;
  options.limits = {.memory = std::uint64_t{256} << 20,
                    .time = std::chrono::seconds(5),
                    .without_io = std::chrono::seconds(5)};
  auto outcome =
      worker::run(options, [&] { return ntfs::work(bytes, data[size - 1]); });
  if (!outcome) std::abort();
  if (outcome->end != worker::End::finished) {
    std::fprintf(stderr, "contained: %s\n", outcome->words.c_str());
  } else if (outcome->exit_code != 0) {
    std::abort();
  }
  return 0;
}
