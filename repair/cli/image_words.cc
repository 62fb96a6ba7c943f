#include "repair/cli/image_words.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <limits>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::cli {

namespace {

// 0 where the text isn't a unit; 1 where it is none.
std::uint64_t unit_of(std::string_view text) {
  if (text.empty() || text == "b" || text == "B") return 1;
  constexpr std::string_view kLetters = "kmgtpe";
  std::size_t power = kLetters.find(ascii_lower(text[0]));
  std::string_view rest = text.substr(1);
  bool known = rest.empty() || rest == "B" || rest == "b" || rest == "iB";
  if (power == std::string_view::npos || !known) return 0;
  return std::uint64_t{1} << (10 * (power + 1));
}

Error not_a_size(const std::string& word) {
  return Error(Errc::bad_argument,
               fmt::format("{} isn't a size: say 512, 10G or 1.5T", word));
}

Result<std::uint32_t> parse_small_size(const std::string& word) {
  std::uint64_t size = TRY(parse_size(word));
  if (size <= std::numeric_limits<std::uint32_t>::max()) {
    return static_cast<std::uint32_t>(size);
  }
  return Error(Errc::bad_argument, fmt::format("{} is too large", word));
}

Result<ImageKind> parse_subformat(const std::string& word) {
  for (auto kind : {ImageKind::fixed, ImageKind::dynamic, ImageKind::differencing}) {
    if (word == to_string(kind)) return kind;
  }
  return Error(
      Errc::bad_argument,
      fmt::format("subformat={}: fixed, dynamic and differencing are known", word));
}

Done set_option(const std::string& name, const std::string& value,
                CreateOptions& options) {
  if (name == "subformat") {
    options.kind = TRY(parse_subformat(value));
  } else if (name == "block_size") {
    options.block_size = TRY(parse_small_size(value));
  } else if (name == "logical_sector_size") {
    options.logical_sector_size = TRY(parse_small_size(value));
  } else if (name == "physical_sector_size") {
    options.physical_sector_size = TRY(parse_small_size(value));
  } else if (name == "azure") {
    if (value != "on" && value != "off") {
      return Error(Errc::bad_argument,
                   fmt::format("azure={}: on and off are known", value));
    }
    options.azure = value == "on";
  } else {
    return Error(Errc::bad_argument,
                 fmt::format("-o {}: subformat, block_size, logical_sector_size, "
                             "physical_sector_size and azure are known",
                             name));
  }
  return {};
}

}  // namespace

Result<ImageFormat> parse_format(const std::string& word) {
  if (word == "raw") return ImageFormat::raw;
  if (word == "vhdx") return ImageFormat::vhdx;
  if (word == "vhd" || word == "vpc") return ImageFormat::vhd;
  return Error(
      Errc::bad_argument,
      fmt::format("{} is no format: raw, vhd (QEMU's vpc) and vhdx are known", word));
}

Result<std::uint64_t> parse_size(const std::string& word) {
  const char* end = word.data() + word.size();
  std::uint64_t whole = 0;
  auto number = std::from_chars(word.data(), end, whole);
  if (number.ec != std::errc()) return not_a_size(word);
  double fraction = 0;
  if (number.ptr != end && *number.ptr == '.') {
    double value = 0;
    auto real = std::from_chars(number.ptr, end, value, std::chars_format::fixed);
    if (real.ec != std::errc()) return not_a_size(word);
    fraction = value;
    number.ptr = real.ptr;
  }
  std::uint64_t unit =
      unit_of({number.ptr, static_cast<std::size_t>(end - number.ptr)});
  if (unit == 0 || whole > std::numeric_limits<std::uint64_t>::max() / unit) {
    return not_a_size(word);
  }
  return whole * unit +
         static_cast<std::uint64_t>(fraction * static_cast<double>(unit));
}

Result<CreateOptions> parse_create_options(const std::vector<std::string>& words,
                                           CreateOptions options) {
  options.made_at =
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  for (const std::string& word : words) {
    std::size_t at = 0;
    while (at < word.size()) {
      std::size_t end = std::min(word.find(',', at), word.size());
      std::string pair = word.substr(at, end - at);
      std::size_t equals = pair.find('=');
      if (equals == std::string::npos) {
        return Error(Errc::bad_argument,
                     fmt::format("-o takes name=value, not {}", pair));
      }
      TRY(set_option(pair.substr(0, equals), pair.substr(equals + 1), options));
      at = end + 1;
    }
  }
  return options;
}

}  // namespace drydock::cli
