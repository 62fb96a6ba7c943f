// Images of our own making, dynamic VHDX and VHD, after changes of all kinds: libvhdi
// must see the disk that we see.
//
//   byte 0           bit 0: a VHD;  bits 1 and 2: the block size, of four
//   then each change what (1 byte), where (2, in 512 bytes), how much (2, in bytes
//                    times 37), with which value (1)

#include <libvhdi.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/support/vhdx_builder.h"
#include "vhd/create.h"
#include "vhd/file_device.h"

namespace drydock::fuzz {
namespace {

constexpr std::uint64_t kDiskSize = 9 * testing::kMiB - 4096;
constexpr std::size_t kChangeSize = 6;
constexpr std::size_t kChangeCountMax = 64;

void require(bool statement) {
  if (!statement) std::abort();
}

// A file in memory that two programs' worth of readers can open by its name.
class MemoryFile {
 public:
  MemoryFile() : number_(::memfd_create("image", MFD_CLOEXEC)) {
    require(number_ >= 0);
  }
  MemoryFile(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(number_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(number_); }

 private:
  int number_;
};

CreateOptions options_of(std::uint8_t choices) {
  CreateOptions options;
  bool vhd = (choices & 1) != 0;
  options.format = vhd ? ImageFormat::vhd : ImageFormat::vhdx;
  options.virtual_size = kDiskSize;
  std::uint32_t smallest = vhd ? 512 * 1024 : 1024 * 1024;
  options.block_size = smallest << (choices >> 1 & 3);
  options.make_guid = [count = std::uint64_t{0}]() mutable -> Result<Guid> {
    Guid guid;
    testing::put(guid.bytes, 0, 8, ++count);
    return guid;
  };
  return options;
}

// An image that doesn't grow any more is as good.
void change(Image& image, Bytes words) {
  std::uint64_t offset = testing::get(words, 1, 2) * 512 % image.size();
  std::uint64_t length =
      std::min(testing::get(words, 3, 2) * 37 + 1, image.size() - offset);
  auto value = static_cast<std::byte>(testing::get(words, 5, 1));
  switch (testing::get(words, 0, 1) % 8) {
    case 0:
      require(static_cast<bool>(image.zero(offset, length)));
      break;
    case 1:
      require(static_cast<bool>(image.trim(offset, length)));
      break;
    case 2:
      require(static_cast<bool>(image.flush()));
      break;
    case 3:
      require(static_cast<bool>(image.compact({})));
      break;
    default:
      require(static_cast<bool>(image.write(offset, ByteVector(length, value))));
  }
}

void require_same(const std::string& path, const Image& image) {
  libvhdi_file_t* file = nullptr;
  require(libvhdi_file_initialize(&file, nullptr) == 1);
  require(libvhdi_file_open(file, path.c_str(), LIBVHDI_OPEN_READ, nullptr) == 1);
  size64_t size = 0;
  require(libvhdi_file_get_media_size(file, &size, nullptr) == 1);
  require(size == image.size());
  ByteVector ours(testing::kMiB), theirs(testing::kMiB);
  for (std::uint64_t at = 0; at < size; at += ours.size()) {
    std::size_t length = std::min<std::uint64_t>(ours.size(), size - at);
    require(static_cast<bool>(image.read(at, MutableBytes(ours).first(length))));
    require(libvhdi_file_read_buffer_at_offset(file, theirs.data(), length,
                                               static_cast<off64_t>(at), nullptr) ==
            static_cast<ssize_t>(length));
    require(std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(length),
                       theirs.begin()));
  }
  libvhdi_file_close(file, nullptr);
  libvhdi_file_free(&file, nullptr);
}

}  // namespace
}  // namespace drydock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  Bytes input = std::as_bytes(std::span(data, size));
  if (input.empty()) return 0;
  CreateOptions options = fuzz::options_of(data[0]);
  fuzz::MemoryFile memory;
  auto file = FileDevice::open(memory.path(), {.writable = true});
  fuzz::require(static_cast<bool>(file));
  fuzz::require(static_cast<bool>(create_image(**file, options)));
  auto image = open_image(*file, {.writable = true, .make_guid = options.make_guid});
  fuzz::require(static_cast<bool>(image));
  input = input.subspan(1);
  for (std::size_t i = 0; i < fuzz::kChangeCountMax; ++i) {
    if (input.size() < fuzz::kChangeSize) break;
    fuzz::change(**image, input.first(fuzz::kChangeSize));
    input = input.subspan(fuzz::kChangeSize);
  }
  fuzz::require(static_cast<bool>((*image)->flush()));
  fuzz::require_same(memory.path(), **image);
  return 0;
}
