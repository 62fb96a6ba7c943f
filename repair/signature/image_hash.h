// The hash of a PE file that its signature, or a catalog, holds.
//
// Signing must not change it.  So it leaves out what signing writes: the checksum,
// the entry that names the certificate table, and the table.  All else is hashed in
// the order of the file, what lies between sections and behind them too.  Microsoft,
// "Windows Authenticode Portable Executable Signature Format", goes from section to
// section; the two differ where sections overlap or leave gaps, and there we do as
// osslsigncode does.

#pragma once

#include <span>
#include <vector>

#include "repair/signature/digest.h"
#include "repair/signature/pe.h"

namespace drydock::signature {

// What an image hash is made of: bytes of the file, then zeros.
struct HashedRanges {
  std::vector<Range> ranges;
  std::uint32_t zero_count = 0;
};

// A file without a certificate table is hashed as if it were padded to a multiple of
// 8 bytes, which is where the table would begin: Get-AppLockerFileInformation says so
// (winsiderss/systeminformer #3073), and osslsigncode does so.  Bytes that follow the
// table are hashed, so that they can't be added unseen.
HashedRanges hashed_ranges(const Pe& pe);

// One digest for each of `algorithms`, in their order, of one reading.  Fails as a
// read of `file` does.
Result<std::vector<Digest>> image_hashes(const BlockDevice& file, const Pe& pe,
                                         std::span<const Algorithm> algorithms,
                                         const Progress& progress = {});

// The same of all bytes of a file, of whatever kind: what a catalog holds of files
// that aren't PE.
Result<std::vector<Digest>> flat_hashes(const BlockDevice& file,
                                        std::span<const Algorithm> algorithms,
                                        const Progress& progress = {});

}  // namespace drydock::signature
