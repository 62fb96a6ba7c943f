// The program as far as it is built for Windows: images, and which partitions are
// on them.  What is in those stands on libntfs-3g: docs/windows.md.

#include <fcntl.h>
#include <io.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "repair/cli/command_line.h"
#include "repair/cli/container.h"
#include "repair/cli/image_commands.h"
#include "repair/cli/image_source.h"
#include "repair/cli/partitions.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

constexpr const char* kNotRead = "this build reads no file systems";

// What info says on other hosts, but for what is in the partitions.
Exit info(const ImageChoice& choice, Report& report) {
  auto source = open_source(choice, report);
  if (!source) return report.fail(source.error(), Exit::could_not_tell);
  ImageFacts facts = source->image().facts();
  json document = {{"image", choice.file},
                   {"container", container_json(facts, source->file_names())},
                   {"partition_table", nullptr},
                   {"disk_id", nullptr},
                   {"partitions", json::array()},
                   {"installations", json::array()},
                   {"problem", kNotRead}};
  report.print(container_text(facts, source->file_names()));
  auto table = partition::read_table(*source->device);
  if (!table) return report.fail(table.error(), Exit::could_not_tell);
  add_table(*table, document);
  report.print(table_text(*table));
  for (const auto& partition : table->partitions) {
    report.print(partition_text(&partition) + "\n");
    json entry = partition_json(&partition, *source->device);
    entry["problem"] = kNotRead;
    document["partitions"].push_back(std::move(entry));
  }
  report.note(std::string("drydock: what is in them isn't told: ") + kNotRead + "\n");
  report.document(std::move(document));
  return Exit::done;
}

int run_images(std::vector<std::string> words) {
  // A disk that goes through a pipe is bytes, not lines.
  ::_setmode(::_fileno(stdin), _O_BINARY);
  ::_setmode(::_fileno(stdout), _O_BINARY);
  ImageRequests images;
  ImageChoice disk;
  return run(
      std::move(words), [&](CLI::App& app, Command& command, const std::string&) {
        app.footer(
            "Every verb takes --json and --stats.  This build reads no file systems.");
        CLI::App& verb = *app.add_subcommand(
            "info", "What an image is, and which partitions it has");
        verb.add_option("IMAGE", disk.file)->required();
        verb.callback(
            [&] { command.work = [&](Report& report) { return info(disk, report); }; });
        add_image_verbs(app, images, command);
      });
}

}  // namespace
}  // namespace drydock::cli

int wmain(int argc, wchar_t** argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    words.push_back(std::filesystem::path(argv[i]).string());  // UTF-8
  }
  return drydock::cli::run_images(std::move(words));
}
