// The whole of what a log still holds, whatever was replayed long ago: every
// record that can be found in it, old or new.
//
// Windows wrote both the log and the volume that it led to.  So taking back all
// of the history and making it again must lead to the same volume, to the byte.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "ntfs/logfile/log_of_volume.h"
#include "ntfs/logfile/log_reader.h"
#include "ntfs/logfile/passes.h"
#include "ntfs/logfile/target.h"

namespace drydock::ntfs {

struct Step {
  Action action;
  LogTables tables;  // its open attributes, as of then
};

// Every change in the log of `volume`, by LSN.
Result<std::vector<Step>> history_of(BlockDevice& volume);

// "CreateAttribute/DeleteAttribute", how often: every pair of operations met in
// the records of a log.
std::map<std::string, int> operations_in(LogReader& log);

// Every record that begins anywhere in the log, by LSN.
std::map<std::uint64_t, LogRecord> records_of(LogReader& log);

// A reader of a log that is a file by itself.
Result<LogReader> reader_of(const SystemFile& log);

}  // namespace drydock::ntfs
