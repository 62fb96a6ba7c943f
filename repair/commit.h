// The only code that writes to an image.
//
//   journal   the changes are written beside the image and flushed
//   commit    the new bytes are written to the image and flushed
//   seal      the journal says so, flushed
//
// A power cut anywhere leaves either no whole journal (and an untouched image)
// or a whole one, which settle() rolls forward.  Doing that twice is harmless,
// and so is a power cut while it is done.
//
// All of these need the image's file to themselves: hold its lock.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "repair/journal.h"
#include "repair/journal_folder.h"
#include "vhd/image.h"

namespace drydock::repair {

// Opens the image for writing: what its container left in its log is finished
// at once.  Called as late as can be; again only where the image refused a
// write, after the first one is gone.
using OpenForWriting = std::function<Result<std::shared_ptr<Image>>()>;

struct Receipt {
  std::string journal;  // where it is, as its folder describes it; "" for none
  std::uint64_t bytes_written = 0;
  std::size_t extent_count = 0;
};

// Carries `changes` to the image.  Of `head` the caller gives id, time and
// description; the rest is set here.  Without changes there is nothing to do,
// and no journal.  busy where the image doesn't hold the "before" of each (it
// changed since the rehearsal), or where settle() has work to do.
//
// On an Error the image is as it was: either the journal was removed before
// anything was written, or the old bytes were put back and the journal says
// undone.  Only `interrupted` means that neither could be done, and that
// settle() will finish what was begun.
Result<Receipt> commit(const OpenForWriting& open_image, JournalFolder& folder,
                       JournalHead head, const std::vector<Overlay::Change>& changes);

// What an unfinished journal called for.
struct Settled {
  JournalState before = JournalState::incomplete;
  // sealed or undone; incomplete for a journal that was removed.
  JournalState after = JournalState::incomplete;
  Receipt receipt;
};

// Finishes what a power cut left: a complete journal rolls forward, an undo
// is finished, an incomplete journal is removed.  An empty list where there
// was nothing to do.  busy where the image holds bytes that are neither old
// nor new: somebody else has written to it, and nothing is touched.
// `interrupted` where it could not be finished this time either.
Result<std::vector<Settled>> settle(const OpenForWriting& open_image,
                                    JournalFolder& folder);

// What readers lay over the image: the changes that settle() would carry to
// it, `after` being the bytes that it would write.  Fails with busy as it
// does.  Writes nothing.
Result<std::vector<Overlay::Change>> unsettled_changes(const BlockDevice& image,
                                                       const JournalFolder& folder);

// Puts the old bytes of the newest sealed journal back.  not_found where there
// is none; busy where any extent no longer holds its new bytes, or where the
// image's data_guid isn't one that a journal left: the disk has been used
// since.  `interrupted` once the undo was begun and isn't finished.
Result<Receipt> undo(const OpenForWriting& open_image, JournalFolder& folder);

struct HistoryEntry {
  std::string journal;
  std::uint64_t number = 0;
  JournalState state = JournalState::incomplete;
  JournalHead head;
  std::uint64_t changed_size = 0;  // in bytes
  std::size_t extent_count = 0;
  std::string problem;  // of a journal that can't be read; "" else
};
// Oldest first.
Result<std::vector<HistoryEntry>> history(const JournalFolder& folder);

}  // namespace drydock::repair
