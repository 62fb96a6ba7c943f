#include <fmt/format.h>
#include <wimlib.h>

#include "ntfs/wof/decompressor.h"

// libwim's decompressors are linked from its archive, and where they allocate memory is
// also where it hands an allocator on to what writes a WIM's XML.  That one call, which
// nobody makes here, would bring libxml2 and ICU into every program, and with them a
// third of the time that it takes to start.  So this stands for it, unless a program
// links all of libwim.
extern "C" [[gnu::weak]] bool xml_set_memory_allocator(void* (*)(std::size_t),
                                                       void (*)(void*),
                                                       void* (*)(void*, std::size_t));
bool xml_set_memory_allocator(void* (*)(std::size_t), void (*)(void*),
                              void* (*)(void*, std::size_t)) {
  return true;
}

namespace drydock::wof {

namespace {

class WimDecompressor final : public Decompressor {
 public:
  explicit WimDecompressor(wimlib_decompressor* library) : library_(library) {}
  WimDecompressor(const WimDecompressor&) = delete;
  ~WimDecompressor() override { wimlib_free_decompressor(library_); }

  Done decompress(Bytes from, MutableBytes into) override {
    if (wimlib_decompress(from.data(), from.size(), into.data(), into.size(),
                          library_) == 0) {
      return {};
    }
    return Error(Errc::corrupt, fmt::format("{} compressed bytes don't stand for {}",
                                            from.size(), into.size()));
  }

 private:
  wimlib_decompressor* library_;
};

}  // namespace

Result<std::unique_ptr<Decompressor>> make_decompressor(Compression compression) {
  wimlib_decompressor* library = nullptr;
  int result = wimlib_create_decompressor(compression == Compression::lzx
                                              ? WIMLIB_COMPRESSION_TYPE_LZX
                                              : WIMLIB_COMPRESSION_TYPE_XPRESS,
                                          chunk_size(compression), &library);
  if (result != 0) {
    return Error(Errc::unsupported, fmt::format("libwim has no decompressor for {}: {}",
                                                to_string(compression), result));
  }
  return std::unique_ptr<Decompressor>(std::make_unique<WimDecompressor>(library));
}

std::string library_version() {
  return fmt::format("{}.{}.{}", WIMLIB_MAJOR_VERSION, WIMLIB_MINOR_VERSION,
                     WIMLIB_PATCH_VERSION);
}

}  // namespace drydock::wof
