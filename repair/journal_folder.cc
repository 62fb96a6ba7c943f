#include "repair/journal_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "vhd/base/try.h"
#include "vhd/file_device.h"

namespace drydock::repair {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kExtension = ".drydock";

Error host_error(std::string_view verb, const std::error_code& problem) {
  return Error(Errc::io,
               fmt::format("the host's {} says: {}", verb, problem.message()));
}

class FolderOfImage final : public JournalFolder {
 public:
  explicit FolderOfImage(fs::path image) : image_(std::move(image)) {}

  Result<std::vector<std::uint64_t>> list() const override {
    std::vector<std::uint64_t> numbers;
    std::error_code problem;
    std::string image = image_.filename().string();
    fs::directory_iterator entry(image_.parent_path(), problem);
    for (; !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
      auto number = parse_journal_name(image, entry->path().filename().string());
      if (number) numbers.push_back(*number);
    }
    if (problem) {
      return host_error("directory listing", problem).in(image_.parent_path().string());
    }
    std::ranges::sort(numbers);
    return numbers;
  }

  Result<DevicePtr> open(std::uint64_t number) const override {
    return TRY(FileDevice::open(path_of(number)));
  }
  Result<DevicePtr> open_for_writing(std::uint64_t number) override {
    return TRY(FileDevice::open(path_of(number), {.writable = true}));
  }

  Result<DevicePtr> create(std::uint64_t number) override {
    fs::path path = path_of(number);
    auto file = FileDevice::open(path, {.writable = true, .create = true});
    if (!file) {
      if (file.error().code() != Errc::read_only) return std::move(file).error();
      return Error(Errc::read_only,
                   "the journal goes beside the image, and the host doesn't let this "
                   "user make a file there")
          .in(path.string());
    }
    // It will hold what the image holds -- password hashes, too -- and is not to
    // be read by anybody who may not read that.
    std::error_code problem;
    fs::perms allowed = fs::status(image_, problem).permissions();
    constexpr fs::perms kReadWrite = static_cast<fs::perms>(0666);
    if (!problem) fs::permissions(path, allowed & kReadWrite, problem);
    if (problem) {
      fs::remove(path, problem);
      return host_error("chmod", problem).in(path.string());
    }
    return DevicePtr(std::move(*file));
  }

  Done remove(std::uint64_t number) override {
    std::error_code problem;
    if (fs::remove(path_of(number), problem)) return {};
    if (!problem) return Error(Errc::not_found, "there is no such journal");
    return host_error("unlink", problem).in(describe(number));
  }

  Done flush() override { return flush_directory(image_.parent_path()); }

  std::string describe(std::uint64_t number) const override {
    return path_of(number).string();
  }

 private:
  fs::path path_of(std::uint64_t number) const {
    return image_.parent_path() / journal_name(image_.filename().string(), number);
  }

  fs::path image_;  // absolute, without links
};

}  // namespace

std::string journal_name(std::string_view image, std::uint64_t number) {
  return fmt::format("{}.{:04}{}", image, number, kExtension);
}

std::optional<std::uint64_t> parse_journal_name(std::string_view image,
                                                std::string_view name) {
  if (!name.starts_with(image) || !name.ends_with(kExtension)) return std::nullopt;
  if (name.size() < image.size() + 1 + kExtension.size()) return std::nullopt;
  name.remove_prefix(image.size());
  name.remove_suffix(kExtension.size());
  if (!name.starts_with('.')) return std::nullopt;
  name.remove_prefix(1);
  std::uint64_t number = 0;
  auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (problem != std::errc() || end != name.data() + name.size()) return std::nullopt;
  // Only the spelling that we write: "00001" and "0000" are somebody else's.
  if (number == 0 || fmt::format("{:04}", number) != name) return std::nullopt;
  return number;
}

Result<std::unique_ptr<JournalFolder>> journals_beside(const fs::path& image) {
  std::error_code problem;
  fs::path file = fs::canonical(image, problem);
  if (problem == std::errc::no_such_file_or_directory) {
    return Error(Errc::not_found, "there is no such file").in(image.string());
  }
  if (problem) return host_error("realpath", problem).in(image.string());
  if (fs::is_block_file(file, problem)) {
    return Error(Errc::unsupported,
                 "beside a block device of the host no journal would outlive a power "
                 "cut, so that it can't be changed safely; copy it into a file")
        .in(image.string());
  }
  return std::make_unique<FolderOfImage>(std::move(file));
}

}  // namespace drydock::repair
