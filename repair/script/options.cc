#include "repair/script/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "vhd/base/utf16.h"

namespace drydock::script {

namespace {

// What follows `name` in an option; nothing where it isn't that option.
std::optional<std::string_view> value_of(std::string_view option,
                                         std::string_view name) {
  if (!equal_ignoring_case(option.substr(0, name.size()), name)) return std::nullopt;
  option.remove_prefix(name.size());
  if (option.starts_with(':')) return option.substr(1);
  // Only of one letter can the rest follow at once: /arh.
  if (!option.empty() && name.size() > 1) return std::nullopt;
  return option;
}

}  // namespace

Options::Options(std::vector<std::string> words) {
  for (std::string& word : words) {
    if (word.starts_with('/')) {
      options_.push_back(word.substr(1));
    } else {
      operands_.push_back(std::move(word));
    }
  }
}

bool Options::take(std::string_view name) {
  return std::erase_if(options_, [&](const std::string& option) {
           return equal_ignoring_case(option, name);
         }) > 0;
}

std::optional<std::string> Options::take_value(std::string_view name) {
  std::optional<std::string> value;
  std::erase_if(options_, [&](const std::string& option) {
    auto found = value_of(option, name);
    if (found) value = *found;
    return found.has_value();
  });
  return value;
}

void Options::ignore(std::initializer_list<std::string_view> names) {
  for (std::string_view name : names) take(name);
}

Done Options::refuse(std::initializer_list<std::string_view> names) const {
  for (const std::string& option : options_) {
    std::string_view name = std::string_view(option).substr(0, option.find(':'));
    auto is_it = [&](std::string_view each) { return equal_ignoring_case(each, name); };
    if (std::ranges::none_of(names, is_it)) continue;
    return Error(Errc::unsupported, fmt::format("/{} isn't carried out here", option));
  }
  return {};
}

Done Options::check_all_taken() const {
  if (options_.empty()) return {};
  return Error(Errc::bad_argument,
               fmt::format("/{} isn't an option of this command", options_.front()));
}

Done Options::check_operands(std::size_t least, std::size_t most,
                             std::string_view shape) const {
  if (operands_.size() >= least && operands_.size() <= most) return {};
  return Error(Errc::bad_argument,
               fmt::format("{} words: it is {}", operands_.size(), shape));
}

}  // namespace drydock::script
