// drydock sigcheck: who signed each file, by what, and whether Windows believes it.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "repair/cli/guest_files.h"
#include "repair/cli/progress_bar.h"
#include "repair/cli/signature_verbs.h"
#include "repair/cli/trust.h"
#include "repair/file_tree.h"
#include "repair/glob.h"
#include "repair/installation.h"
#include "repair/signature/guest_verifier.h"
#include "repair/signature/image_hash.h"
#include "repair/signature/version_resource.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/file_device.h"

namespace drydock::cli {
namespace {

using nlohmann::json;
using signature::Algorithm;
using signature::Verification;
using signature::Verified;

constexpr std::array<Algorithm, 2> kShown = {Algorithm::sha1, Algorithm::sha256};

// One file, and all that was found out.
struct Checked {
  std::string path;
  Verification verification;
  std::vector<signature::Digest> flat;  // of all its bytes, by kShown
  signature::VersionResource version;
  std::string problem;  // why it couldn't be checked; the rest is then empty
};

Result<Checked> check(const signature::Verifier& verifier, const BlockDevice& file,
                      std::uint32_t build) {
  Checked checked;
  checked.verification =
      TRY(verifier.verify(file, {.build = build,
                                 .hashes = {kShown.begin(), kShown.end()},
                                 .takes_catalogs = true}));
  checked.flat = TRY(signature::flat_hashes(file, kShown));
  if (const auto& pe = checked.verification.pe) {
    auto version = signature::read_version_resource(file, *pe);
    if (version) checked.version = *std::move(version);
  }
  return checked;
}

// What sigcheck answers: it knows no difference between the ways of being signed.
std::string_view verdict_of(const Checked& checked) {
  if (!checked.problem.empty()) return "could_not_tell";
  switch (checked.verification.verified) {
    case Verified::embedded:
    case Verified::catalog:
      return "signed";
    case Verified::unsigned_file:
      return "unsigned";
    case Verified::bad:
      return "bad";
    case Verified::could_not_tell:
      return "could_not_tell";
  }
  return "could_not_tell";
}

json text_or_null(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

json hash_json(const signature::Digest* digest) {
  return digest == nullptr ? json(nullptr) : json(digest->hex());
}

std::vector<std::string> chain_of(const Verification& verification) {
  std::vector<std::string> names;
  if (!verification.judgement) return names;
  for (const auto& certificate : verification.judgement->chain) {
    names.push_back(certificate.name);
  }
  const std::string& root = verification.judgement->root;
  if (!root.empty() && (names.empty() || names.back() != root)) names.push_back(root);
  return names;
}

// Seconds since 1970 as to_string_utc() has it.
std::string time_words(std::int64_t seconds) {
  constexpr std::int64_t kFrom1601 = 11'644'473'600;
  constexpr std::int64_t kTicks = 10'000'000;
  return to_string_utc(static_cast<FileTime>((seconds + kFrom1601) * kTicks));
}

json signature_json(const Verification& verification) {
  std::vector<std::string> chain = chain_of(verification);
  json object = {
      {"signer", chain.empty() ? json(nullptr) : json(chain.front())},
      {"catalog", verification.catalog ? json(*verification.catalog) : json(nullptr)},
      {"catalogs", verification.catalogs},
      {"chain", std::move(chain)},
      {"time", nullptr},
      {"notes", json::array()}};
  if (const auto& judgement = verification.judgement) {
    if (judgement->time) object["time"] = time_words(*judgement->time);
    object["notes"] = judgement->notes;
  }
  return object;
}

json file_json(const Checked& checked) {
  const Verification& found = checked.verification;
  json object = signature_json(found);
  bool told = checked.problem.empty();
  object["path"] = checked.path;
  object["verified"] = verdict_of(checked);
  object["by"] = told ? json(to_string(found.verified)) : json(nullptr);
  object["why"] = text_or_null(told ? found.why : checked.problem);
  object["machine"] =
      found.pe ? json(signature::machine_word(found.pe->machine)) : json(nullptr);
  object["company"] = text_or_null(checked.version.company_name);
  object["description"] = text_or_null(checked.version.file_description);
  object["product"] = text_or_null(checked.version.product_name);
  object["product_version"] = text_or_null(checked.version.product_version);
  object["file_version"] = text_or_null(checked.version.file_version);
  const auto& flat = checked.flat;
  object["hashes"] = {{"sha1", hash_json(flat.empty() ? nullptr : &flat[0])},
                      {"sha256", hash_json(flat.empty() ? nullptr : &flat[1])},
                      {"authenticode_sha1",
                       hash_json(found.pe ? found.hash(Algorithm::sha1) : nullptr)},
                      {"authenticode_sha256",
                       hash_json(found.pe ? found.hash(Algorithm::sha256) : nullptr)}};
  return object;
}

// In the words and the order of sigcheck.exe -i -h.
std::string text_of(const json& file) {
  std::string text = file["path"].get<std::string>() + ":\n";
  auto add = [&](std::string_view name, const json& value) {
    if (!value.is_null()) {
      text += fmt::format("    {:<16}{}\n", fmt::format("{}:", name),
                          value.get<std::string>());
    }
  };
  auto word = file["verified"].get<std::string>();
  json verified = word == "signed"           ? "Signed"
                  : word == "unsigned"       ? "Unsigned"
                  : word == "could_not_tell" ? "could not tell"
                                             : "bad signature";
  add("Verified", verified);
  add("Why", file["why"]);
  add("Signing date", file["time"]);
  add("Catalog", file["catalog"]);
  if (!file["chain"].empty()) {
    auto names = file["chain"].get<std::vector<std::string>>();
    add("Signers", fmt::format("{}", fmt::join(names, " < ")));
  }
  for (const json& note : file["notes"]) add("Note", note);
  add("Company", file["company"]);
  add("Description", file["description"]);
  add("Product", file["product"]);
  add("Prod version", file["product_version"]);
  add("File version", file["file_version"]);
  add("MachineType", file["machine"]);
  add("SHA1", file["hashes"]["sha1"]);
  add("SHA256", file["hashes"]["sha256"]);
  add("PESHA1", file["hashes"]["authenticode_sha1"]);
  add("PE256", file["hashes"]["authenticode_sha256"]);
  return text;
}

// What the files of one run came to.
class Sigcheck {
 public:
  Sigcheck(const signature::Verifier& verifier, std::uint32_t build, Report& report)
      : verifier_(verifier), build_(build), report_(report) {}

  Done take(const std::string& path, const Result<DevicePtr>& file);
  std::size_t count() const { return files_.size(); }
  Exit finish();

 private:
  const signature::Verifier& verifier_;
  std::uint32_t build_;
  Report& report_;
  json files_ = json::array();
  bool faults_ = false;
  bool unsure_ = false;
};

// What can't be read of one file is told, and the others are gone on with.
Done Sigcheck::take(const std::string& path, const Result<DevicePtr>& file) {
  Checked checked;
  if (file) {
    auto done = check(verifier_, **file, build_);
    if (done) checked = *std::move(done);
    if (!done) checked.problem = done.error().describe();
  } else {
    checked.problem = file.error().describe();
  }
  checked.path = path;
  json object = file_json(checked);
  std::string_view verdict = verdict_of(checked);
  faults_ = faults_ || verdict == "unsigned" || verdict == "bad";
  unsure_ = unsure_ || verdict == "could_not_tell";
  report_.print(text_of(object));
  if (report_.json()) files_.push_back(std::move(object));
  return {};
}

Exit Sigcheck::finish() {
  report_.document({{"files", std::move(files_)}});
  if (faults_) return Exit::faults;
  return unsure_ ? Exit::could_not_tell : Exit::done;
}

// Of the guest's own catalogs, where there is a Windows.  Without them every file that
// bears no signature looks unsigned, so that is said.
Result<std::unique_ptr<signature::Verifier>> verifier_of(const OpenImage& image,
                                                         const SigcheckRequest& request,
                                                         Report& report) {
  signature::TrustStore trust = TRY(trust_store(request.trust));
  const auto& installations = image.disk->installations();
  if (request.installation >= installations.size()) {
    return std::make_unique<signature::Verifier>(signature::CatalogIndex(), nullptr,
                                                 std::move(trust));
  }
  const repair::Installation& windows = *installations[request.installation];
  ProgressBar bar("catalogs");
  auto verifier =
      TRY(signature::guest_verifier(windows, std::move(trust), bar.progress()));
  if (verifier->index().catalogs().empty()) {
    report.note(fmt::format("drydock: {} has no catalogs\n", windows.show()));
  }
  if (!verifier->policy_problem().empty()) {
    report.note(
        fmt::format("drydock: what the list of vulnerable drivers denies isn't "
                    "told: {}\n",
                    verifier->policy_problem()));
  }
  return verifier;
}

// The files that `pattern` means in a folder: "*.sys".
Done take_fitting(const repair::Disk& disk, const Found& folder,
                  const std::string& pattern, std::size_t installation,
                  Sigcheck& sigcheck) {
  std::vector<std::string> names;
  TRY(folder.volume->list_names(
      folder.file, [&](const std::string& name, FileKind kind) {
        bool fits = repair::matches_glob(ascii_lower(pattern), ascii_lower(name));
        if (kind == FileKind::file && fits) names.push_back(name);
        return true;
      }));
  for (const std::string& name : names) {
    repair::GuestPath path = folder.path;
    path.path = repair::join(path.path, name);
    auto file = folder.volume->find(path.path);
    TRY(sigcheck.take(
        disk.show(path, installation),
        file ? file->data() : Result<DevicePtr>(std::move(file).error())));
  }
  if (!names.empty()) return {};
  return Error(Errc::not_found, fmt::format("no file's name fits {}", pattern));
}

Done take_tree(const repair::Disk& disk, const Found& folder, std::size_t installation,
               Sigcheck& sigcheck, Report& report) {
  auto take = [&](const repair::BelowFolder& below) -> Done {
    if (below.entry.stat.kind != FileKind::file) return {};
    repair::GuestPath path{.partition = folder.path.partition, .path = below.path};
    auto file = folder.volume->find(below.path);
    return sigcheck.take(
        disk.show(path, installation),
        file ? file->data() : Result<DevicePtr>(std::move(file).error()));
  };
  return repair::walk_tree(
      *folder.volume, folder.file, folder.path.path, take, [&](const Error& error) {
        report.note(fmt::format("drydock: {}\n", error.describe()));
      });
}

Done take_path(const OpenImage& image, const SigcheckRequest& request,
               const std::string& path, Sigcheck& sigcheck, Report& report) {
  std::size_t name = path.find_last_of("\\/") + 1;
  if (path.find_first_of("*?", name) != std::string::npos) {
    Found folder =
        TRY(find_file(*image.disk, path.substr(0, name), request.installation, report));
    return take_fitting(*image.disk, folder, path.substr(name), request.installation,
                        sigcheck);
  }
  Found found = TRY(find_file(*image.disk, path, request.installation, report));
  if (found.file.is_directory() && request.recursive) {
    return take_tree(*image.disk, found, request.installation, sigcheck, report);
  }
  if (found.file.is_directory()) {
    return Error(Errc::bad_argument, "it is a folder; -r checks what is below it")
        .in(path);
  }
  return sigcheck.take(image.disk->show(found.path, request.installation),
                       found.file.data());
}

Result<Exit> check_guest(const SigcheckRequest& request, Report& report) {
  OpenImage image = TRY(open_image_file(request.image, request.disk, report));
  auto verifier = TRY(verifier_of(image, request, report));
  const auto& installations = image.disk->installations();
  std::uint32_t build = request.installation < installations.size()
                            ? signature::build_of(*installations[request.installation])
                            : 0;
  Sigcheck sigcheck(*verifier, build, report);
  for (const std::string& path : request.paths) {
    Done taken = take_path(image, request, path, sigcheck, report);
    if (!taken) TRY(sigcheck.take(path, std::move(taken).error()));
  }
  return sigcheck.finish();
}

// The files of the host that `path` means.  Below a folder, a link that leads nowhere
// is passed over.
Result<std::vector<std::string>> host_files(const std::string& path, bool recursive,
                                            Report& report) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<std::string>{path};
  if (!recursive) {
    return Error(Errc::bad_argument, "it is a folder; -r checks what is below it")
        .in(path);
  }
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code unseen;
    auto status = at->status(unseen);
    if (fs::is_regular_file(status)) files.push_back(at->path().string());
    if (!fs::status_known(status)) {
      report.note(fmt::format("drydock: {} is passed over; the host says: {}\n",
                              at->path().string(), unseen.message()));
    }
  }
  if (error) {
    return Error(Errc::io, fmt::format("the host says: {}", error.message())).in(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<Exit> check_host(const SigcheckRequest& request, Report& report) {
  signature::TrustStore trust = TRY(trust_store(request.trust));
  signature::CatalogIndex index;
  signature::CatalogFolderPtr store;
  if (!request.catalogs.empty()) {
    store = signature::catalogs_in(std::filesystem::path(request.catalogs));
    index = TRY(signature::CatalogIndex::read(*store));
  }
  signature::Verifier verifier(std::move(index), std::move(store), std::move(trust));
  Sigcheck sigcheck(verifier, 0, report);
  for (const std::string& named : request.paths) {
    auto paths = host_files(named, request.recursive, report);
    if (!paths) {
      TRY(sigcheck.take(named, std::move(paths).error()));
      continue;
    }
    for (const std::string& path : *paths) {
      auto file = FileDevice::open(path);
      TRY(sigcheck.take(path, file ? Result<DevicePtr>(*std::move(file))
                                   : Result<DevicePtr>(std::move(file).error())));
    }
  }
  return sigcheck.finish();
}

}  // namespace

Exit sigcheck(const SigcheckRequest& request, Report& report) {
  if (request.paths.empty()) {
    return report.fail(Error(Errc::bad_argument, "which files? IMAGE PATH..."),
                       Exit::usage);
  }
  auto done =
      request.of_host ? check_host(request, report) : check_guest(request, report);
  if (!done) return report.fail(done.error(), Exit::could_not_tell);
  return *done;
}

}  // namespace drydock::cli
