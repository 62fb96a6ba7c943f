// drydock image compare.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/image_source.h"
#include "repair/cli/progress_bar.h"
#include "vhd/base/try.h"
#include "vhd/compare.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

struct Comparison {
  std::uint64_t sizes[2] = {};
  std::optional<std::uint64_t> first_difference;
};

Result<Comparison> compare(const ImageCompareRequest& request, Report& report) {
  ImageSource a = TRY(open_source(request.a, report));
  ImageSource b = TRY(open_source(request.b, report));
  Comparison comparison{.sizes = {a.device->size(), b.device->size()},
                        .first_difference = std::nullopt};
  ProgressBar bar("compare");
  comparison.first_difference =
      TRY(find_difference(*a.device, *b.device, bar.progress()));
  return comparison;
}

}  // namespace

Exit image_compare(const ImageCompareRequest& request, Report& report) {
  auto comparison = compare(request, report);
  if (!comparison) return report.fail(comparison.error(), Exit::could_not_tell);
  bool sizes_differ = comparison->sizes[0] != comparison->sizes[1];
  bool identical = !comparison->first_difference && !(request.strict && sizes_differ);
  if (sizes_differ) {
    report.print(fmt::format("the sizes differ: {} and {} bytes\n",
                             comparison->sizes[0], comparison->sizes[1]));
  }
  if (comparison->first_difference) {
    report.print(fmt::format("the contents differ, first at byte {}\n",
                             *comparison->first_difference));
  } else {
    report.print(sizes_differ ? "the contents are the same, and zeros beyond\n"
                              : "the contents are the same\n");
  }
  report.document({{"identical", identical},
                   {"sizes", {comparison->sizes[0], comparison->sizes[1]}},
                   {"first_difference", comparison->first_difference
                                            ? json(*comparison->first_difference)
                                            : json(nullptr)}});
  return identical ? Exit::done : Exit::faults;
}

}  // namespace drydock::cli
