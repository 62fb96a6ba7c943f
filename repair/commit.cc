#include "repair/commit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

// What can't be torn by a power cut, on any disk.
constexpr std::uint64_t kSectorSize = 512;

enum class Half : std::uint8_t { before, after };

const ByteVector& bytes_of(const Overlay::Change& change, Half half) {
  return half == Half::before ? change.before : change.after;
}

Result<Journal> open_journal(const JournalFolder& folder, std::uint64_t number,
                             Result<DevicePtr> file) {
  auto open = [&]() -> Result<Journal> {
    Journal journal = TRY(Journal::open(TRY(std::move(file))));
    if (journal.state() != JournalState::incomplete &&
        journal.head().number != number) {
      return Error(Errc::corrupt,
                   fmt::format("it says that it is journal {}", journal.head().number));
    }
    return journal;
  };
  return open().in("journal " + folder.describe(number));
}

// What a journal comes to, without its file: only one at a time may be open
// for writing, and none for reading then.
struct Summary {
  std::uint64_t number = 0;
  JournalState state = JournalState::incomplete;
  std::optional<Guid> data_guid;
};

struct Survey {
  std::vector<Summary> all;  // ascending
  // The one that a power cut left to be finished.
  std::optional<std::uint64_t> unfinished;
};

// One that can't be read may be unfinished, so that it stops whoever wants to
// write.
Result<Survey> survey(const JournalFolder& folder) {
  Survey survey;
  for (std::uint64_t number : TRY(folder.list())) {
    Journal journal = TRY(open_journal(folder, number, folder.open(number)));
    survey.all.push_back(
        {.number = number, .state = journal.state(), .data_guid = journal.data_guid()});
    if (!journal.is_unfinished()) continue;
    // Nobody begins a change while another is unfinished.
    if (survey.unfinished) {
      return Error(Errc::corrupt, fmt::format("{} and {} are both unfinished",
                                              folder.describe(*survey.unfinished),
                                              folder.describe(number)));
    }
    survey.unfinished = number;
  }
  return survey;
}

// For those who begin a change of their own.
Result<Survey> survey_settled(const JournalFolder& folder) {
  Survey all = TRY(survey(folder));
  if (!all.unfinished) return all;
  return Error(Errc::busy, "an earlier change isn't finished")
      .in("journal " + folder.describe(*all.unfinished));
}

// The bytes that settle() brings to the image.
Half target_of(const Journal& journal) {
  return journal.state() == JournalState::undoing ? Half::before : Half::after;
}

Done check_size(const BlockDevice& image, const Journal& journal) {
  if (image.size() == journal.head().virtual_size) return {};
  return Error(Errc::busy,
               fmt::format("the journal is about a disk of {} bytes, and this one has "
                           "{}: remove the journal if it isn't this disk's",
                           journal.head().virtual_size, image.size()));
}

Error differs(std::uint64_t offset, std::string_view words) {
  return Error(Errc::busy, fmt::format("the bytes at {} {}", offset, words));
}

// busy, with `words`, where the image holds anything else there.
Done check_holds(const BlockDevice& image, const Overlay::Change& change, Half half,
                 std::string_view words) {
  ByteVector now(change.after.size());
  TRY(image.read(change.offset, now));
  const ByteVector& expected = bytes_of(change, half);
  if (now == expected) return {};
  auto at = std::ranges::mismatch(now, expected).in1 - now.begin();
  return differs(change.offset + static_cast<std::uint64_t>(at), words);
}

// A power cut leaves each sector old or new.
Done check_old_or_new(const BlockDevice& image, const Overlay::Change& change) {
  ByteVector now(change.after.size());
  TRY(image.read(change.offset, now));
  for (std::uint64_t at = 0; at < now.size(); at += kSectorSize) {
    std::uint64_t length = std::min(kSectorSize, now.size() - at);
    if (std::memcmp(now.data() + at, change.before.data() + at, length) == 0) continue;
    if (std::memcmp(now.data() + at, change.after.data() + at, length) == 0) continue;
    return differs(change.offset + at,
                   "are neither those from before the unfinished change nor those "
                   "from after it: something else has written to this disk since; "
                   "remove the journal to keep the disk as it is");
  }
  return {};
}

Done check_old_or_new(const BlockDevice& image, const Journal& journal) {
  TRY(check_size(image, journal));
  for (std::size_t i = 0; i < journal.extent_count(); ++i) {
    TRY(check_old_or_new(image, TRY(journal.read(i))));
  }
  return {};
}

// Brings one half of the journal to the image, makes it safe, and looks.
// Writes what is there already too: after a flush that failed, the host shows
// bytes that never reached its disk.
Done carry(Image& image, const Journal& journal, Half half) {
  for (std::size_t i = 0; i < journal.extent_count(); ++i) {
    Overlay::Change change = TRY(journal.read(i));
    TRY(image.write(change.offset, bytes_of(change, half)));
  }
  TRY(image.flush());
  for (std::size_t i = 0; i < journal.extent_count(); ++i) {
    Done same =
        check_holds(image, TRY(journal.read(i)), half, "aren't what was written");
    if (!same) return Error(Errc::io, same.error().describe());
  }
  return {};
}

Error interrupted(const Error& cause, const std::string& journal) {
  return Error(Errc::interrupted,
               fmt::format("the change was begun and isn't finished: {}; `drydock "
                           "recover` finishes it from {}",
                           cause.describe(), journal));
}

Receipt receipt_of(const Journal& journal, std::string name) {
  return {.journal = std::move(name),
          .bytes_written = journal.changed_size(),
          .extent_count = journal.extent_count()};
}

// What comes before the first byte of the image is written: everything that
// can be found wrong without harm.
struct Prepared {
  std::shared_ptr<Image> image;
  Journal journal;
};
Result<Prepared> prepare(const OpenForWriting& open_image, JournalFolder& folder,
                         DevicePtr file, JournalHead head,
                         const std::vector<Overlay::Change>& changes) {
  std::shared_ptr<Image> image = TRY(open_image());
  head.virtual_size = image->size();
  head.data_guid = image->facts().data_guid;
  for (const Overlay::Change& change : changes) {
    TRY(check_holds(*image, change, Half::before,
                    "changed while the repair was being rehearsed"));
  }
  Journal journal = TRY(Journal::write(std::move(file), head, changes));
  TRY(folder.flush());
  for (std::size_t i = 0; i < journal.extent_count(); ++i) TRY(journal.read(i));
  return Prepared{.image = std::move(image), .journal = std::move(journal)};
}

// The image was not touched: the journal goes, or it would do its work later.
Error discard(JournalFolder& folder, std::uint64_t number, Error cause) {
  auto remove = [&]() -> Done {
    TRY(folder.remove(number));
    return folder.flush();
  };
  if (remove()) return cause;
  return interrupted(cause, folder.describe(number));
}

}  // namespace

Result<Receipt> commit(const OpenForWriting& open_image, JournalFolder& folder,
                       JournalHead head, const std::vector<Overlay::Change>& changes) {
  if (changes.empty()) return Receipt{};
  Survey earlier = TRY(survey_settled(folder));
  head.number = earlier.all.empty() ? 1 : earlier.all.back().number + 1;
  std::string name = folder.describe(head.number);
  DevicePtr file = TRY(folder.create(head.number).in("journal " + name));

  auto prepared = prepare(open_image, folder, std::move(file), head, changes);
  if (!prepared) {
    return discard(folder, head.number, std::move(prepared).error());
  }
  std::shared_ptr<Image>& image = prepared->image;
  Journal& journal = prepared->journal;
  Done carried = carry(*image, journal, Half::after);
  if (!carried) {
    auto roll_back = [&]() -> Done {
      // A container that was refused a write may take no other.
      image.reset();
      image = TRY(open_image());
      TRY(carry(*image, journal, Half::before));
      return journal.advance(JournalState::undone, image->facts().data_guid);
    };
    if (!roll_back()) return interrupted(carried.error(), name);
    return std::move(carried).error().in("the old bytes were put back");
  }
  Done sealed = journal.advance(JournalState::sealed, image->facts().data_guid);
  if (!sealed) return interrupted(sealed.error(), name);
  return receipt_of(journal, name);
}

namespace {

Result<Settled> finish(const OpenForWriting& open_image, JournalFolder& folder,
                       std::uint64_t number) {
  std::string name = folder.describe(number);
  Journal journal = TRY(open_journal(folder, number, folder.open_for_writing(number)));
  std::shared_ptr<Image> image = TRY(open_image());
  TRY(check_old_or_new(*image, journal).in("journal " + name));
  Settled settled;
  settled.before = journal.state();
  bool undoing = journal.state() == JournalState::undoing;
  auto roll = [&]() -> Done {
    TRY(carry(*image, journal, target_of(journal)));
    return journal.advance(undoing ? JournalState::undone : JournalState::sealed,
                           image->facts().data_guid);
  };
  Done rolled = roll();
  if (!rolled) return interrupted(rolled.error(), name);
  settled.after = journal.state();
  settled.receipt = receipt_of(journal, name);
  return settled;
}

}  // namespace

Result<std::vector<Settled>> settle(const OpenForWriting& open_image,
                                    JournalFolder& folder) {
  Survey found = TRY(survey(folder));
  std::vector<Settled> settled;
  if (found.unfinished) {
    settled.push_back(TRY(finish(open_image, folder, *found.unfinished)));
  }
  for (const Summary& journal : found.all) {
    if (journal.state != JournalState::incomplete) continue;
    Settled removed;
    removed.receipt.journal = folder.describe(journal.number);
    TRY(folder.remove(journal.number).in("journal " + removed.receipt.journal));
    settled.push_back(std::move(removed));
  }
  return settled;
}

Result<std::vector<Overlay::Change>> unsettled_changes(const BlockDevice& image,
                                                       const JournalFolder& folder) {
  std::vector<Overlay::Change> changes;
  Survey found = TRY(survey(folder));
  if (!found.unfinished) return changes;
  std::uint64_t number = *found.unfinished;
  std::string place = "journal " + folder.describe(number);
  Journal journal = TRY(open_journal(folder, number, folder.open(number)));
  TRY(check_old_or_new(image, journal).in(place));
  for (std::size_t i = 0; i < journal.extent_count(); ++i) {
    Overlay::Change change = TRY(journal.read(i).in(place));
    if (target_of(journal) == Half::before) std::swap(change.before, change.after);
    changes.push_back(std::move(change));
  }
  return changes;
}

namespace {

// Whether the last who wrote to the image was one of these journals.  Each
// writing session gives it a GUID that never comes again, so that one which a
// journal left says that nobody wrote since -- be it the newest journal's or,
// in an image that was brought back from a copy, an older one's.
Done check_guid(const Image& image, const Survey& journals) {
  std::optional<Guid> now = image.facts().data_guid;
  if (!now) return {};  // A raw image has none: its bytes alone decide.
  for (const Summary& journal : journals.all) {
    if (journal.data_guid == now) return {};
  }
  return Error(Errc::busy,
               fmt::format("this disk has been written to since it was changed: its "
                           "data GUID is {}, which no journal left",
                           to_string(*now)));
}

Result<Receipt> undo(const OpenForWriting& open_image, const Survey& journals,
                     Journal journal, const std::string& name) {
  constexpr std::string_view kUsed =
      "have been written to since they were changed: this disk has been used";
  std::shared_ptr<Image> image = TRY(open_image());
  TRY(check_size(*image, journal));
  TRY(check_guid(*image, journals));
  for (std::size_t i = 0; i < journal.extent_count(); ++i) {
    TRY(check_holds(*image, TRY(journal.read(i)), Half::after, kUsed));
  }
  auto put_back = [&]() -> Done {
    TRY(journal.advance(JournalState::undoing, image->facts().data_guid));
    TRY(carry(*image, journal, Half::before));
    return journal.advance(JournalState::undone, image->facts().data_guid);
  };
  Done done = put_back();
  if (!done) return interrupted(done.error(), name);
  return receipt_of(journal, name);
}

}  // namespace

Result<Receipt> undo(const OpenForWriting& open_image, JournalFolder& folder) {
  Survey found = TRY(survey_settled(folder));
  auto newest = std::ranges::find_if(
      found.all.rbegin(), found.all.rend(),
      [](const Summary& journal) { return journal.state == JournalState::sealed; });
  if (newest == found.all.rend()) {
    return Error(Errc::not_found, "there is no change that could be undone");
  }
  std::string name = folder.describe(newest->number);
  Journal journal = TRY(
      open_journal(folder, newest->number, folder.open_for_writing(newest->number)));
  return undo(open_image, found, std::move(journal), name).in("journal " + name);
}

Result<std::vector<HistoryEntry>> history(const JournalFolder& folder) {
  std::vector<HistoryEntry> entries;
  for (std::uint64_t number : TRY(folder.list())) {
    HistoryEntry entry;
    entry.journal = folder.describe(number);
    entry.number = number;
    auto journal = open_journal(folder, number, folder.open(number));
    if (journal) {
      entry.state = journal->state();
      entry.head = journal->head();
      entry.changed_size = journal->changed_size();
      entry.extent_count = journal->extent_count();
    } else {
      entry.problem = journal.error().describe();
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace drydock::repair
