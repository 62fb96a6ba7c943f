// Real driver packages, for the tests of adding and removing them, and what sleuthkit
// finds on a disk.

#pragma once

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "repair/driver/add.h"
#include "repair/installation.h"
#include "repair/repair.h"
#include "tests/repair/windows_disk.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

inline Result<ByteVector> read_host(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return Error(Errc::not_found, "it isn't there").in(file.string());
  std::string text(std::istreambuf_iterator<char>(stream), {});
  Bytes bytes = bytes_of(text);
  return ByteVector(bytes.begin(), bytes.end());
}

// A package of the corpus, of which a test may change files.
struct HostPackage {
  std::filesystem::path folder;
  std::string inf;
  std::map<std::string, ByteVector> instead = {};

  ReadPackageFile reader() const {
    return [this](const std::string& path) -> Result<ByteVector> {
      auto changed = instead.find(path);
      if (changed != instead.end()) return changed->second;
      return read_host(folder / path);
    };
  }
};

inline Result<Added> plan_package(const repair::Installation& windows,
                                  const HostPackage& package, const AddOptions& options,
                                  repair::Plan& plan) {
  return plan_add(windows, package.inf, package.reader(), options, plan);
}

// Adds the package to the image file, as the program does.
inline Result<Added> add_to_image(const std::filesystem::path& image,
                                  const HostPackage& package,
                                  const AddOptions& options = {}) {
  auto transaction = TRY(
      repair::Transaction::begin(image, {.clock = [] { return images::kBuildTime; }}));
  repair::Plan plan;
  Added added = TRY(
      plan_package(*transaction->disk().installations().at(0), package, options, plan));
  auto prove = [&](const repair::Disk& disk) {
    return check_added(*disk.installations().at(0), added);
  };
  TRY(repair::apply_plan(*transaction, plan, "drivers add", {.prove = prove}));
  return added;
}

inline std::string hash_of(const std::filesystem::path& path) {
  return run({"sha256sum", path.string()}).out.substr(0, 64);
}

// What sleuthkit finds in the Windows volume of a raw disk.
class Sleuth {
 public:
  Sleuth(std::filesystem::path raw, std::uint64_t first_sector)
      : raw_(std::move(raw)), offset_(fmt::format("{}", first_sector)) {
    RunResult listed =
        run({"fls", "-o", offset_, "-F", "-u", "-r", "-p", raw_.string()});
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    std::istringstream lines(listed.out);
    for (std::string line; std::getline(lines, line);) {
      // "r/r 40-128-1:\tWindows/x"
      std::size_t begin = line.find(' ') + 1;
      std::size_t end = line.find(":\t");
      if (end == std::string::npos) continue;
      nodes_[ascii_lower(line.substr(end + 2))] = line.substr(begin, end - begin);
    }
  }

  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& [path, node] : nodes_) all.push_back(path);
    return all;
  }

  // The file's bytes, by icat.
  std::string read(const std::string& path) const {
    auto found = nodes_.find(ascii_lower(path));
    EXPECT_NE(found, nodes_.end()) << path;
    if (found == nodes_.end()) return {};
    return run({"icat", "-o", offset_, raw_.string(), found->second}).out;
  }

 private:
  std::filesystem::path raw_;
  std::string offset_;
  std::map<std::string, std::string> nodes_;
};

inline Sleuth look_into(const repair::WindowsDisk& windows,
                        const std::filesystem::path& image) {
  auto disk = windows.open();
  std::uint32_t number = disk->installations().at(0)->partition();
  return {image, disk->find_partition(number)->offset / 512};
}

}  // namespace drydock::driver

// In a test: a package of the corpus in `name`, or the test is skipped.
#define DRYDOCK_PACKAGE(name, folder_name, inf_name)                               \
  DRYDOCK_CORPUS_FILE(name##_folder,                                               \
                      std::string("drivers/virtio-win-0.1.240/") + (folder_name)); \
  HostPackage name { name##_folder, inf_name }
