// --donor, --from: what a person named to take good files from.

#pragma once

#include <optional>
#include <string>

#include "repair/cli/guest_files.h"
#include "repair/installation.h"
#include "repair/worker/host_files.h"

namespace drydock::cli {

struct Donor {
  std::string name;  // as it was written
  // An image with a Windows in it; else a file or a folder of the host.
  std::optional<OpenImage> image = {};
  const repair::Installation* windows = nullptr;  // in the image
  bool is_folder = false;
};

// Whether `name` is that of an image, by its end alone: ".vhdx", ".avhdx", ".vhd",
// ".raw", ".img".
bool names_image(const std::string& name);

// Fails as opening the image does, where it holds no Windows or several, and with
// not_found where there is nothing of that name.
Result<Donor> open_donor(const std::string& name, Report& report);

// What a worker may open for it.
void add_donor_files(const std::string& name, worker::HostFiles& files);

}  // namespace drydock::cli
