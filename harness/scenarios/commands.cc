#include "harness/scenarios/commands.h"

#include "harness/work_folder.h"
#include "repair/installation.h"
#include "vhd/base/try.h"

namespace drydock::scenarios {

namespace {

// What %SystemRoot% is on the disks that are built here.
constexpr std::string_view kRoot = "\\Windows";

}  // namespace

Result<Commands> read_commands(const harness::Yaml& node,
                               const std::filesystem::path& folder) {
  TRY(node.only({"file", "drive"}));
  Commands commands;
  commands.name = TRY(node.get("file").text());
  ByteVector file = TRY(harness::read_host_file(folder / commands.name));
  auto text = script::decode_text(file);
  if (!text) return node.error(text.error().words());
  commands.text = *std::move(text);
  if (node.get("drive").kind() == harness::Yaml::Kind::null) return commands;
  auto drives = script::parse_drives({TRY(node.get("drive").text())});
  if (!drives) return node.error(drives.error().words());
  commands.drives = *std::move(drives);
  return commands;
}

Result<repair::Applied> run_commands(const Commands& commands,
                                     repair::Transaction& transaction,
                                     repair::ApplyOptions options) {
  repair::Disk& disk = transaction.disk();
  std::size_t installation = TRY(repair::choose_installation(disk, std::nullopt));
  script::Script lines =
      TRY(script::read_script(commands.text, script::places_of(commands.drives, kRoot),
                              commands.fillings)
              .in(commands.name));
  script::Machine machine(disk, installation, commands.drives);
  TRY(script::run(lines, machine).in(commands.name));
  return repair::apply_done(transaction, machine.done(), machine.outcomes(),
                            "script " + commands.name, std::move(options));
}

}  // namespace drydock::scenarios
