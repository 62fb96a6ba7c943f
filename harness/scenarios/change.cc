#include "harness/scenarios/change.h"

#include <fmt/format.h>

#include <charconv>

#include "vhd/base/try.h"

namespace drydock::scenarios {

namespace {

using harness::Yaml;

// A file of a story is a small one.
constexpr std::uint64_t kLineCountMax = 100'000;

struct Word {
  std::string_view key;
  Change::Verb verb;
};
constexpr Word kWords[] = {
    {"put", Change::Verb::put},
    {"mkdir", Change::Verb::make_folder},
    {"mv", Change::Verb::move},
    {"rm", Change::Verb::remove},
    {"bcd_create", Change::Verb::create_object},
    {"bcd_set", Change::Verb::set_element},
    {"bcd_remove", Change::Verb::remove_object},
};

repair::Edit edit_of(repair::Action action) {
  return {.action = std::move(action), .why = "the story says so"};
}

Result<repair::Edit> plan_one(const Change& change, const repair::Disk& disk) {
  repair::GuestPath path = TRY(disk.resolve(change.path));
  switch (change.verb) {
    case Change::Verb::put: {
      Bytes text = bytes_of(std::string_view(change.text));
      return edit_of(repair::FilePut{.file = std::move(path),
                                     .content = {text.begin(), text.end()}});
    }
    case Change::Verb::make_folder:
      return edit_of(repair::FolderMake{.folder = std::move(path)});
    case Change::Verb::move: {
      repair::GuestPath to = TRY(disk.resolve(change.to));
      if (to.partition != path.partition) {
        return Error(Errc::bad_argument, "a file is moved within its volume alone")
            .in(change.to);
      }
      return edit_of(repair::FileRename{.file = std::move(path), .to = to.path});
    }
    default:
      break;
  }
  return edit_of(repair::FileDelete{.file = std::move(path)});
}

}  // namespace

Result<std::string> read_text(const Yaml& node) {
  Yaml lines = node.get("lines");
  bool has_text = node.get("text").kind() != Yaml::Kind::null;
  if (has_text == (lines.kind() != Yaml::Kind::null)) {
    return node.error("either a text or a count of lines belongs here");
  }
  if (has_text) return node.get("text").text();
  std::string words = TRY(lines.text());
  std::uint64_t count = 0;
  auto [end, failed] =
      std::from_chars(words.data(), words.data() + words.size(), count);
  if (failed != std::errc() || end != words.data() + words.size() ||
      count > kLineCountMax) {
    return lines.error(fmt::format("'{}' isn't a count of lines", words));
  }
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i)
    text += fmt::format("line {} of many\r\n", i);
  return text;
}

Result<Change> read_change(const Yaml& node) {
  Change change;
  std::string known;
  for (const Word& word : kWords) {
    known += fmt::format("{}{}", known.empty() ? "" : ", ", word.key);
    if (node.get(word.key).kind() == Yaml::Kind::null) continue;
    if (!change.path.empty()) return node.error("one change is one item of the list");
    change.verb = word.verb;
    change.path = TRY(node.get(word.key).text());
  }
  if (change.path.empty()) {
    return node.error("this is no change; these are: " + known);
  }
  if (change.verb == Change::Verb::move) {
    TRY(node.only({"mv", "to"}));
    change.to = TRY(node.get("to").text());
    return change;
  }
  if (change.verb == Change::Verb::create_object) {
    TRY(node.only({"bcd_create", "type"}));
    change.text = TRY(node.get("type").text());
    return change;
  }
  if (change.verb == Change::Verb::set_element) {
    TRY(node.only({"bcd_set", "to"}));
    change.to = TRY(node.get("to").text());
    return change;
  }
  if (change.verb != Change::Verb::put) {
    TRY(node.only({"mkdir", "rm", "bcd_remove"}));
    return change;
  }
  TRY(node.only({"put", "text", "lines"}));
  change.text = TRY(read_text(node));
  return change;
}

Result<repair::Plan> plan_of(const std::vector<Change>& changes,
                             const repair::Disk& disk) {
  repair::Plan plan;
  for (const Change& change : changes) {
    if (change.verb >= Change::Verb::create_object) {
      plan.edits.push_back(
          edit_of(TRY(plan_store_change(change, disk, plan).in(change.path))));
    } else {
      plan.edits.push_back(TRY(plan_one(change, disk).in(change.path)));
    }
  }
  return plan;
}

}  // namespace drydock::scenarios
