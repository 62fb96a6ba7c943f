#include "repair/reg/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::reg {

namespace {

using Words = std::vector<std::string>;

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

bool same(std::string_view a, std::string_view b) { return equal_ignoring_case(a, b); }

// What may stand behind a command's keys and files.
struct Known {
  std::vector<std::string_view> with_argument = {};
  std::vector<std::string_view> alone = {};
  bool value_may_lack_name = false;  // of query: /v alone, which goes with /f
};

bool has(const std::vector<std::string_view>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// The options of one command.
class Options {
 public:
  // Those from the word `first` on.
  static Result<Options> parse(const Words& words, std::size_t first,
                               const Known& known);

  bool has(const std::string& name) const { return found_.contains(name); }
  std::optional<std::string> get(const std::string& name) const {
    auto found = found_.find(name);
    if (found == found_.end()) return std::nullopt;
    return found->second;
  }
  // Of /v and /ve.
  std::optional<std::string> value_name() const {
    return has("ve") ? std::optional<std::string>("") : get("v");
  }
  bool replaces() const { return has("y"); }
  bool seen_by_32_bits() const { return has("reg:32"); }

 private:
  Done check_exclusions() const;

  // Nothing: it stands alone.
  std::map<std::string, std::optional<std::string>> found_;
};

Result<Options> Options::parse(const Words& words, std::size_t first,
                               const Known& known) {
  Options options;
  for (std::size_t i = first; i < words.size(); ++i) {
    const std::string& word = words[i];
    bool option = word.starts_with('/') || word.starts_with('-');
    std::string name = option ? ascii_lower(word.substr(1)) : "";
    bool takes = reg::has(known.with_argument, name);
    bool of_every = name == "reg:32" || name == "reg:64";
    if (!takes && !of_every && !reg::has(known.alone, name)) {
      return wrong(fmt::format("reg {} doesn't know \"{}\"", words[0], word));
    }
    bool last = i + 1 == words.size();
    if (takes && name == "v" && known.value_may_lack_name &&
        (last || words[i + 1].starts_with('/'))) {
      takes = false;
    }
    if (takes && last) {
      return wrong(fmt::format("after {} something is missing", word));
    }
    std::optional<std::string> argument;
    if (takes) argument = words[++i];
    if (!options.found_.emplace(name, std::move(argument)).second) {
      return wrong(fmt::format("{} stands there twice", word));
    }
  }
  TRY(options.check_exclusions());
  return options;
}

Done Options::check_exclusions() const {
  if (has("v") + has("ve") + has("va") > 1) {
    return wrong("/v, /ve and /va exclude each other");
  }
  if (has("oa") + has("od") + has("os") + has("on") > 1) {
    return wrong("/oa, /od, /os and /on exclude each other");
  }
  if (has("reg:32") && has("reg:64")) return wrong("/reg:32 and /reg:64 both");
  return {};
}

// The words of one command, with what every one of them has.
struct Line {
  const Words& words;
  Root root;

  Result<KeyName> key(std::size_t index, const Options& options) const {
    KeyName key = TRY(parse_key(words[index], root));
    key.seen_by_32_bits = options.seen_by_32_bits();
    return key;
  }
};

Result<Command> parse_query(const Line& line) {
  Options options = TRY(Options::parse(line.words, 2,
                                       {.with_argument = {"v", "f", "t", "se"},
                                        .alone = {"ve", "s", "k", "d", "c", "e", "z"},
                                        .value_may_lack_name = true}));
  Query query{.key = TRY(line.key(1, options))};
  query.value = options.value_name();
  query.recursive = options.has("s");
  query.pattern = options.get("f");
  bool names_only = options.has("v") && !query.value;
  if (!query.pattern && (options.has("k") || options.has("d") || options.has("c") ||
                         options.has("e") || names_only)) {
    return wrong("/k, /d, /c, /e, and /v without a name go with /f");
  }
  if (options.has("k") || options.has("d") || names_only) {
    query.where = {
        .keys = options.has("k"), .names = names_only, .data = options.has("d")};
  }
  query.case_matters = options.has("c");
  query.whole = options.has("e");
  query.type_numbers = options.has("z");
  if (auto type = options.get("t")) {
    query.type = hive::parse_value_type(*type);
    if (!query.type) return wrong(fmt::format("{} isn't a type", *type));
  }
  if (auto separator = options.get("se")) {
    if (to_utf16(*separator).value_or(u"").size() != 1) {
      return wrong("after /se one letter belongs");
    }
    query.separator = *separator;
  }
  return query;
}

Result<Command> parse_add(const Line& line) {
  Options options = TRY(Options::parse(
      line.words, 2, {.with_argument = {"v", "t", "s", "d"}, .alone = {"ve", "f"}}));
  Add add{.key = TRY(line.key(1, options))};
  auto name = options.value_name();
  if (!name && (options.has("t") || options.has("s") || options.has("d"))) {
    name = "";  // as reg.exe takes it: the default value
  }
  if (!name) return add;
  std::string separator = options.get("s").value_or("\\0");
  if (separator.empty()) return wrong("after /s a separator belongs");
  add.value = TRY(parse_data(*name, options.get("t").value_or("REG_SZ"),
                             options.get("d").value_or(""), separator));
  return add;
}

Result<Command> parse_delete(const Line& line) {
  Options options = TRY(Options::parse(
      line.words, 2, {.with_argument = {"v"}, .alone = {"ve", "va", "f"}}));
  Delete remove{.key = TRY(line.key(1, options))};
  remove.value = options.value_name();
  remove.all_values = options.has("va");
  if (remove.key.path.empty() && !remove.value && !remove.all_values) {
    return wrong("a hive's root can't be deleted");
  }
  return remove;
}

Result<Command> parse_copy(const Line& line) {
  Options options = TRY(Options::parse(line.words, 3, {.alone = {"s", "f"}}));
  Copy copy{.from = TRY(line.key(1, options)), .to = {}};
  copy.to = TRY(line.key(2, options));
  copy.recursive = options.has("s");
  return copy;
}

Result<Command> parse_compare(const Line& line) {
  Options options = TRY(Options::parse(
      line.words, 3,
      {.with_argument = {"v"}, .alone = {"ve", "s", "oa", "od", "os", "on"}}));
  Compare compare{.first = TRY(line.key(1, options)), .second = {}};
  compare.second = TRY(line.key(2, options));
  compare.value = options.value_name();
  compare.recursive = options.has("s");
  if (compare.value && compare.recursive) return wrong("/s with /v or /ve");
  compare.shows_differences = !options.has("os") && !options.has("on");
  compare.shows_matches = options.has("oa") || options.has("os");
  return compare;
}

Result<Command> parse_export(const Line& line) {
  Options options = TRY(Options::parse(line.words, 3, {.alone = {"y"}}));
  Export command{.key = TRY(line.key(1, options)), .file = line.words[2]};
  command.replaces = options.replaces();
  return command;
}

Result<Command> parse_save(const Line& line) {
  Options options = TRY(Options::parse(line.words, 3, {.alone = {"y"}}));
  Save command{.key = TRY(line.key(1, options)), .file = line.words[2]};
  command.replaces = options.replaces();
  return command;
}

Result<Command> parse_import(const Line& line) {
  Options options = TRY(Options::parse(line.words, 2, {}));
  return Import{.file = line.words[1], .seen_by_32_bits = options.seen_by_32_bits()};
}

Result<Command> parse_restore(const Line& line) {
  Options options = TRY(Options::parse(line.words, 3, {}));
  return Restore{.key = TRY(line.key(1, options)), .file = line.words[2]};
}

struct Verb {
  std::string_view name;
  // What has to stand behind it: keys and files.
  std::vector<std::string_view> operands;
  Result<Command> (*parse)(const Line& line);
};

const Verb* find_verb(const Words& words) {
  static const Verb kVerbs[] = {
      {"query", {"key"}, parse_query},
      {"add", {"key"}, parse_add},
      {"delete", {"key"}, parse_delete},
      {"copy", {"key", "other key"}, parse_copy},
      {"compare", {"key", "other key"}, parse_compare},
      {"export", {"key", "file"}, parse_export},
      {"import", {"file"}, parse_import},
      {"save", {"key", "file"}, parse_save},
      {"restore", {"key", "file"}, parse_restore},
  };
  if (words.empty()) return nullptr;
  for (const Verb& verb : kVerbs) {
    if (same(verb.name, words[0])) return &verb;
  }
  return nullptr;
}

}  // namespace

Result<Command> parse(const Words& words, Root root) {
  constexpr std::string_view kVerbs =
      "query, add, delete, copy, compare, export, import, save or restore";
  if (words.empty()) return wrong(fmt::format("reg what: {}", kVerbs));
  const Verb* verb = find_verb(words);
  if (verb == nullptr) {
    return Error(Errc::unsupported,
                 fmt::format("reg {}: there are {}", words[0], kVerbs));
  }
  if (words.size() <= verb->operands.size()) {
    return wrong(
        fmt::format("reg {} what {}", words[0], verb->operands[words.size() - 1]));
  }
  return verb->parse({.words = words, .root = root});
}

Files files_of(const Words& words) {
  Files files;
  const Verb* verb = find_verb(words);
  if (verb == nullptr || words.size() <= verb->operands.size()) return files;
  bool writes = verb->name == "export" || verb->name == "save";
  for (std::size_t i = 0; i < verb->operands.size(); ++i) {
    if (verb->operands[i] != "file") continue;
    (writes ? files.written : files.read) = words[i + 1];
  }
  return files;
}

}  // namespace drydock::reg
