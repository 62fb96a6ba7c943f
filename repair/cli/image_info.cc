// drydock image info and drydock image map: what a container says of itself, and
// where in it the disk's bytes are.

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "repair/cli/container.h"
#include "repair/cli/image_source.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

// The chain, or as much of it as can be understood.
Exit report_refused(const ImageChoice& choice, const Error& error, Report& report) {
  auto file = FileDevice::open(choice.file);
  if (!file) return report.fail(error, Exit::could_not_tell);
  auto facts = examine_image(*file);
  if (!facts) return report.fail(error, Exit::could_not_tell);
  std::vector<std::string> chain = chain_by_name(choice.file, *facts);
  report.print(container_text(*facts, chain));
  report.print(fmt::format("  not opened: {}\n", error.describe()));
  report.document({{"image", choice.file},
                   {"container", container_json(*facts, chain)},
                   {"file_size", (*file)->size()},
                   {"parents", json::array()},
                   {"refusal", error.describe()}});
  return Exit::could_not_tell;
}

Result<json> parents_json(const ImageSource& source) {
  json parents = json::array();
  std::vector<std::string> names = source.file_names();
  for (std::size_t i = 1; i < names.size(); ++i) {
    ImageFacts facts = TRY(examine_image(source.chain.files[i]));
    std::vector<std::string> rest(names.begin() + static_cast<std::ptrdiff_t>(i),
                                  names.end());
    parents.push_back({{"image", names[i]},
                       {"container", container_json(facts, rest)},
                       {"file_size", source.chain.files[i]->size()}});
  }
  return parents;
}

// Neighbours that are one stretch to whoever reads the map.
bool joins(const Mapping& a, const Mapping& b) {
  if (a.depth != b.depth || a.present != b.present || a.zero != b.zero) return false;
  if (!a.file_offset || !b.file_offset) return !a.file_offset && !b.file_offset;
  return *a.file_offset + a.length == *b.file_offset;
}

using TakeRun = std::function<void(std::uint64_t offset, const Mapping& run)>;

Done for_each_run(const Image& image, const TakeRun& take) {
  Mapping run;
  std::uint64_t start = 0;
  for (std::uint64_t at = 0; at < image.size();) {
    Mapping next = TRY(image.map(at));
    if (next.length == 0) break;
    if (run.length != 0 && joins(run, next)) {
      run.length += next.length;
    } else {
      if (run.length != 0) take(start, run);
      start = at;
      run = next;
    }
    at += next.length;
  }
  if (run.length != 0) take(start, run);
  return {};
}

bool holds_data(const Mapping& run) { return run.file_offset && !run.zero; }

json run_json(std::uint64_t start, const Mapping& run) {
  return {{"start", start},
          {"length", run.length},
          {"depth", run.depth},
          {"present", run.present},
          {"zero", run.zero},
          {"data", holds_data(run)},
          {"offset", holds_data(run) ? json(*run.file_offset) : json(nullptr)}};
}

// As `qemu-img map --output=json` prints it, which leaves out what isn't known.
std::string qemu_json_line(std::uint64_t start, const Mapping& run) {
  std::string offset =
      holds_data(run) ? fmt::format(", \"offset\": {}", *run.file_offset) : "";
  return fmt::format(
      "{{ \"start\": {}, \"length\": {}, \"depth\": {}, \"present\": {}, "
      "\"zero\": {}, \"data\": {}{}}}",
      start, run.length, run.depth, run.present, run.zero, holds_data(run), offset);
}

std::string human_line(std::uint64_t start, const Mapping& run,
                       const std::vector<std::string>& files) {
  return fmt::format("{:<#16x}{:<#16x}{:<#16x}{}\n", start, run.length,
                     run.file_offset.value_or(0), files.at(run.depth));
}

}  // namespace

Exit image_info(const ImageChoice& choice, Report& report) {
  auto source = open_source(choice, report);
  if (!source) return report_refused(choice, source.error(), report);
  ImageFacts facts = source->image().facts();
  std::vector<std::string> chain = source->file_names();
  auto parents = parents_json(*source);
  if (!parents) return report.fail(parents.error(), Exit::could_not_tell);
  report.print(container_text(facts, chain));
  report.print(fmt::format("  the file has {} ({} bytes)\n",
                           binary_size(source->chain.files[0]->size()),
                           source->chain.files[0]->size()));
  report.document({{"image", choice.file},
                   {"container", container_json(facts, chain)},
                   {"file_size", source->chain.files[0]->size()},
                   {"parents", *parents},
                   {"refusal", nullptr}});
  return Exit::done;
}

Exit image_map(const ImageMapRequest& request, Report& report) {
  auto source = open_source(request.image, report);
  if (!source) return report.fail(source.error(), Exit::could_not_tell);
  std::vector<std::string> files = source->file_names();
  json runs = json::array();
  bool as_qemu = request.output == "json";
  std::string text = as_qemu ? "["
                             : fmt::format("{:<16}{:<16}{:<16}File\n", "Offset",
                                           "Length", "Mapped to");
  bool first = true;
  Done done =
      for_each_run(source->image(), [&](std::uint64_t start, const Mapping& run) {
        if (report.json()) {
          runs.push_back(run_json(start, run));
        } else if (as_qemu) {
          text += (first ? "" : ",\n") + qemu_json_line(start, run);
        } else if (holds_data(run)) {
          text += human_line(start, run, files);
        }
        first = false;
      });
  if (!done) return report.fail(done.error(), Exit::could_not_tell);
  report.print(text + (as_qemu ? "]\n" : ""));
  report.document({{"image", request.image.file}, {"files", files}, {"map", runs}});
  return Exit::done;
}

}  // namespace drydock::cli
