#include "tests/signature/pe_files.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "vhd/base/utf16.h"

namespace drydock {

namespace {

void add_from(const std::filesystem::path& folder,
              const std::vector<std::string>& endings,
              std::vector<std::filesystem::path>& files) {
  std::error_code error;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder, error)) {
    std::string name = ascii_lower(entry.path().filename().string());
    bool fits =
        std::any_of(endings.begin(), endings.end(),
                    [&](const std::string& end) { return name.ends_with(end); });
    if (fits && entry.is_regular_file()) files.push_back(entry.path());
  }
}

// The word behind "LABEL   : ", in lower case.
std::optional<std::string> word_of(const std::string& line, std::string_view label) {
  if (!line.starts_with(label)) return std::nullopt;
  std::size_t colon = line.find(": ");
  if (colon == std::string::npos) return std::nullopt;
  std::string word = ascii_lower(line.substr(colon + 2));
  return word.substr(0, word.find_first_of(" ."));
}

}  // namespace

std::vector<std::filesystem::path> real_pe_files() {
  std::vector<std::filesystem::path> files;
  if (auto drivers = corpus_file("drivers")) {
    add_from(*drivers, {".sys", ".exe", ".efi"}, files);
  }
  add_from("/usr/lib/shim", {".efi", ".efi.signed"}, files);
  add_from("/usr/lib/grub", {".efi", ".efi.signed"}, files);
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::filesystem::path> wine_pe_files(std::size_t count) {
  std::vector<std::filesystem::path> files;
  add_from("/usr/lib/x86_64-linux-gnu/wine/x86_64-windows", {".dll", ".exe", ".sys"},
           files);
  std::sort(files.begin(), files.end());
  files.resize(std::min(files.size(), count));
  return files;
}

ByteVector read_host_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  std::string text = all.str();
  Bytes bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

void write_host_file(const std::filesystem::path& path, Bytes bytes) {
  std::ofstream(path, std::ios::binary)
      .write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
}

std::vector<JudgedDigest> judged_digests(const std::filesystem::path& file) {
  // It fails for want of the right certificates, but says what it found.
  std::vector<std::string> call = {"osslsigncode",      "verify",      "-verbose",
                                   "-ignore-timestamp", file.string(), "-ignore-cdp"};
  auto said = run(call);
  if (said.out.find("Unknown option") != std::string::npos ||
      said.err.find("Unknown option") != std::string::npos) {
    call.pop_back();  // Debian 12's own, 2.5
    said = run(call);
  }
  std::vector<JudgedDigest> found;
  std::istringstream lines(said.out);
  for (std::string line; std::getline(lines, line);) {
    if (auto algorithm = word_of(line, "Message digest algorithm  ")) {
      found.push_back({.algorithm = *algorithm});
    }
    if (found.empty()) continue;
    JudgedDigest& last = found.back();
    if (auto word = word_of(line, "Calculated message digest")) last.digest = *word;
    if (auto word = word_of(line, "Page hash algorithm")) last.page_algorithm = *word;
    if (auto word = word_of(line, "Calculated page hash")) last.page_table = *word;
  }
  return found;
}

std::optional<std::filesystem::path> sign(const std::filesystem::path& file,
                                          const std::filesystem::path& folder,
                                          const std::string& algorithm) {
  std::filesystem::path key = folder / "key.pem";
  std::filesystem::path certificate = folder / "certificate.pem";
  if (!std::filesystem::exists(key) &&
      run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
           key.string(), "-out", certificate.string(), "-days", "2", "-subj",
           "/CN=a test's own", "-addext", "extendedKeyUsage=codeSigning"})
              .exit_code != 0) {
    return std::nullopt;
  }
  std::filesystem::path signed_file = folder / ("signed-" + algorithm);
  std::filesystem::remove(signed_file);
  auto said =
      run({"osslsigncode", "sign", "-certs", certificate.string(), "-key", key.string(),
           "-h", algorithm, "-ph", "-in", file.string(), "-out", signed_file.string()});
  if (said.exit_code != 0) return std::nullopt;
  return signed_file;
}

std::optional<std::string> ask_pefile(const std::string& script,
                                      const std::vector<std::filesystem::path>& files) {
  if (run({"/usr/bin/python3", "-c", "import pefile"}).exit_code != 0) {
    return std::nullopt;
  }
  std::vector<std::string> call{"/usr/bin/python3", "-c", script};
  for (const auto& file : files) call.push_back(file.string());
  return run(call).out;
}

}  // namespace drydock
