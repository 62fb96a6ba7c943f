#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "harness/images/container.h"
#include "harness/program.h"
#include "harness/scenarios/change.h"
#include "harness/scenarios/given.h"
#include "harness/work_folder.h"
#include "ntfs/ntfs/volume.h"
#include "vhd/base/checked.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/file_device.h"
#include "vhd/slice.h"

namespace drydock::scenarios {

namespace {

namespace fs = std::filesystem;

// WOF's reparse point, as [MS-FSCC] 2.1.2.1 has them: the tag, the size of what
// follows, then version 1 of WOF's, provider 2 (files), version 1 of that provider's,
// and 0: XPRESS in chunks of 4 KiB.
constexpr std::uint32_t kWofTag = 0x80000017;
constexpr std::uint32_t kWofFields[] = {1, 2, 1, 0};
constexpr std::size_t kWofChunkSize = 4096;

// ntfs-3g lets go of the file some time after umount has returned.
constexpr auto kPatience = std::chrono::milliseconds(50);
constexpr int kPatienceCount = 100;

void append(ByteVector& bytes, Bytes more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

Done set_attribute(const fs::path& path, const char* name, Bytes value) {
  if (::lsetxattr(path.c_str(), name, value.data(), value.size(), 0) == 0) return {};
  return Error(Errc::io, fmt::format("{}: {}", name, std::strerror(errno)))
      .in(path.string());
}

ByteVector wof_reparse_point() {
  ByteVector point;
  append(point, bytes_of(le32{kWofTag}));
  append(point, bytes_of(le32{sizeof(kWofFields)}));
  for (std::uint32_t field : kWofFields) append(point, bytes_of(le32{field}));
  return point;
}

// Where each chunk but the first starts, then the chunks; one that isn't smaller than
// what it stands for is stored.
ByteVector wof_stream(Bytes content) {
  ByteVector stream;
  std::uint64_t count = checked::div_up(content.size(), kWofChunkSize);
  for (std::uint64_t i = 1; i < count; ++i) {
    append(stream, bytes_of(le32{static_cast<std::uint32_t>(i * kWofChunkSize)}));
  }
  append(stream, content);
  return stream;
}

Done write_wof(const fs::path& file, Bytes content) {
  TRY(harness::write_host_file(file, {}));
  std::error_code failed;
  fs::resize_file(file, content.size(), failed);
  if (failed) return Error(Errc::io, failed.message()).in(file.string());
  TRY(harness::write_host_file(file.string() + ":WofCompressedData",
                               wof_stream(content)));
  return set_attribute(file, "system.ntfs_reparse_data", wof_reparse_point());
}

Done write_one(const Given& given, const fs::path& root) {
  std::string relative = given.path.substr(given.path.find_first_not_of('\\'));
  std::ranges::replace(relative, '\\', '/');
  fs::path file = root / relative;
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  if (failed) return Error(Errc::io, failed.message()).in(file.string());
  Bytes content = bytes_of(std::string_view(given.text));
  if (given.way == Given::Way::wof) return write_wof(file, content);
  TRY(set_attribute(file.parent_path(), "system.ntfs_attrib",
                    bytes_of(le32{attribute::directory | attribute::compressed})));
  return harness::write_host_file(file, content);
}

Done write_all(const std::vector<Given>& given, const fs::path& volume,
               const fs::path& mount) {
  std::error_code ignored;
  fs::create_directory(mount, ignored);
  TRY(harness::run_program({"ntfs-3g", "-o", "compression,streams_interface=windows",
                            volume.string(), mount.string()}));
  Done done;
  for (const Given& one : given) {
    done = write_one(one, mount);
    if (!done) break;
  }
  TRY(harness::run_program({"umount", mount.string()}));
  return done;
}

// That the driver did what it was asked for.
Done check_kept(const std::vector<Given>& given, const DevicePtr& volume) {
  FileSystemPtr files = TRY(ntfs::open(volume));
  for (const Given& one : given) {
    std::string_view wanted = one.way == Given::Way::wof ? "WOF" : "LZNT1";
    Details details = TRY(TRY(files->find(one.path)).details());
    if (details.stored.starts_with(wanted)) continue;
    return Error(Errc::corrupt, fmt::format("ntfs-3g keeps it as {}, and not as {}",
                                            details.stored, wanted))
        .in(one.path);
  }
  return {};
}

Result<std::shared_ptr<FileDevice>> open_released(const fs::path& file) {
  for (int i = 0;; ++i) {
    auto device = FileDevice::open(file, {.writable = true});
    if (device || i == kPatienceCount) return device;
    std::this_thread::sleep_for(kPatience);
  }
}

}  // namespace

std::string unable_to_mount() {
  for (const char* program : {"ntfs-3g", "umount"}) {
    if (!harness::have_program(program)) return fmt::format("no {} here", program);
  }
  bool may = ::geteuid() == 0 && ::access("/dev/fuse", R_OK | W_OK) == 0;
  return may ? "" : "nothing can be mounted here";
}

Done write_given(const std::vector<Given>& given, const fs::path& raw,
                 const images::Layout& layout, const fs::path& work) {
  fs::path file = work / "given.raw";
  {
    auto volume = TRY(FileDevice::open(file, {.writable = true, .create = true}));
    TRY(volume->resize(layout.windows.size));
    DevicePtr disk = TRY(FileDevice::open(raw));
    DevicePtr slice =
        TRY(Slice::create(std::move(disk), layout.windows.offset, layout.windows.size));
    TRY(images::copy_content(*slice, *volume, 0));
  }
  TRY(write_all(given, file, work / "given"));
  DevicePtr volume = TRY(open_released(file));
  TRY(check_kept(given, volume));
  auto disk = TRY(FileDevice::open(raw, {.writable = true}));
  TRY(disk->zero(layout.windows.offset, layout.windows.size));
  return images::copy_content(*volume, *disk, layout.windows.offset);
}

}  // namespace drydock::scenarios
