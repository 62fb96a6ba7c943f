#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "ntfs/open_volume.h"
#include "repair/cli/commands.h"
#include "repair/cli/server.h"
#include "repair/view.h"
#include "vhd/base/try.h"
#include "vhd/served_disk.h"

namespace drydock::cli {

namespace {

using nlohmann::json;

// What the server will meet in the image is met here first, where it can be said
// well.  Of the overlay only the server knows.
Result<json> examine(const ServeRequest& request, Report& report) {
  ServeOptions options{.partition = request.partition, .overlay = {}, .parents = {}};
  for (const std::string& parent : request.parents) {
    options.parents.emplace_back(parent);
  }
  ServedDisk disk = TRY(open_served_disk(request.image, options));
  auto view = repair::open_view(disk.files.front(), options.parents);
  if (view && view->unsettled_change_count != 0) {
    return Error(Errc::interrupted, "a change of it was interrupted").in(request.image);
  }
  if (request.partition) {
    auto kind = detect_file_system(*disk.device);
    if (kind && *kind == "bitlocker") {
      report.note(fmt::format(
          "note: partition {} is encrypted by BitLocker, and so it is served\n",
          *request.partition));
    }
  }
  json document = {{"image", request.image},
                   {"uri", nullptr},
                   {"size", disk.device->size()},
                   {"sector_size", disk.device->sector_size()},
                   {"partition", nullptr},
                   {"overlay", nullptr},
                   {"writable", !request.overlay.empty()}};
  if (request.partition) document["partition"] = *request.partition;
  if (!request.overlay.empty()) document["overlay"] = request.overlay;
  return document;
}

ServerRequest server_of(const ServeRequest& request) {
  ServerRequest server{.parameters = {"file=" + request.image, "confined=true"},
                       .socket = request.socket};
  for (const std::string& parent : request.parents) {
    server.parameters.push_back("parent=" + parent);
  }
  if (request.partition) {
    server.parameters.push_back(fmt::format("partition={}", *request.partition));
  }
  if (!request.overlay.empty()) {
    server.parameters.push_back("overlay=" + request.overlay);
  }
  return server;
}

}  // namespace

Exit serve(const ServeRequest& request, Report& report) {
  auto document = examine(request, report);
  if (!document) return report.fail(std::move(document).error());
  bool told = false;
  Done done = serve_until_signal(server_of(request), [&](const std::string& uri) {
    (*document)["uri"] = uri;
    report.print(uri + "\n");
    report.document(*document);
    // Whoever waits for the address gets it now, and not when all is over.
    report.finish();
    std::fflush(stdout);
    report.note(fmt::format("serving {}; Ctrl-C ends it\n", request.image));
    told = true;
  });
  if (done) return Exit::done;
  if (told) report.note("drydock: " + done.error().describe() + "\n");
  return report.fail(done.error());
}

}  // namespace drydock::cli
