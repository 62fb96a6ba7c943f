// drydock image create.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/container.h"
#include "repair/cli/host_file.h"
#include "repair/cli/image_source.h"
#include "repair/cli/image_words.h"
#include "vhd/base/try.h"
#include "vhd/create.h"

namespace drydock::cli {
namespace {

// The parent stays open until the child is made.
struct Wanted {
  CreateOptions options;
  std::optional<ImageSource> parent;
};

Done take_parent(const ImageCreateRequest& request, Report& report, Wanted& wanted) {
  wanted.options.kind = ImageKind::differencing;
  wanted.parent =
      TRY(open_source({.file = request.parent, .format = "", .parents = {}}, report));
  wanted.options.parent = wanted.parent->chain.image;
  wanted.options.format = wanted.parent->image().facts().format;
  wanted.options.parent_link = TRY(link_to_parent(request.parent, request.file));
  return {};
}

Result<Wanted> parse(const ImageCreateRequest& request, Report& report) {
  Wanted wanted;
  if (!request.parent.empty()) TRY(take_parent(request, report, wanted));
  if (!request.format.empty()) {
    wanted.options.format = TRY(parse_format(request.format));
    if (wanted.options.format == ImageFormat::raw) wanted.options.kind = ImageKind::raw;
  }
  wanted.options = TRY(parse_create_options(request.options, wanted.options));
  if (!request.size.empty()) {
    wanted.options.virtual_size = TRY(parse_size(request.size));
  } else if (request.parent.empty()) {
    return Error(Errc::bad_argument, "a new image needs a SIZE or a parent (-b)");
  }
  return wanted;
}

Result<ImageFacts> create(const ImageCreateRequest& request, Report& report) {
  Wanted wanted = TRY(parse(request, report));
  Existing existing = request.force ? Existing::replace : Existing::refuse;
  HostFile file = TRY(HostFile::create_new(request.file, existing));
  report.track(file.device());
  TRY(create_image(*file.device(), wanted.options));
  ImageFacts facts = TRY(examine_image(file.device()));
  TRY(file.keep());
  return facts;
}

}  // namespace

Exit image_create(const ImageCreateRequest& request, Report& report) {
  auto facts = create(request, report);
  if (!facts) return report.fail(facts.error());
  std::vector<std::string> chain = chain_by_name(request.file, *facts);
  report.print("made " + container_text(*facts, chain));
  if (facts->kind == ImageKind::fixed) {
    report.print(
        "  its space is promised by the host, not taken: the file is sparse\n");
  }
  report.document(
      {{"image", request.file}, {"container", container_json(*facts, chain)}});
  return Exit::done;
}

}  // namespace drydock::cli
