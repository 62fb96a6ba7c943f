// drydock-harness: builds disks, breaks them, plays stories.  Never installed.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>

#include "harness/conformance/judge.h"
#include "harness/faults/fault.h"
#include "harness/images/authority.h"
#include "harness/images/build.h"
#include "harness/scenarios/run.h"
#include "harness/work_folder.h"
#include "repair/recipe.h"
#include "vhd/base/try.h"

namespace drydock {

namespace {

// The exit codes of drydock itself.
constexpr int kDone = 0;
constexpr int kStoryFailed = 1;
constexpr int kCouldNotTell = 2;
constexpr int kFailed = 3;
constexpr int kBadCommandLine = 64;

struct BuildCommand {
  std::string spec;  // YAML; what else is given goes on top of it
  std::string windows;
  std::string size;
  std::string format;
  std::uint64_t seed = 1;
  std::string output;
};

struct BreakCommand {
  std::string image;
  std::string fault;
  std::vector<std::string> settings;
  std::uint64_t seed = 1;
};

Result<images::Spec> spec_of(const BuildCommand& command) {
  harness::Yaml text = TRY(harness::Yaml::parse(command.spec, "--spec"));
  images::Spec spec = TRY(images::read_spec(text));
  std::string more;
  if (!command.windows.empty()) more += fmt::format("windows: {}\n", command.windows);
  if (!command.size.empty()) more += fmt::format("size: {}\n", command.size);
  if (!command.format.empty()) more += fmt::format("format: {}\n", command.format);
  harness::Yaml options = TRY(harness::Yaml::parse(more, "the command line"));
  return images::read_spec(options, spec);
}

Done build(const BuildCommand& command) {
  images::Spec spec = TRY(spec_of(command));
  images::Layout layout = TRY(images::build_image(spec, command.seed, command.output));
  fmt::print("{}: {}, {} MiB, disk {}, seed {}\n", command.output, spec.windows->word,
             spec.size / images::kMiB, to_string(layout.ids.disk), command.seed);
  return {};
}

Done wound(const BreakCommand& command) {
  faults::Wound wound;
  wound.fault = faults::find_fault(command.fault);
  if (wound.fault == nullptr) {
    return Error(Errc::bad_argument,
                 fmt::format("no fault is named {}; `drydock-harness list` names all",
                             command.fault));
  }
  for (const std::string& setting : command.settings) {
    std::size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      return Error(Errc::bad_argument, fmt::format("'{}' isn't NAME=VALUE", setting));
    }
    wound.parameters[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  for (const std::string& words :
       TRY(faults::break_image(command.image, {wound}, command.seed))) {
    fmt::print("{}: {}\n", command.image, words);
  }
  return {};
}

Done write_root(const std::string& output) {
  std::string pem = TRY(TRY(images::Authority::create()).root_pem());
  if (!output.empty()) {
    return harness::write_host_file(output, bytes_of(std::string_view(pem)));
  }
  fmt::print("{}", pem);
  return {};
}

void list() {
  fmt::print("faults, each healed by the recipe of its name:\n");
  for (const faults::Fault* fault : faults::all_faults()) {
    fmt::print("  {:24} {}\n", fault->id(), fault->summary());
    for (const faults::Fault::Parameter& one : fault->parameters()) {
      fmt::print("  {:24}   {}={}: {}\n", "", one.name, one.usual, one.meaning);
    }
  }
  fmt::print("Windows: {}\n", images::known_windows());
}

Done play(const scenarios::Story& story) {
  fmt::print("{}\n", story.name);
  return scenarios::run_story(story, [](std::string_view step) {
    fmt::print("  {}\n", step);
    std::fflush(stdout);
  });
}

Done judge_readers(const std::string& folder) {
  fmt::print("{}", TRY(conformance::make_table(folder)));
  return {};
}

int report(const Done& done, int code) {
  if (done) return kDone;
  fmt::print(stderr, "drydock-harness: {}\n", done.error().describe());
  return done.error().code() == Errc::bad_argument ? kBadCommandLine : code;
}

struct RunCommand {
  std::vector<std::string> stories;
  // In the place of what a story's image has, if it has any.
  std::optional<std::uint32_t> catalog_count;
};

// Plays every story, also those after one that failed.
int run_stories(const RunCommand& command) {
  std::vector<std::string> missing = images::missing_programs();
  if (!missing.empty()) {
    fmt::print(stderr,
               "drydock-harness: no disk can be built without {}: see ci/setup\n",
               fmt::join(missing, ", "));
    return kCouldNotTell;
  }
  int code = kDone;
  for (const std::string& file : command.stories) {
    auto story = scenarios::read_story(file);
    if (!story) {
      code = std::max(code, report(std::move(story).error().in(file), kStoryFailed));
      continue;
    }
    if (story->image.catalog_count != 0 && command.catalog_count) {
      story->image.catalog_count = *command.catalog_count;
    }
    std::string unable = story->given.empty() ? "" : scenarios::unable_to_mount();
    if (unable.empty()) {
      code = std::max(code, report(play(*story).in(file), kStoryFailed));
    } else {
      fmt::print(stderr, "drydock-harness: {}: {}\n", file, unable);
      code = std::max(code, kCouldNotTell);
    }
  }
  return code;
}

int run(int argc, char** argv) {
  CLI::App app("Builds Windows-like disks, breaks them, and plays stories of repair.",
               "drydock-harness");
  app.require_subcommand(1);

  BuildCommand build_command;
  CLI::App* build_verb = app.add_subcommand("build", "build a disk image");
  build_verb->add_option("--spec", build_command.spec,
                         "what kind of disk, in YAML: {windows: server-2022}");
  build_verb->add_option("--windows", build_command.windows, images::known_windows());
  build_verb->add_option("--size", build_command.size, "of the disk: 127GiB, 400MiB");
  build_verb->add_option("--format", build_command.format, "vhdx or raw");
  build_verb->add_option("--seed", build_command.seed, "decides every id");
  build_verb->add_option("--output,-o", build_command.output, "the image file")
      ->required();

  BreakCommand break_command;
  CLI::App* break_verb = app.add_subcommand("break", "wound a disk image");
  break_verb->add_option("image", break_command.image)->required();
  break_verb->add_option("fault", break_command.fault)->required();
  break_verb->add_option("--set", break_command.settings, "NAME=VALUE");
  break_verb->add_option("--seed", break_command.seed, "decides what is random in it");

  RunCommand run_command;
  CLI::App* run_verb = app.add_subcommand("run", "play stories");
  run_verb->add_option("story", run_command.stories, "YAML files")->required();
  run_verb
      ->add_option("--catalogs", run_command.catalog_count,
                   "so many where a story's image has catalogs besides")
      ->check(CLI::Range(images::kCatalogCountMax));

  std::string conformance_folder;
  CLI::App* conformance_verb = app.add_subcommand(
      "conformance",
      "make the conformance set, and a table of what readers make of it");
  conformance_verb->add_option("folder", conformance_folder)->required();
  std::string root_output;
  CLI::App* root_verb = app.add_subcommand(
      "root", "write the certificate of the root that built disks are signed under");
  root_verb->add_option("--output,-o", root_output, "the file; else to stdout");
  CLI::App* list_verb = app.add_subcommand("list", "the faults that there are");

  try {  // CLI11 throws; nothing of ours does
    app.parse(argc, argv);
  } catch (const CLI::ParseError& bad) {
    return app.exit(bad) == 0 ? kDone : kBadCommandLine;
  }
  if (*build_verb) return report(build(build_command), kFailed);
  if (*break_verb) return report(wound(break_command), kFailed);
  if (*run_verb) return run_stories(run_command);
  if (*conformance_verb) return report(judge_readers(conformance_folder), kFailed);
  if (*root_verb) return report(write_root(root_output), kFailed);
  if (*list_verb) list();
  return kDone;
}

}  // namespace

}  // namespace drydock

int main(int argc, char** argv) { return drydock::run(argc, argv); }
