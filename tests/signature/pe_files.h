// Real PE files, and what programs that aren't ours say of them.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vhd/base/bytes.h"

namespace drydock {

// Those of the corpus, and of shim and GRUB where their packages are installed.
std::vector<std::filesystem::path> real_pe_files();

// Wine's own programs and libraries, which have version resources; at most `count`.
std::vector<std::filesystem::path> wine_pe_files(std::size_t count);

ByteVector read_host_file(const std::filesystem::path& path);
void write_host_file(const std::filesystem::path& path, Bytes bytes);

// What osslsigncode computes of a signed file.
struct JudgedDigest {
  std::string algorithm;    // "sha256"
  std::string digest = {};  // in hex, lower case, as is the table
  std::string page_algorithm = {};
  std::string page_table = {};  // of version 2.5 the first 32 bytes alone
};
std::vector<JudgedDigest> judged_digests(const std::filesystem::path& file);

// `file`, signed by osslsigncode with a key that is made for it, in `folder`; nothing
// where that can't be done.
std::optional<std::filesystem::path> sign(const std::filesystem::path& file,
                                          const std::filesystem::path& folder,
                                          const std::string& algorithm);

// What a script of Python's pefile prints, of which sys.argv[1:] are the files; nothing
// where there is no pefile.
std::optional<std::string> ask_pefile(const std::string& script,
                                      const std::vector<std::filesystem::path>& files);

}  // namespace drydock
