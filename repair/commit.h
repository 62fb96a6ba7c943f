// The only code that writes to an image.
//
//   journal   the changes are written beside the image and flushed
//   commit    the new bytes are written to the image and flushed
//   seal      the journal says so, flushed
//
// A power cut anywhere leaves either no whole journal (and an untouched image)
// or a whole one, which settle() rolls forward.  Doing that twice is harmless.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "repair/journal.h"
#include "repair/journal_folder.h"
#include "vhd/image.h"

namespace drydock::repair {

// Opens the image for writing: what its container left in its log is finished
// at once.  Called as late as can be, and at most once a function below.
using OpenForWriting = std::function<Result<std::shared_ptr<Image>>()>;

struct Receipt {
  std::string journal;  // its name in the folder
  std::uint64_t bytes_written = 0;
  std::size_t extent_count = 0;
};

// Carries `changes` to the image.  Each "before" must be what the image holds
// (else busy: it changed since the rehearsal).  `head.sequence` is set here.
// On an Error before the journal was whole, nothing has changed and the
// journal is removed; after that, the words say that `recover` finishes it.
Result<Receipt> commit(const OpenForWriting& open_image, JournalFolder& folder,
                       JournalHead head, const std::vector<Overlay::Change>& changes);

// What an unfinished journal calls for.
struct Settled {
  std::string journal;
  JournalState before = JournalState::incomplete;
  JournalState after = JournalState::incomplete;
};

// Finishes what a power cut left: a complete journal rolls forward, an undo
// is finished, an incomplete journal is removed.  An empty list where there
// was nothing to do.  busy where the image holds bytes that are neither old
// nor new: somebody else has written to it, and nothing is touched.
Result<std::vector<Settled>> settle(const OpenForWriting& open_image,
                                    JournalFolder& folder);

// What readers lay over the image: the changes of a journal that settle()
// would carry to it.  Writes nothing.
Result<std::vector<Overlay::Change>> unsettled_changes(const JournalFolder& folder);

// Puts the old bytes of the newest sealed journal back.  not_found where there
// is none; busy where any extent no longer holds its new bytes or the image's
// data_guid isn't the journaled one: the disk has been used since.
Result<Receipt> undo(const OpenForWriting& open_image, JournalFolder& folder);

struct HistoryEntry {
  std::string journal;
  JournalState state = JournalState::incomplete;
  JournalHead head;
  std::uint64_t changed_size = 0;  // in bytes
  std::size_t extent_count = 0;
};
// Oldest first.
Result<std::vector<HistoryEntry>> history(const JournalFolder& folder);

}  // namespace drydock::repair
