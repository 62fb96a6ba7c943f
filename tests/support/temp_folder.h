// A folder for one test, gone with it.

#pragma once

#include <filesystem>
#include <random>
#include <string>

namespace drydock {

class TempFolder {
 public:
  TempFolder() {
    std::random_device dice;
    do {
      path_ = std::filesystem::temp_directory_path() /
              ("drydock-" + std::to_string(dice()));
    } while (!std::filesystem::create_directory(path_));
  }
  TempFolder(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace drydock
