// catalogs and sigcheck: their words, and what each of them is asked.

#pragma once

#include <string>
#include <vector>

#include "repair/cli/command_line.h"
#include "repair/cli/commands.h"

namespace drydock::cli {

// What is missing or damaged of the catalogs of a Windows; and their good copies.
struct CatalogsRequest {
  std::string image;
  std::string donor;  // an image or a folder of the host; "" for none
  ChangeOptions change;
};
Exit check_catalogs(const CatalogsRequest& request, Report& report);
Exit restore_catalogs(const CatalogsRequest& request, Report& report);

// Who signed files, and whether Windows believes it.
struct SigcheckRequest {
  std::string image;  // "" where the files are the host's
  std::vector<std::string> paths;
  bool recursive = false;
  bool of_host = false;
  std::string catalogs;            // a folder of the host; "" for none
  std::vector<std::string> trust;  // files with certificates
  std::size_t installation = 0;
  DiskChoice disk;
};
Exit sigcheck(const SigcheckRequest& request, Report& report);

struct SignatureRequests {
  SigcheckRequest sigcheck;
  CatalogsRequest catalogs;
};

// Adds the verbs to `app`; the one that is parsed sets `command`.
void add_signature_verbs(CLI::App& app, SignatureRequests& requests, Command& command);

}  // namespace drydock::cli
