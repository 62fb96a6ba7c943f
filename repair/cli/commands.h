// The verbs of drydock, one function each.  main.cc turns the command line into
// these structs; each function does the work and says it through the Report.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "repair/cli/report.h"
#include "repair/transaction.h"

namespace drydock::cli {

// How a disk is found and opened, as the command line has it: where the parents of
// its image are, and what a volume with unfinished work gets.
struct DiskChoice {
  std::vector<std::string> parents;
  Unclean unclean = Unclean::automatic;
  bool discard_hibernation = false;
  bitlocker::KeyRingPtr keys;

  repair::ParentPaths parent_paths() const { return {parents.begin(), parents.end()}; }

  VolumeOptions options() const {
    return {
        .unclean = unclean, .discard_hibernation = discard_hibernation, .keys = keys};
  }
};

struct InfoRequest {
  std::string image;
  bool hash = false;
  DiskChoice disk;
};
Exit info(const InfoRequest& request, Report& report);

// What of a disk's structures is broken.
struct CheckRequest {
  std::string image;
  DiskChoice disk;
};
Exit check(const CheckRequest& request, Report& report);

// Shows the disk, or a partition of it, to others over NBD until a signal ends it.
struct ServeRequest {
  std::string image;
  std::optional<std::uint32_t> partition;
  std::string overlay;  // "": nothing is written
  std::vector<std::string>
      parents;         // of a differencing image, where they aren't beside it
  std::string socket;  // "": a fresh one
};
Exit serve(const ServeRequest& request, Report& report);

// Shows a volume as a folder of the host, until it is unmounted or a signal comes.
struct MountRequest {
  std::string image;
  std::string folder;
  std::string volume;   // "esp:", "3:"; "": that of Windows, or the only one
  std::string overlay;  // "": nothing is written
  bool for_others = false;
  std::size_t installation = 0;
  DiskChoice disk;
};
// In steps: prepare() mounts, and gives the descriptor on which mount() answers; end()
// takes the mount away.
class Mounting {
 public:
  Mounting();
  ~Mounting();
  Result<std::vector<int>> prepare(const MountRequest& request);
  Exit mount(const MountRequest& request, Report& report);
  void end();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// ls, cat, stat: what an image's files are.
struct ReadRequest {
  std::string image;
  std::vector<std::string> paths;
  std::size_t installation = 0;
  bool recursive = false;  // ls
  bool all = false;        // ls: one line a file with its facts
  DiskChoice disk;
};
Exit list(const ReadRequest& request, Report& report);
Exit cat(const ReadRequest& request, Report& report);
Exit stat(const ReadRequest& request, Report& report);

struct GetRequest {
  std::string image;
  std::string guest;
  std::string host;  // "-" is stdout
  bool recursive = false;
  std::size_t installation = 0;
  DiskChoice disk;
};
Exit get(const GetRequest& request, Report& report);

// What every verb that changes an image takes.
struct ChangeOptions {
  std::optional<std::size_t> installation;
  bool dry_run = false;
  bool although_parent = false;
  DiskChoice disk;

  repair::TransactionOptions transaction() const {
    return {.dry_run = dry_run,
            .unclean = disk.unclean,
            .discard_hibernation = disk.discard_hibernation,
            .keys = disk.keys,
            .parents = disk.parent_paths(),
            .although_parent = although_parent};
  }
};

struct PutRequest {
  std::string image;
  std::string host;  // "-" is stdin
  std::string guest;
  bool keep_old = false;
  bool recursive = false;
  ChangeOptions change;
};
Exit put(const PutRequest& request, Report& report);

struct RemoveRequest {
  std::string image;
  std::vector<std::string> paths;
  ChangeOptions change;
};
Exit remove(const RemoveRequest& request, Report& report);

// The words of bcdedit.exe and reg.exe, as they stood on the command line.
struct WordsRequest {
  std::string target;  // an image, a bare hive, or, for bcdedit, nothing
  std::string store;   // --store FILE of bcdedit
  std::vector<std::string> words;
  ChangeOptions change;
};
Exit bcdedit(const WordsRequest& request, Report& report);
Exit reg(const WordsRequest& request, Report& report);

// An article's commands, as they stand in a file.
struct ScriptRequest {
  std::string image;
  std::string file;                 // "-" is stdin
  std::vector<std::string> drives;  // "F:", "G:=esp"
  std::map<std::string, std::string> fillings;
  ChangeOptions change;
};
Exit script(const ScriptRequest& request, Report& report);

struct RepairRequest {
  std::string image;
  std::vector<std::string> recipes;
  std::map<std::string, std::string> settings;
  std::vector<std::string> trust;  // files with certificates
  ChangeOptions change;
};
Exit diagnose(const RepairRequest& request, Report& report);
Exit repair(const RepairRequest& request, Report& report);
Exit recipes(const std::string& name, Report& report);

struct RecoverRequest {
  std::string image;
  ChangeOptions change;
};
Exit recover(const RecoverRequest& request, Report& report);

struct UndoRequest {
  std::string image;
  bool although_parent = false;
  DiskChoice disk;
};
Exit undo(const UndoRequest& request, Report& report);
Exit history(const std::string& image, Report& report);

// recover of a bare hive with its logs beside it.
struct RecoverHiveRequest {
  std::string hive;
  std::string output;  // "" for none
  bool in_place = false;
};
// Whether `recover` is meant of a hive: the file is one, or a place for the
// recovered hive was named, which no image takes.
bool is_recovery_of_hive(const RecoverHiveRequest& request);
Exit recover_hive(const RecoverHiveRequest& request, Report& report);

}  // namespace drydock::cli
