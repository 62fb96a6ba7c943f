#include "repair/cli/change.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/host_file.h"
#include "repair/cli/json.h"
#include "repair/edit_words.h"
#include "repair/installation.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"

namespace drydock::cli {

namespace {

using nlohmann::json;

std::string diff_text(const std::vector<repair::Outcome>& outcomes) {
  std::string text;
  for (const repair::Outcome& outcome : outcomes) {
    text += fmt::format("{}  {}\n", outcome.edit, outcome.where);
    if (!outcome.before.empty()) text += fmt::format("  - {}\n", outcome.before);
    if (!outcome.after.empty()) text += fmt::format("  + {}\n", outcome.after);
    if (!outcome.why.empty()) text += fmt::format("  because {}\n", outcome.why);
  }
  return text;
}

// Which Windows C: is about.  Where there is none the plan may still be about
// other volumes; where there are several, one has to be named.
Result<std::size_t> meant(const repair::Disk& disk, const ChangeOptions& options) {
  if (!options.installation && disk.installations().size() < 2) return std::size_t{0};
  return repair::choose_installation(disk, options.installation);
}

Result<repair::Applied> change(const std::string& image, const ChangeOptions& options,
                               const std::string& what, const MakePlan& make_plan,
                               Report& report) {
  auto transaction =
      TRY(repair::Transaction::begin(image, {.dry_run = options.dry_run}));
  report.track(transaction->view().file);
  repair::Disk& disk = transaction->disk();
  std::size_t installation = TRY(meant(disk, options));
  repair::Plan plan = TRY(make_plan(disk, installation));
  CalmCommit calm;
  return repair::apply_plan(*transaction, plan, what, {.dry_run = options.dry_run});
}

}  // namespace

void report_change(const repair::Applied& applied, bool dry_run, Report& report) {
  report.print(diff_text(applied.outcomes));
  for (const std::string& note : applied.notes) {
    report.print(fmt::format("note: {}\n", note));
  }
  if (dry_run) {
    report.print(fmt::format("dry run: {} bytes would be written, and none was\n",
                             applied.bytes_written));
  } else if (applied.journal) {
    report.print(fmt::format("wrote {} bytes; `drydock undo` takes them back "
                             "(journal {})\n",
                             applied.bytes_written, *applied.journal));
  } else {
    report.print("nothing had to change\n");
  }
}

Exit fail_change(const Error& error, Report& report) {
  return report.fail(error, repair::needs_recovery(error) ? Exit::interrupted
                                                          : Exit::failed);
}

Exit change_image(const std::string& image, const ChangeOptions& options,
                  const std::string& what, const MakePlan& make_plan, Report& report) {
  auto applied = change(image, options, what, make_plan, report);
  if (!applied) return fail_change(applied.error(), report);
  report_change(*applied, options.dry_run, report);
  std::string state = options.dry_run    ? "planned"
                      : applied->journal ? "repaired"
                                         : "nothing_to_do";
  report.document({{"state", state},
                   {"edits", to_json(applied->outcomes)},
                   {"notes", applied->notes},
                   {"journal", applied->journal ? json(*applied->journal) : json(nullptr)},
                   {"bytes_written", applied->bytes_written}});
  return Exit::done;
}

// ---- a hive in a file of the host

namespace {

class BareHive {
 public:
  BareHive(hive::Hive& hive, const std::string& path) : hive_(hive), path_(path) {}

  Result<repair::Outcome> operator()(const repair::BcdSet& edit) {
    bcd::Store store = TRY(bcd::Store::open(hive_));
    repair::Outcome outcome = TRY(element(store, edit.object, edit.element));
    outcome.before = outcome.after;
    TRY(store.set(edit.object, edit.element, edit.value));
    outcome.after = TRY(element(store, edit.object, edit.element)).after;
    return outcome;
  }

  Result<repair::Outcome> operator()(const repair::BcdDelete& edit) {
    bcd::Store store = TRY(bcd::Store::open(hive_));
    repair::Outcome outcome = TRY(element(store, edit.object, edit.element));
    outcome.before = std::exchange(outcome.after, "");
    TRY(store.remove(edit.object, edit.element));
    return outcome;
  }

  Result<repair::Outcome> operator()(const repair::RegistrySet& edit) {
    hive::Key key = TRY(hive_.create(edit.key));
    if (!edit.value) return repair::Outcome{.where = place(edit.key), .after = "a key"};
    repair::Outcome outcome = TRY(value(key, edit.key, edit.value->name));
    TRY(hive_.set(key, *edit.value));
    outcome.after = repair::words_of(*edit.value);
    return outcome;
  }

  Result<repair::Outcome> operator()(const repair::RegistryDelete& edit) {
    hive::Key key = TRY(hive_.find(edit.key));
    if (!edit.value) {
      TRY(hive_.remove(key));
      return repair::Outcome{.where = place(edit.key), .before = "a key"};
    }
    repair::Outcome outcome = TRY(value(key, edit.key, *edit.value));
    TRY(hive_.remove_value(key, *edit.value));
    return outcome;
  }

  template <class FileEdit>
  Result<repair::Outcome> operator()(const FileEdit&) {
    return Error(Errc::bad_argument, "a bare hive holds no files");
  }

 private:
  std::string place(const std::string& key) const { return path_ + " " + key; }

  // In `after`, what the element is now.
  Result<repair::Outcome> element(const bcd::Store& store, const bcd::ObjectId& id,
                                  bcd::ElementId element) {
    bcd::Object object = TRY(store.object(id));
    repair::Outcome outcome{
        .where = fmt::format("{} {} {}", path_, repair::words_of(id),
                             bcd::element_name(element, object.type))};
    auto now = store.get(id, element);
    if (now) outcome.after = repair::words_of(*now, element, object.type);
    return outcome;
  }

  // In `before`, what the value is now.
  Result<repair::Outcome> value(hive::Key key, const std::string& path,
                                const std::string& name) {
    repair::Outcome outcome{.where = fmt::format("{} {}", place(path), name)};
    auto now = hive_.value(key, name);
    if (now) outcome.before = repair::words_of(*now);
    return outcome;
  }

  hive::Hive& hive_;
  std::string path_;
};

Result<std::vector<repair::Outcome>> edit_bare_hive(
    const std::string& path, bool dry_run, const std::vector<repair::Action>& actions,
    Report& report) {
  // Held for writing until the new file has its name: nobody edits it meanwhile.
  auto file = TRY(FileDevice::open(path, {.writable = !dry_run}));
  report.track(file);
  hive::Hive hive = TRY(hive::Hive::open(*file).in(path));
  BareHive bare(hive, path);
  std::vector<repair::Outcome> outcomes;
  for (const repair::Action& action : actions) {
    outcomes.push_back(TRY(std::visit(bare, action).in(path)));
    outcomes.back().edit = repair::kind_of(action);
  }
  ByteVector bytes = TRY(hive.save().in(path));
  if (dry_run) return outcomes;
  CalmCommit calm;
  HostFile target = TRY(HostFile::create(path));
  TRY(target.append(bytes));
  TRY(target.keep());
  return outcomes;
}

}  // namespace

Exit change_bare_hive(const std::string& path, bool dry_run,
                      const std::vector<repair::Action>& actions, Report& report) {
  auto outcomes = edit_bare_hive(path, dry_run, actions, report);
  if (!outcomes) return report.fail(outcomes.error());
  report.print(diff_text(*outcomes));
  if (dry_run) report.print("dry run: nothing was written\n");
  report.document({{"state", dry_run ? "planned" : "repaired"},
                   {"edits", to_json(*outcomes)},
                   {"notes", json::array()},
                   {"journal", nullptr},
                   {"bytes_written", 0}});
  return Exit::done;
}

}  // namespace drydock::cli
