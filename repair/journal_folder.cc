#include "repair/journal_folder.h"

#include <fmt/format.h>

#include <charconv>

namespace drydock::repair {

namespace {

constexpr std::string_view kExtension = ".drydock";

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

}  // namespace drydock::repair
