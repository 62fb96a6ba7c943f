// drydock undo, recover, history: the journals beside an image.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/change.h"
#include "repair/cli/commands.h"
#include "repair/commit.h"
#include "vhd/base/try.h"
#include "vhd/file_device.h"
#include "vhd/image.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

// Opens the image when the first byte is to be written, not before.
repair::OpenForWriting writer(const std::string& image, Report& report) {
  return [&image, &report]() -> Result<std::shared_ptr<Image>> {
    auto file = TRY(FileDevice::open(image, {.writable = true}));
    report.track(file);
    return open_image(file, {.writable = true}).in(image);
  };
}

json description_json(const std::string& description) {
  return json::parse(description, nullptr, false).is_discarded()
             ? json(description)
             : json::parse(description);
}

}  // namespace

Exit undo(const std::string& image, Report& report) {
  CalmCommit calm;
  auto folder = repair::journals_beside(image);
  auto receipt = repair::undo(writer(image, report), *folder);
  if (!receipt) return fail_change(receipt.error(), report);
  report.print(fmt::format("put {} bytes in {} places back as they were (journal {})\n",
                           receipt->bytes_written, receipt->extent_count,
                           folder->describe(receipt->journal)));
  report.document({{"journal", folder->describe(receipt->journal)},
                   {"bytes_written", receipt->bytes_written},
                   {"extent_count", receipt->extent_count}});
  return Exit::done;
}

Exit recover(const std::string& image, Report& report) {
  CalmCommit calm;
  auto folder = repair::journals_beside(image);
  auto settled = repair::settle(writer(image, report), *folder);
  if (!settled) return fail_change(settled.error(), report);
  json list = json::array();
  for (const repair::Settled& entry : *settled) {
    std::string name = folder->describe(entry.journal);
    report.print(fmt::format("{}: {}, now {}\n", name, to_string(entry.before),
                             to_string(entry.after)));
    list.push_back({{"journal", name},
                    {"before", to_string(entry.before)},
                    {"after", to_string(entry.after)}});
  }
  if (settled->empty()) report.print("nothing was left unfinished\n");
  report.document({{"settled", std::move(list)}});
  return Exit::done;
}

Exit history(const std::string& image, Report& report) {
  auto file = FileDevice::open(image);
  if (!file) return report.fail(file.error());
  auto folder = repair::journals_beside(image);
  auto entries = repair::history(*folder);
  if (!entries) return report.fail(entries.error());
  json list = json::array();
  for (const repair::HistoryEntry& entry : *entries) {
    std::string name = folder->describe(entry.journal);
    bool known = entry.state != repair::JournalState::incomplete;
    json description = description_json(entry.head.description);
    std::string what = description.is_object() && description.contains("what")
                           ? description["what"].get<std::string>()
                           : entry.head.description;
    report.print(fmt::format("{}  {:<10} {:>8} bytes  {}\n    {}\n",
                             known ? to_string_utc(entry.head.time) : "-",
                             to_string(entry.state), entry.changed_size, what, name));
    list.push_back({{"journal", name},
                    {"state", to_string(entry.state)},
                    {"sequence", known ? json(entry.head.sequence) : json(nullptr)},
                    {"time", known ? json(to_string_utc(entry.head.time)) : json(nullptr)},
                    {"changed_size", entry.changed_size},
                    {"extent_count", entry.extent_count},
                    {"description", std::move(description)}});
  }
  if (entries->empty()) report.print("nothing was changed by drydock\n");
  report.document({{"changes", std::move(list)}});
  return Exit::done;
}

}  // namespace drydock::cli
