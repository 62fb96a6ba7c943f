#include "repair/cli/second_reader.h"

#include <fmt/format.h>
#include <libvhdi.h>

#include <array>

#include "vhd/base/try.h"
#include "vhd/compare.h"

namespace drydock::cli {

namespace {

// What libvhdi says went wrong; takes `error`.
Error reader_error(std::string_view verb, libvhdi_error_t* error) {
  std::array<char, 512> words{};
  if (error != nullptr) libvhdi_error_sprint(error, words.data(), words.size());
  libvhdi_error_free(&error);
  return Error(Errc::io, fmt::format("libvhdi doesn't {} it: {}", verb, words.data()));
}

// The disk as libvhdi shows it.
class VhdiDisk final : public BlockDevice {
 public:
  static Result<std::unique_ptr<VhdiDisk>> open(const std::string& path) {
    std::unique_ptr<VhdiDisk> disk(new VhdiDisk);
    libvhdi_error_t* error = nullptr;
    if (libvhdi_file_initialize(&disk->file_, &error) != 1 ||
        libvhdi_file_open(disk->file_, path.c_str(), LIBVHDI_OPEN_READ, &error) != 1) {
      return reader_error("open", error);
    }
    if (libvhdi_file_get_media_size(disk->file_, &disk->size_, &error) != 1) {
      return reader_error("measure", error);
    }
    return disk;
  }
  ~VhdiDisk() override {
    libvhdi_file_close(file_, nullptr);
    libvhdi_file_free(&file_, nullptr);
  }

  std::uint64_t size() const override { return size_; }
  std::uint32_t sector_size() const override { return 512; }
  bool writable() const override { return false; }

 private:
  VhdiDisk() = default;
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    libvhdi_error_t* error = nullptr;
    ssize_t count = libvhdi_file_read_buffer_at_offset(
        file_, into.data(), into.size(), static_cast<off64_t>(offset), &error);
    if (count == static_cast<ssize_t>(into.size())) return {};
    return reader_error(fmt::format("read {} bytes at {} of", into.size(), offset),
                        error);
  }
  Done do_write(std::uint64_t, Bytes) override {
    return Error(Errc::read_only, "libvhdi only reads");
  }
  Done do_flush() override { return {}; }

  libvhdi_file_t* file_ = nullptr;
  size64_t size_ = 0;
};

// Where libvhdi 20210425 is known to be wrong.
std::optional<std::string> known_defect(const ImageFacts& facts) {
  if (facts.format == ImageFormat::raw) return "it doesn't read raw images";
  if (facts.log == ImageLog::pending) {
    return "it doesn't replay a log, and this one waits to be replayed";
  }
  if (facts.kind != ImageKind::differencing) return std::nullopt;
  return facts.format == ImageFormat::vhd
             ? "it doesn't obey the sector bitmaps of a differencing VHD"
             : "it shows the parent's bytes where a differencing VHDX says zeros";
}

}  // namespace

Result<SecondReading> read_again(const std::filesystem::path& path, const Image& image,
                                 const Progress& progress) {
  SecondReading reading{.reader = fmt::format("libvhdi {}", libvhdi_get_version()),
                        .not_asked = known_defect(image.facts()),
                        .first_difference = std::nullopt};
  if (reading.not_asked) return reading;
  auto theirs = TRY(VhdiDisk::open(path.string()).in(path.string()));
  if (theirs->size() != image.size()) {
    reading.first_difference = std::min(theirs->size(), image.size());
    return reading;
  }
  reading.first_difference =
      TRY(find_difference(image, *theirs, progress).in(path.string()));
  return reading;
}

}  // namespace drydock::cli
