#include "repair/hive_logs.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock::repair {

Result<std::vector<hive::LogFile>> read_hive_logs(const FileSystem& volume,
                                                  std::string_view path) {
  std::vector<hive::LogFile> logs;
  for (std::string_view suffix : kLogSuffixes) {
    std::string whole = fmt::format("{}{}", path, suffix);
    std::string name = whole.substr(whole.rfind('\\') + 1);
    Result<File> file = volume.find(whole);
    if (!file && file.error().code() == Errc::not_found) continue;
    if (!file) return std::move(file).error().in(name);
    if (file->is_directory()) continue;
    DevicePtr data = TRY(file->data().in(name));
    if (data->size() > hive::kLogSizeMax) {
      return Error(Errc::corrupt,
                   fmt::format("a log of {} bytes is larger than any", data->size()))
          .in(name);
    }
    ByteVector bytes =
        TRY(read_bytes(*data, 0, data->size(), hive::kLogSizeMax).in(name));
    logs.push_back({.name = std::move(name), .bytes = std::move(bytes)});
  }
  return logs;
}

Result<hive::Hive> open_hive(const FileSystem& volume, std::string_view path) {
  DevicePtr data = TRY(TRY(volume.find(path)).data());
  return hive::Hive::open(*data, [&] { return read_hive_logs(volume, path); });
}

Result<hive::Hive> open_hive(const Disk& disk, const GuestPath& path) {
  FileSystemPtr volume = TRY(disk.volume(path.partition));
  return open_hive(*volume, path.path).in(disk.show(path));
}

Result<std::uint32_t> greatest_log_sequence(const FileSystem& volume,
                                            std::string_view path) {
  std::uint32_t greatest = 0;
  for (const hive::LogFile& log : TRY(read_hive_logs(volume, path))) {
    greatest = std::max(greatest, hive::greatest_sequence(log.bytes));
  }
  return greatest;
}

}  // namespace drydock::repair
