#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ntfs/check/index_walk.h"
#include "ntfs/check/record_check.h"
#include "ntfs/record/layout.h"
#include "ntfs/record/name.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// NTFS's own order of names: folded, then the shorter first.  Names that fold alike
// may stand side by side in a case-sensitive directory, in either order.
bool names_in_order(const UpcaseTable& upcase, std::u16string_view before,
                    std::u16string_view name) {
  std::size_t length = std::min(before.size(), name.size());
  for (std::size_t i = 0; i < length; ++i) {
    char16_t a = upcase[before[i]];
    char16_t b = upcase[name[i]];
    if (a != b) return a < b;
  }
  return before.size() < name.size() ||
         (before.size() == name.size() && before != name);
}

class NamesIndex {
 public:
  NamesIndex(Survey& survey, Reference directory, const IndexParts& parts)
      : survey_(survey), directory_(directory), parts_(parts) {}

  void run() {
    IndexHooks hooks;
    hooks.visit = [&](Bytes entry, Bytes key) { visit(entry, key); };
    if (survey_.facts.upcase) {
      hooks.in_order = [&](Bytes before, Bytes key) {
        auto first = decode_name(before);
        auto second = decode_name(key);
        return !first || !second ||
               names_in_order(*survey_.facts.upcase, first->name, second->name);
      };
    }
    walk_index(survey_, parts_, hooks);
  }

 private:
  void error(std::string_view rule, std::string what) {
    survey_.report.error(rule, {.record = directory_.record, .part = parts_.name},
                         std::move(what));
  }
  void visit(Bytes entry, Bytes key) {
    Reference file = Reference::unpack(*load<le64>(entry));
    auto name = decode_name(key);
    if (!name) return error("index.name", name.error().describe());
    std::string shown = to_utf8(name->name);
    if (name->directory != directory_) {
      error("index.parent", fmt::format("the entry of {} says that it is in record {}",
                                        shown, name->directory.record));
    }
    if (file.record >= survey_.table.record_count()) {
      return error("index.stale",
                   fmt::format("{} is said to be record {} of an $MFT of {}", shown,
                               file.record, survey_.table.record_count()));
    }
    survey_.witness.entry(directory_, file, name->name);
  }

  Survey& survey_;
  Reference directory_;
  const IndexParts& parts_;
};

// The names of the indexes that a file has.
Result<std::set<std::u16string>> names_of_indexes(const Survey& survey, Bytes base) {
  std::set<std::u16string> names;
  for (const RecordAttribute& attribute : TRY(decode_attributes(base))) {
    if (attribute.type() == kIndexRootType) names.insert(attribute.name);
  }
  for (const ListedAttribute& entry : TRY(survey.table.list_of(base))) {
    if (entry.type == kIndexRootType) names.insert(entry.name);
  }
  return names;
}

}  // namespace

void check_indexes(Survey& survey, Reference file, Bytes base) {
  if (survey.budget.listed_attributes == 0) return;  // As the list's check told.
  auto names = names_of_indexes(survey, base);
  if (!names) return;  // Told where the record's list is checked.
  for (const std::u16string& name : *names) {
    auto parts = find_index(survey.table, file.record, base, name);
    if (!parts) {
      survey.report.error("index.root",
                          {.record = file.record, .part = "index " + to_utf8(name)},
                          parts.error().describe());
      continue;
    }
    if (name == u"$I30") {
      NamesIndex(survey, file, *parts).run();
    } else {
      walk_index(survey, *parts, {.visit = [](Bytes, Bytes) {}, .in_order = {}});
    }
  }
}

}  // namespace drydock::ntfs
