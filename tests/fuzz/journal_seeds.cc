#include "repair/journal.h"
#include "repair/journal_format.h"
#include "tests/fuzz/seeds.h"
#include "vhd/memory_device.h"

namespace drydock::fuzz {

namespace {

using repair::Journal;
using repair::JournalState;

// A small journal, marked up to `state`, and before it the byte that says
// whether its checksums are to be put right.
ByteVector journal(JournalState state, std::byte sign) {
  repair::JournalHead head;
  head.id = "9dea862c-5cdd-4e70-acc1-f32b344d4795"_guid;
  head.number = 1;
  head.virtual_size = 1 << 20;
  head.data_guid = "11111111-2222-3333-4444-555555555555"_guid;
  head.description = "{}";
  auto file = std::make_shared<MemoryDevice>(0);
  auto written = Journal::write(file, head,
                                {{.offset = 512,
                                  .before = ByteVector(512, std::byte{1}),
                                  .after = ByteVector(512, std::byte{2})},
                                 {.offset = 8192,
                                  .before = ByteVector(64, std::byte{3}),
                                  .after = ByteVector(64, std::byte{4})}});
  for (int next = 2; written && next <= static_cast<int>(state); ++next) {
    if (!written->advance(static_cast<JournalState>(next), head.data_guid)) break;
  }
  ByteVector bytes = {sign};
  bytes.insert(bytes.end(), file->bytes().begin(), file->bytes().end());
  return bytes;
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  std::vector<ByteVector> seeds;
  for (JournalState state : {JournalState::complete, JournalState::sealed,
                             JournalState::undoing, JournalState::undone}) {
    seeds.push_back(journal(state, std::byte{0}));
    seeds.push_back(journal(state, std::byte{1}));
  }
  // Without its first mark, and cut off in its table.
  ByteVector incomplete = journal(JournalState::complete, std::byte{0});
  auto mark = incomplete.begin() + 1 + repair::format::kPartSize;
  std::fill(mark, mark + repair::format::kSectorSize, std::byte{0});
  seeds.push_back(incomplete);
  ByteVector cut = journal(JournalState::sealed, std::byte{0});
  cut.resize(repair::format::kDescriptionOffset + 100);
  seeds.push_back(cut);
  return seeds;
}

}  // namespace drydock::fuzz
