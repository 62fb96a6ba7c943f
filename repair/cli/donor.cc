#include "repair/cli/donor.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "repair/repair.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::cli {

bool names_image(const std::string& name) {
  constexpr std::array<std::string_view, 5> kEnds = {".vhdx", ".avhdx", ".vhd", ".raw",
                                                     ".img"};
  std::string end = ascii_lower(std::filesystem::path(name).extension().string());
  return std::ranges::find(kEnds, end) != kEnds.end();
}

Result<Donor> open_donor(const std::string& name, Report& report) {
  Donor donor;
  donor.name = name;
  std::error_code error;
  if (!std::filesystem::exists(name, error)) {
    return Error(Errc::not_found, "there is no such file, and no such folder").in(name);
  }
  donor.is_folder = std::filesystem::is_directory(name, error);
  if (donor.is_folder || !names_image(name)) return donor;
  donor.image = TRY(open_image_file(name, DiskChoice{}, report));
  const repair::Disk& disk = *donor.image->disk;
  std::size_t index = TRY(repair::choose_installation(disk, {}).in(name));
  donor.windows = disk.installations()[index].get();
  return donor;
}

void add_donor_files(const std::string& name, worker::HostFiles& files) {
  std::error_code error;
  if (std::filesystem::is_directory(name, error)) {
    files.read_tree(name);
  } else if (names_image(name)) {
    files.read_image(name);
  } else {
    files.read(name);
  }
}

}  // namespace drydock::cli
