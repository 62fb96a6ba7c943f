// type and dir: what files hold, and what folders do.

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "repair/script/attributes.h"
#include "repair/script/file_verbs.h"
#include "repair/script/named.h"
#include "repair/script/options.h"
#include "repair/script/times.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

using repair::GuestPath;

namespace {

// Of a file that is printed.
constexpr std::uint64_t kTypedSizeMax = std::uint64_t{1} << 20;

// Lines that end in \n.  Of bytes that aren't UTF-8 each is a letter of Latin-1.
std::string text_of(Bytes bytes) {
  std::string text;
  std::string_view raw = as_text(bytes);
  if (raw.starts_with("\xff\xfe")) {
    text = utf8_from_utf16le(bytes.subspan(2));
  } else if (raw.starts_with("\xef\xbb\xbf")) {
    text = raw.substr(3);
  } else {
    text = raw;
  }
  if (!to_utf16(text)) {
    std::u16string letters;
    for (char letter : raw) letters += static_cast<unsigned char>(letter);
    text = to_utf8(letters);
  }
  std::erase(text, '\r');
  return text;
}

Done run_type(Machine& machine, const std::vector<std::string>& operands) {
  for (const std::string& text : operands) {
    Names names = TRY(find_names(machine, text));
    std::erase_if(names.found, [](const Named& named) { return named.is_folder(); });
    if (names.found.empty()) {
      return Error(Errc::not_found, fmt::format("{}: there is no such file", text));
    }
    const repair::Disk& disk = *TRY(machine.disk());
    for (const Named& named : names.found) {
      std::string place = machine.show(named.path);
      if (named.stat.size > kTypedSizeMax) {
        return Error(Errc::bad_argument,
                     fmt::format("{} bytes are more than is printed ({})",
                                 named.stat.size, kTypedSizeMax))
            .in(place);
      }
      FileSystemPtr volume = TRY(disk.volume(named.path.partition));
      File file = TRY(volume->find(named.path.path).in(place));
      ByteVector bytes = TRY(read_file(file, kTypedSizeMax).in(place));
      if (names.by_pattern) machine.print(fmt::format("\n{}\n\n\n", place));
      machine.print(text_of(bytes));
    }
  }
  return {};
}

struct Dir {
  std::vector<std::string> operands;
  bool bare = false;                          // /b: names alone
  bool recursive = false;                     // /s
  std::optional<AttributeTest> attributes{};  // /a; else nothing that is hidden

  bool shows(const Stat& stat) const {
    constexpr AttributeTest kOrdinary{.required = 0,
                                      .refused = attribute::hidden | attribute::system};
    return attributes.value_or(kOrdinary).accepts(stat.attributes);
  }
};

// 1234567 is "1,234,567".
std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  std::string text;
  for (std::size_t at = 0; at < digits.size(); ++at) {
    if (at > 0 && (digits.size() - at) % 3 == 0) text += ',';
    text += digits[at];
  }
  return text;
}

// Shows the names in one folder that fit; how many those were.
Result<std::size_t> show_folder(Machine& machine, const Dir& dir,
                                const GuestPath& folder, std::string_view pattern) {
  const repair::Disk& disk = *TRY(machine.disk());
  std::vector<Named> names = TRY(names_in(disk, folder).in(machine.show(folder)));
  std::erase_if(names, [&](const Named& named) {
    return !dir.shows(named.stat) || !fits(pattern, last_name(named.path));
  });
  if (names.empty()) return names.size();
  if (!dir.bare) {
    machine.print(fmt::format(" Directory of {}\n\n", machine.show(folder)));
  }
  std::size_t file_count = 0;
  std::uint64_t size = 0;
  for (const Named& named : names) {
    if (dir.bare) {
      machine.print((dir.recursive ? machine.show(named.path) : last_name(named.path)) +
                    '\n');
      continue;
    }
    std::string what = named.has_names() ? "   <DIR>         "
                       : named.is_folder()
                           ? "   <JUNCTION>    "
                           : fmt::format("{:>17}", grouped(named.stat.size));
    machine.print(fmt::format("{} {} {}\n", padded_time(named.stat.modified), what,
                              last_name(named.path)));
    if (named.is_folder()) continue;
    ++file_count;
    size += named.stat.size;
  }
  if (!dir.bare) {
    machine.print(
        fmt::format("{:16} File(s) {:>14} bytes\n", file_count, grouped(size)));
  }
  return names.size();
}

Done show_names(Machine& machine, const Dir& dir, const std::string& text) {
  const repair::Disk& disk = *TRY(machine.disk());
  auto pattern = TRY(split_pattern(text));
  GuestPath path = TRY(machine.resolve(pattern ? pattern->folder : text));
  auto there = TRY(look(disk, path).in(text));
  std::string name = pattern ? pattern->name : "*";
  if (there && !there->has_names()) {
    name = last_name(path);
    path = folder_of(path);
  }
  std::size_t count = 0;
  if (there) count = TRY(show_folder(machine, dir, path, name));
  if (there && dir.recursive) {
    for (const Named& below : TRY(names_below(machine, path))) {
      if (!below.has_names()) continue;
      count += TRY(show_folder(machine, dir, below.path, name));
    }
  }
  if (count == 0) machine.print("File Not Found\n");
  return {};
}

}  // namespace

Result<Run> prepare_type(const Call& call) {
  Options options(shell_words(call.tail));
  TRY(options.check_all_taken());
  if (options.operands().empty()) {
    return Error(Errc::bad_argument, "of nothing: it is type FILE...");
  }
  return Run([operands = options.operands()](Machine& machine) {
    return run_type(machine, operands);
  });
}

Result<Run> prepare_dir(const Call& call) {
  Options options(shell_words(call.tail));
  Dir dir;
  dir.bare = options.take("b");
  dir.recursive = options.take("s");
  if (auto letters = options.take_value("a")) {
    dir.attributes = TRY(parse_attribute_test(*letters));
  }
  // Names come as the disk has them, which for NTFS is sorted.
  options.ignore({"c", "-c", "d", "l", "n", "p", "q", "r", "w", "x", "4"});
  options.take_value("o");
  options.take_value("t");
  TRY(options.check_all_taken());
  dir.operands = options.operands();
  if (dir.operands.empty()) dir.operands.emplace_back(".");
  return Run([dir = std::move(dir)](Machine& machine) -> Done {
    for (const std::string& text : dir.operands) TRY(show_names(machine, dir, text));
    return {};
  });
}

}  // namespace drydock::script
