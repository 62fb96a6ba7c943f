#include "harness/scenarios/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/work_folder.h"
#include "repair/diagnose.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::scenarios {

namespace {

using harness::Yaml;

Result<std::uint64_t> read_seed(const Yaml& node) {
  if (node.kind() == Yaml::Kind::null) return std::uint64_t{1};
  std::string text = TRY(node.text());
  std::uint64_t seed = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (failed != std::errc() || end != text.data() + text.size()) {
    return node.error(fmt::format("'{}' isn't a number", text));
  }
  return seed;
}

// The items of a list that may be left out.
Result<std::vector<Yaml>> items(const Yaml& node) {
  if (node.kind() == Yaml::Kind::null) return std::vector<Yaml>{};
  return node.list();
}

// "bcd.default-missing", or { fault: driver.disable, driver: x }.
Result<faults::Wound> read_wound(const Yaml& node) {
  faults::Wound wound;
  std::string id;
  if (node.kind() == Yaml::Kind::map) {
    id = TRY(node.get("fault").text());
    for (const Yaml::Field& field : TRY(node.fields())) {
      if (field.key == "fault") continue;
      wound.parameters[field.key] = TRY(field.value.text());
    }
  } else {
    id = TRY(node.text());
  }
  wound.fault = faults::find_fault(id);
  if (wound.fault == nullptr)
    return node.error(fmt::format("no fault is named {}", id));
  auto complete = faults::complete_parameters(wound);
  if (!complete) return node.error(complete.error().words());
  return wound;
}

Result<const repair::Recipe*> read_recipe(const Yaml& node) {
  std::string id = TRY(node.text());
  const repair::Recipe* recipe = repair::find_recipe(id);
  if (recipe == nullptr) return node.error(fmt::format("no recipe is named {}", id));
  return recipe;
}

Result<ExpectedFinding> read_finding(const Yaml& node) {
  TRY(node.only(
      {"recipe", "where", "what", "stops_boot", "stop_code", "status", "image_name"}));
  ExpectedFinding finding;
  finding.place = node.place();
  finding.recipe = TRY(node.get("recipe").text());
  // What only Windows mends is found, too.
  if (finding.recipe != repair::kVolumeHibernated) {
    TRY(read_recipe(node.get("recipe")));
  }
  for (const Yaml::Field& field : TRY(node.fields())) {
    if (field.key == "recipe") continue;
    finding.facts[field.key] = TRY(field.value.text());
  }
  return finding;
}

Result<std::vector<ExpectationPtr>> read_expectations(const Yaml& node) {
  std::vector<ExpectationPtr> out;
  std::vector<Yaml> lines = TRY(items(node));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::vector<Yaml::Field> fields = TRY(lines[i].fields());
    if (fields.size() != 1) return lines[i].error("one KIND: SENTENCE belongs here");
    if (fields[0].key == "undo" && i + 1 != lines.size()) {
      return lines[i].error("undo stands last: after it the disk is wounded again");
    }
    out.push_back(TRY(read_expectation(fields[0])));
  }
  return out;
}

Result<VolumeOptions> read_volume_options(const Yaml& root) {
  VolumeOptions options;
  if (Yaml unclean = root.get("unclean"); unclean.kind() != Yaml::Kind::null) {
    std::string word = TRY(unclean.text());
    if (word == "refuse") {
      options.unclean = Unclean::refuse;
    } else if (word == "replay") {
      options.unclean = Unclean::replay;
    } else if (word == "discard") {
      options.unclean = Unclean::discard;
    } else {
      return unclean.error("unclean is refuse, replay or discard");
    }
  }
  Yaml discard = root.get("discard_hibernation");
  if (discard.kind() == Yaml::Kind::null) return options;
  if (TRY(discard.text()) != "yes") return discard.error("yes, or nothing at all");
  options.discard_hibernation = true;
  return options;
}

}  // namespace

Result<Story> read_story(std::string_view text, std::string_view name,
                         const std::filesystem::path& folder) {
  Yaml root = TRY(Yaml::parse(text, name));
  TRY(root.only({"name", "image", "seed", "given", "faults", "diagnose",
                 "could_not_tell", "unsigned", "repair", "change", "script", "set",
                 "unclean", "discard_hibernation", "expect"}));
  Story story;
  story.name = TRY(root.get("name").text());
  story.image = TRY(images::read_spec(root.get("image")));
  story.seed = TRY(read_seed(root.get("seed")));
  for (const Yaml& node : TRY(items(root.get("given")))) {
    story.given.push_back(TRY(read_given(node)));
  }
  for (const Yaml& node : TRY(items(root.get("faults")))) {
    story.wounds.push_back(TRY(read_wound(node)));
  }
  for (const Yaml& node : TRY(items(root.get("diagnose")))) {
    story.findings.push_back(TRY(read_finding(node)));
  }
  for (const Yaml& node : TRY(items(root.get("unsigned")))) {
    story.unsigned_drivers.push_back(ascii_lower(TRY(node.text())));
  }
  std::ranges::sort(story.unsigned_drivers);
  for (const Yaml& node : TRY(items(root.get("repair")))) {
    story.recipes.push_back(TRY(read_recipe(node)));
  }
  if (root.get("set").kind() != Yaml::Kind::null) {
    for (const Yaml::Field& field : TRY(root.get("set").fields())) {
      story.settings[field.key] = TRY(field.value.text());
    }
  }
  for (const Yaml& node : TRY(items(root.get("could_not_tell")))) {
    story.untold.push_back(TRY(node.text()));
  }
  for (const Yaml& node : TRY(items(root.get("change")))) {
    story.changes.push_back(TRY(read_change(node)));
  }
  if (root.get("script").kind() != Yaml::Kind::null) {
    story.script = TRY(read_commands(root.get("script"), folder));
    story.script->fillings = std::exchange(story.settings, {});
  }
  int deeds =
      !story.changes.empty() + !story.recipes.empty() + story.script.has_value();
  if (deeds > 1) {
    return root.error(
        "a story has a repair, a change or a script, and not two of them");
  }
  story.volumes = TRY(read_volume_options(root));
  story.expectations = TRY(read_expectations(root.get("expect")));
  if (story.expectations.empty()) {
    return root.error("a story without expectations proves nothing");
  }
  return story;
}

Result<Story> read_story(const std::filesystem::path& file) {
  ByteVector text = TRY(harness::read_host_file(file));
  return read_story(as_text(text), file.filename().string(), file.parent_path());
}

}  // namespace drydock::scenarios
