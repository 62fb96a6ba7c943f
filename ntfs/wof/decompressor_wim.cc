#include <fmt/format.h>
#include <wimlib.h>

#include "ntfs/wof/decompressor.h"

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
  std::uint32_t version = wimlib_get_version();
  return fmt::format("{}.{}.{}", version >> 20, version >> 10 & 0x3ff, version & 0x3ff);
}

}  // namespace drydock::wof
