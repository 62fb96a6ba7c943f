#include "tests/ntfs/wof_files.h"

#include <fmt/format.h>

#include <fstream>
#include <random>
#include <sstream>

#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/endian.h"

namespace drydock {

namespace {

void append(ByteVector& bytes, Bytes more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// The number in "Offset in WIM     = 208 bytes".
std::uint64_t number_in(const std::string& line) {
  return std::strtoull(line.c_str() + line.find('=') + 1, nullptr, 10);
}

}  // namespace

ByteVector compressed_by_wimlib(Bytes content, wof::Compression compression) {
  if (!have_program("wimlib-imagex")) return {};
  TempFolder folder;
  std::filesystem::create_directory(folder / "in");
  std::ofstream(folder / "in/file", std::ios::binary)
      .write(reinterpret_cast<const char*>(content.data()), std::ssize(content));
  std::string wim = (folder / "x.wim").string();
  bool lzx = compression == wof::Compression::lzx;
  run({"wimlib-imagex", "capture", (folder / "in").string(), wim, "--no-acls",
       lzx ? "--compress=LZX" : "--compress=XPRESS",
       fmt::format("--chunk-size={}", wof::chunk_size(compression))});
  // Each blob's size, stored size and offset, in lines of their own.
  std::istringstream lines(run({"wimlib-imagex", "info", "--blobs", wim}).out);
  std::uint64_t size = 0;
  std::uint64_t stored = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Uncompressed size")) size = number_in(line);
    if (line.starts_with("Compressed size")) stored = number_in(line);
    if (!line.starts_with("Offset in WIM") || size != content.size()) continue;
    if (stored == size) return {};
    ByteVector bytes(stored);
    std::ifstream file(wim, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(number_in(line)));
    file.read(reinterpret_cast<char*>(bytes.data()), std::ssize(bytes));
    return file ? bytes : ByteVector();
  }
  return {};
}

ByteVector mixed_bytes(std::size_t size) {
  std::string text;
  while (text.size() < size / 3)
    text += fmt::format("line {} of many\r\n", text.size());
  std::mt19937 dice(7);
  while (text.size() < 2 * size / 3) text += static_cast<char>(dice() >> 24);
  while (text.size() < size) text += fmt::format("more, at {}\r\n", text.size());
  Bytes bytes = bytes_of(std::string_view(text)).first(size);
  return {bytes.begin(), bytes.end()};
}

ByteVector reparse_point(std::uint32_t tag, Bytes data) {
  ByteVector bytes;
  append(bytes, bytes_of(le32{tag}));
  append(bytes, bytes_of(le16{static_cast<std::uint16_t>(data.size())}));
  append(bytes, bytes_of(le16{0}));
  append(bytes, data);
  return bytes;
}

ByteVector wof_reparse_data(std::uint32_t algorithm, std::uint32_t provider) {
  ByteVector data;
  for (std::uint32_t number :
       {std::uint32_t{1}, provider, std::uint32_t{1}, algorithm}) {
    append(data, bytes_of(le32{number}));
  }
  return data;
}

}  // namespace drydock
