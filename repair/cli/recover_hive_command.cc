// drydock recover, of a bare hive: what its logs hold is put into a copy, or
// with --in-place into the hive itself.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/bare_hive.h"
#include "repair/cli/calm_commit.h"
#include "repair/cli/commands.h"
#include "repair/cli/host_file.h"
#include "repair/cli/json.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

using hive::RecoveryState;

Done write_copy(const std::string& path, const hive::Hive& hive) {
  CalmCommit calm;
  HostFile file = TRY(HostFile::create(path));
  TRY(file.append(TRY(hive.save())));
  return file.keep();
}

// Where the recovered hive went: "" where nothing was written.
Result<std::string> write(const RecoverHiveRequest& request, const hive::Hive& hive,
                          Report& report) {
  if (!request.output.empty()) {
    TRY(write_copy(request.output, hive).in(request.output));
    return request.output;
  }
  if (!request.in_place || hive.recovery().state != RecoveryState::recovered) {
    return std::string();
  }
  TRY(settle_bare_hive(request.hive, hive, report));
  return request.hive;
}

std::string text_of(const hive::RecoveryReport& recovery, const std::string& name) {
  if (recovery.state == RecoveryState::clean) {
    return fmt::format("{}: clean, no log is applied\n", name);
  }
  std::string text = fmt::format("{}: {}\n", name, describe(recovery));
  for (const hive::AppliedLog& log : recovery.applied) {
    text += fmt::format("  {}: {} to {}, {} entries, {} pages; then {}\n", log.name,
                        log.first_sequence, log.last_sequence, log.entry_count,
                        log.page_count, log.end);
  }
  for (const std::string& log : recovery.unused) {
    text += fmt::format("  not used: {}\n", log);
  }
  if (recovery.base_block_replaced) text += "  the header comes from the log\n";
  if (recovery.dummy_bin_count != 0) {
    text += fmt::format("  {} bins without a header are empty now\n",
                        recovery.dummy_bin_count);
  }
  return text;
}

Result<hive::Hive> open(const RecoverHiveRequest& request, Report& report) {
  auto file = TRY(FileDevice::open(request.hive, {.writable = request.in_place}));
  // Held until the new file has the old one's name.
  if (request.in_place) report.track(file);
  auto hive =
      hive::Hive::open(*file, [&] { return read_bare_logs(request.hive, report); });
  if (!request.in_place) report.count(file->traffic());
  return std::move(hive).in(request.hive);
}

}  // namespace

bool is_recovery_of_hive(const RecoverHiveRequest& request) {
  return request.in_place || !request.output.empty() || is_bare_hive(request.hive);
}

Exit recover_hive(const RecoverHiveRequest& request, Report& report) {
  auto hive = open(request, report);
  if (!hive) return report.fail(hive.error());
  const hive::RecoveryReport& recovery = hive->recovery();
  bool writes = request.in_place || !request.output.empty();
  if (writes && hive->dirty()) {
    return report.fail(Error(Errc::busy, describe(recovery)).in(request.hive));
  }
  auto output = write(request, *hive, report);
  if (!output) return report.fail(output.error());
  report.print(text_of(recovery, request.hive));
  if (!output->empty()) report.print(fmt::format("written to {}\n", *output));
  if (!writes && recovery.state == RecoveryState::recovered) {
    report.print("nothing was written: say --output FILE or --in-place\n");
  }
  using nlohmann::json;
  report.document(
      {{"hive", request.hive},
       {"recovery", to_json(recovery)},
       {"sequence", hive->dirty() ? json(nullptr) : json(recovery.sequence)},
       {"output", output->empty() ? json(nullptr) : json(*output)}});
  return hive->dirty() ? Exit::could_not_tell : Exit::done;
}

}  // namespace drydock::cli
