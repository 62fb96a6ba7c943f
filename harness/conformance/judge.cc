#include "harness/conformance/judge.h"

#include <fmt/format.h>
#include <libvhdi.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>

#include "harness/program.h"
#include "vhd/base/try.h"
#include "vhd/chain.h"

namespace drydock::conformance {

namespace {

namespace fs = std::filesystem;

// Disks up to this are looked at whole; of longer ones, what is around the runs.
constexpr std::uint64_t kWholeSizeMax = 16 << 20;
constexpr std::uint64_t kAround = 64 << 10;

// A disk as one of the readers shows it.
struct Disk {
  std::uint64_t size = 0;
  std::function<Done(std::uint64_t offset, MutableBytes into)> read;
};

// The bytes that the case wants at [begin, end).
ByteVector expected(const Case& one, std::uint64_t begin, std::uint64_t end) {
  ByteVector bytes(end - begin);
  for (const Run& run : one.runs) {
    std::uint64_t from = std::max(begin, run.offset);
    std::uint64_t to = std::min(end, run.offset + run.length);
    if (from < to) {
      std::memset(bytes.data() + (from - begin), static_cast<int>(run.value),
                  to - from);
    }
  }
  return bytes;
}

Judgement compare(const Case& one, const Disk& disk, std::uint64_t begin,
                  std::uint64_t end) {
  ByteVector wanted = expected(one, begin, end);
  ByteVector shown(wanted.size());
  if (auto done = disk.read(begin, shown); !done) {
    return {Verdict::wrong, done.error().describe()};
  }
  auto [differs, unused] = std::ranges::mismatch(shown, wanted);
  if (differs == shown.end()) return {};
  auto at = static_cast<std::uint64_t>(differs - shown.begin());
  return {Verdict::wrong, fmt::format("{:#04x} at {:#x}, and {:#04x} is there",
                                      std::to_integer<unsigned>(*differs), begin + at,
                                      std::to_integer<unsigned>(wanted[at]))};
}

Judgement judge_disk(const Case& one, const Disk& disk) {
  if (!one.opens) return {Verdict::accepts, "it is opened"};
  if (disk.size != one.virtual_size) {
    return {Verdict::wrong, fmt::format("a disk of {} bytes, and it has {}", disk.size,
                                        one.virtual_size)};
  }
  if (disk.size <= kWholeSizeMax) return compare(one, disk, 0, disk.size);
  Judgement judgement;
  for (const Run& run : one.runs) {
    std::uint64_t begin = run.offset - std::min(run.offset, kAround);
    std::uint64_t end = std::min(disk.size, run.offset + run.length + kAround);
    judgement = compare(one, disk, begin, end);
    if (judgement.verdict != Verdict::right) break;
  }
  return judgement;
}

Judgement refusal(const Case& one, std::string words) {
  return {one.opens ? Verdict::refuses : Verdict::right, std::move(words)};
}

Judgement judge_device(const Case& one, const BlockDevice& device) {
  return judge_disk(one, {.size = device.size(),
                          .read = [&](std::uint64_t offset, MutableBytes into) {
                            return device.read(offset, into);
                          }});
}

Result<Chain> open(const fs::path& image) {
  return open_chain(TRY(FileDevice::open(image)));
}

Judgement by_drydock(const Case& one, const fs::path& image) {
  auto chain = open(image);
  if (!chain) return refusal(one, chain.error().describe());
  return judge_device(one, *chain->image);
}

// It replays a log only into the file, when asked to repair.
Judgement by_qemu_img(const Case& one, const fs::path& image) {
  std::string format = image.extension() == ".vhd" ? "vpc" : "vhdx";
  fs::path copy = image, raw = image;
  copy.replace_extension(".qemu");
  raw.replace_extension(".raw");
  fs::copy_file(image, copy, fs::copy_options::overwrite_existing);
  if (format == "vhdx") {
    static_cast<void>(harness::run_program(
        {"qemu-img", "check", "-q", "-r", "all", "-f", format, copy.string()}));
  }
  auto converted = harness::run_program(
      {"qemu-img", "convert", "-f", format, "-O", "raw", copy.string(), raw.string()});
  if (!converted) return refusal(one, converted.error().words());
  auto disk = FileDevice::open(raw);
  if (!disk) return refusal(one, disk.error().describe());
  return judge_device(one, **disk);
}

// Files that libvhdi has open, the first one's parents after it.
class VhdiFiles {
 public:
  VhdiFiles() = default;
  VhdiFiles(const VhdiFiles&) = delete;
  VhdiFiles& operator=(const VhdiFiles&) = delete;
  ~VhdiFiles() {
    for (libvhdi_file_t* file : files_) {
      libvhdi_file_close(file, nullptr);
      libvhdi_file_free(&file, nullptr);
    }
  }

  bool open(const std::vector<fs::path>& paths) {
    for (const fs::path& path : paths) {
      libvhdi_file_t* file = nullptr;
      if (libvhdi_file_initialize(&file, nullptr) != 1) return false;
      files_.push_back(file);
      if (libvhdi_file_open(file, path.c_str(), LIBVHDI_OPEN_READ, nullptr) != 1) {
        return false;
      }
    }
    for (std::size_t i = files_.size() - 1; i-- > 0;) {
      if (libvhdi_file_set_parent_file(files_[i], files_[i + 1], nullptr) != 1) {
        return false;
      }
    }
    return true;
  }
  libvhdi_file_t* first() const { return files_.front(); }

 private:
  std::vector<libvhdi_file_t*> files_;
};

Judgement by_libvhdi(const Case& one, const fs::path& image) {
  std::vector<fs::path> paths;
  for (const File& file : one.files) paths.push_back(image.parent_path() / file.name);
  VhdiFiles files;
  if (!files.open(paths)) return refusal(one, "it isn't opened");
  Disk disk;
  if (libvhdi_file_get_media_size(files.first(), &disk.size, nullptr) != 1) {
    return refusal(one, "its size isn't told");
  }
  disk.read = [&](std::uint64_t offset, MutableBytes into) -> Done {
    while (!into.empty()) {
      ssize_t count =
          libvhdi_file_read_buffer_at_offset(files.first(), into.data(), into.size(),
                                             static_cast<off64_t>(offset), nullptr);
      if (count <= 0) return Error(Errc::io, fmt::format("no bytes at {:#x}", offset));
      offset += static_cast<std::uint64_t>(count);
      into = into.subspan(static_cast<std::size_t>(count));
    }
    return {};
  };
  return judge_disk(one, disk);
}

// "qemu-img version 7.2.22 (Debian ...)": the number.
std::string qemu_version() {
  auto words = harness::run_program({"qemu-img", "--version"});
  if (!words) return "";
  std::size_t at = words->find("version ");
  if (at == std::string::npos) return "";
  at += 8;
  return words->substr(at, words->find_first_of(" \n", at) - at);
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::right:
      return "right";
    case Verdict::wrong:
      return "wrong bytes";
    case Verdict::refuses:
      return "refuses";
    case Verdict::accepts:
      return "accepts";
  }
  return "";
}

std::vector<Reader> readers() {
  std::vector<Reader> readers = {{"drydock", by_drydock}};
  if (harness::have_program("qemu-img")) {
    readers.push_back({"qemu-img " + qemu_version(), by_qemu_img});
  }
  readers.push_back({fmt::format("libvhdi {}", libvhdi_get_version()), by_libvhdi});
  return readers;
}

Result<fs::path> write_files(const Case& one, const fs::path& folder) {
  for (const File& file : one.files) {
    fs::remove(folder / file.name);
    auto device =
        TRY(FileDevice::open(folder / file.name, {.writable = true, .create = true}));
    TRY(device->resize(file.bytes.size()));
    for (std::uint64_t at = 0; at < file.bytes.size(); at += kAround) {
      Bytes part =
          Bytes(file.bytes)
              .subspan(at, std::min<std::uint64_t>(kAround, file.bytes.size() - at));
      if (!is_zero(part)) TRY(device->write(at, part));
    }
  }
  return folder / one.files.front().name;
}

Result<std::string> make_table(const fs::path& folder) {
  std::vector<Reader> all = readers();
  std::vector<std::size_t> right(all.size());
  std::string head = "| case | what is in it | by | a reader must |";
  std::string rule = "|---|---|---|---|";
  for (const Reader& reader : all) {
    head += fmt::format(" {} |", reader.name);
    rule += "---|";
  }
  std::string rows;
  std::vector<Case> cases = all_cases();
  for (const Case& one : cases) {
    fs::path image = TRY(write_files(one, folder));
    rows += fmt::format("| {} | {} | {} | {} |", one.name, one.about, one.ground,
                        one.opens ? "show it" : "refuse it");
    for (std::size_t i = 0; i < all.size(); ++i) {
      Verdict verdict = all[i].judge(one, image).verdict;
      right[i] += verdict == Verdict::right ? 1 : 0;
      rows += fmt::format(" {} |", to_string(verdict));
    }
    rows += '\n';
  }
  rows += fmt::format("| **{} cases** | | | |", cases.size());
  for (std::size_t count : right) rows += fmt::format(" **{} right** |", count);
  return head + '\n' + rule + '\n' + rows + '\n';
}

}  // namespace drydock::conformance
