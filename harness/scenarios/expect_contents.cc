// What the mended disk holds: elements of its boot store, values of its
// registry, files.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/scenarios/expectation.h"
#include "ntfs/security/sddl.h"
#include "repair/bcd/names.h"
#include "repair/control_sets.h"
#include "repair/installation.h"
#include "repair/view.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::scenarios {

namespace {

constexpr std::string_view kAbsent = "absent";
// A file that is compared with a text in a story is small.
constexpr std::uint64_t kTextSizeMax = 4096;

Error otherwise(std::string_view subject, std::string_view found,
                std::string_view wanted) {
  return Error(Errc::corrupt,
               fmt::format("{} is {}, and not {}", subject, found, wanted));
}

// The mended image, opened as a stranger would.
struct Opened {
  repair::View view;
  std::unique_ptr<repair::Disk> disk;

  Result<const repair::Installation*> windows() const {
    if (disk->installations().empty()) {
      return Error(Errc::not_found, "no Windows was found on the disk");
    }
    return disk->installations()[0].get();
  }
};

Result<Opened> open_disk(const Stage& stage) {
  Opened opened;
  opened.view = TRY(repair::open_view(stage.image));
  opened.disk = TRY(repair::open_disk(opened.view));
  return opened;
}

// '{bootmgr} default is {current}'
class ExpectBcd final : public Expectation {
 public:
  ExpectBcd(std::string text, std::string object, std::string element,
            std::string wanted)
      : Expectation(std::move(text)),
        object_(std::move(object)),
        element_(std::move(element)),
        wanted_(std::move(wanted)) {}

  Result<std::string> check(const Stage& stage) const override {
    Opened opened = TRY(open_disk(stage));
    hive::Hive hive = TRY(TRY(opened.windows())->open_boot_store());
    bcd::Store store = TRY(bcd::Store::open(hive));
    bcd::ObjectId id = TRY(object_named(store, stage, object_));
    bcd::Object object = TRY(store.object(id));
    auto element = bcd::find_element(element_, object.type);
    if (!element) {
      return Error(Errc::bad_argument,
                   fmt::format("'{}' is no element of {}", element_, object_));
    }
    auto value = store.get(id, *element);
    std::string subject = object_ + " " + element_;
    if (!value && value.error().code() == Errc::not_found) {
      if (wanted_ == kAbsent) return std::string();
      return otherwise(subject, kAbsent, wanted_);
    }
    std::string found = show(TRY(std::move(value)), stage);
    if (found != wanted_) return otherwise(subject, found, wanted_);
    return std::string();
  }

 private:
  // {current} is the loader that was built with this Windows, whatever the
  // store says is its default.
  static Result<bcd::ObjectId> object_named(const bcd::Store& store, const Stage& stage,
                                            const std::string& word) {
    if (word == "{current}") return stage.layout.ids.loader;
    return store.resolve(word);
  }

  static std::string name(const bcd::ObjectId& id, const Stage& stage) {
    if (id == stage.layout.ids.loader) return "{current}";
    auto alias = bcd::alias_of(id);
    return alias ? std::string(*alias) : to_string(id);
  }

  static std::string show(const bcd::Value& value, const Stage& stage) {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "yes" : "no";
    if (const auto* number = std::get_if<std::uint64_t>(&value)) {
      return std::to_string(*number);
    }
    if (const auto* id = std::get_if<bcd::ObjectId>(&value)) return name(*id, stage);
    if (const auto* ids = std::get_if<std::vector<bcd::ObjectId>>(&value)) {
      std::vector<std::string> names;
      for (const bcd::ObjectId& one : *ids) names.push_back(name(one, stage));
      return fmt::format("{}", fmt::join(names, " "));
    }
    return "something that a story has no words for";
  }

  std::string object_;
  std::string element_;
  std::string wanted_;
};

// 'HKLM\SYSTEM\CurrentControlSet\Services\disk\Start is 0'
class ExpectRegistry final : public Expectation {
 public:
  ExpectRegistry(std::string text, std::string hive, std::string key, std::string value,
                 std::string wanted)
      : Expectation(std::move(text)),
        hive_(std::move(hive)),
        key_(std::move(key)),
        value_(std::move(value)),
        wanted_(std::move(wanted)) {}

  Result<std::string> check(const Stage& stage) const override {
    Opened opened = TRY(open_disk(stage));
    hive::Hive hive = TRY(TRY(opened.windows())->open_hive(hive_));
    std::string found = TRY(look(hive, TRY(real_key(hive))));
    if (found == wanted_) return std::string();
    return otherwise(fmt::format("{} of {}", value_, key_), found, wanted_);
  }

 private:
  // CurrentControlSet is no key of a hive at rest.
  Result<std::string> real_key(const hive::Hive& hive) const {
    auto below = repair::below_current_control_set(key_);
    if (!below) return key_;
    repair::ControlSets sets = TRY(repair::read_control_sets(hive));
    return fmt::format("{}\\{}", repair::control_set_name(sets.current), *below);
  }

  Result<std::string> look(const hive::Hive& hive, const std::string& path) const {
    auto key = hive.find(path);
    if (!key && key.error().code() == Errc::not_found) return std::string(kAbsent);
    auto value = hive.value(TRY(std::move(key)), value_);
    if (!value && value.error().code() == Errc::not_found) return std::string(kAbsent);
    return show(TRY(std::move(value)));
  }

  static std::string show(const hive::Value& value) {
    if (auto text = value.text()) return *text;
    if (auto number = value.number()) return std::to_string(*number);
    if (auto texts = value.texts()) return fmt::format("{}", fmt::join(*texts, ", "));
    return images::hex_text(value.data);
  }

  std::string hive_;
  std::string key_;
  std::string value_;
  std::string wanted_;
};

// 'C:\Windows\System32\drivers\x.sys is there', or '... is "its text"'
class ExpectFile final : public Expectation {
 public:
  ExpectFile(std::string text, std::string path, std::string wanted)
      : Expectation(std::move(text)),
        path_(std::move(path)),
        wanted_(std::move(wanted)) {}

  Result<std::string> check(const Stage& stage) const override {
    Opened opened = TRY(open_disk(stage));
    repair::GuestPath path = TRY(opened.disk->resolve(path_));
    FileSystemPtr volume = TRY(opened.disk->volume(path.partition));
    auto file = volume->find(path.path);
    if (!file && file.error().code() != Errc::not_found) {
      return std::move(file).error();
    }
    std::string found(file ? "there" : kAbsent);
    if (file && wanted_.starts_with('"')) {
      ByteVector bytes = TRY(read_file(*file, kTextSizeMax));
      found = fmt::format("\"{}\"", as_text(bytes));
    }
    if (found != wanted_) return otherwise(path_, found, wanted_);
    return std::string();
  }

 private:
  std::string path_;
  std::string wanted_;
};

// What NTFS has of a file beside its bytes, in words.
using Tell = Result<std::string> (*)(const Details& details);

class ExpectDetail final : public Expectation {
 public:
  ExpectDetail(std::string text, Sentence sentence, Tell tell)
      : Expectation(std::move(text)), sentence_(std::move(sentence)), tell_(tell) {}

  Result<std::string> check(const Stage& stage) const override {
    Opened opened = TRY(open_disk(stage));
    repair::GuestPath path = TRY(opened.disk->resolve(sentence_.subject));
    FileSystemPtr volume = TRY(opened.disk->volume(path.partition));
    Details details = TRY(TRY(volume->find(path.path)).details());
    std::string found = TRY(tell_(details));
    if (found == sentence_.object) return std::string();
    return otherwise(sentence_.subject, found, sentence_.object);
  }

 private:
  Sentence sentence_;
  Tell tell_;
};

Result<std::string> tell_sddl(const Details& details) {
  if (!details.security) return std::string(kAbsent);
  return security::sddl_of(*details.security);
}

Result<std::string> tell_stored(const Details& details) { return details.stored; }

}  // namespace

Result<ExpectationPtr> expect_bcd(std::string_view text) {
  Sentence sentence = TRY(split_sentence(text));
  std::size_t blank = sentence.subject.find(' ');
  if (blank == std::string::npos || !sentence.subject.starts_with('{')) {
    return Error(Errc::bad_argument,
                 fmt::format("'{}' isn't '{{object}} element is value'", text));
  }
  return std::make_shared<const ExpectBcd>(
      "bcd: " + std::string(text), sentence.subject.substr(0, blank),
      sentence.subject.substr(blank + 1), sentence.object);
}

Result<ExpectationPtr> expect_registry(std::string_view text) {
  constexpr std::string_view kRoot = "HKLM\\";
  Sentence sentence = TRY(split_sentence(text));
  std::string_view path = sentence.subject;
  if (path.starts_with(kRoot)) path.remove_prefix(kRoot.size());
  std::size_t hive_end = path.find('\\');
  std::size_t key_end = path.rfind('\\');
  if (path.size() == sentence.subject.size() || hive_end == key_end) {
    return Error(Errc::bad_argument,
                 fmt::format("'{}' isn't 'HKLM\\HIVE\\KEY\\VALUE is DATA'", text));
  }
  return std::make_shared<const ExpectRegistry>(
      "registry: " + std::string(text), std::string(path.substr(0, hive_end)),
      std::string(path.substr(hive_end + 1, key_end - hive_end - 1)),
      std::string(path.substr(key_end + 1)), sentence.object);
}

Result<ExpectationPtr> expect_file(std::string_view text) {
  Sentence sentence = TRY(split_sentence(text));
  std::string_view object = sentence.object;
  bool is_text = object.size() > 1 && object.find('"') == 0 &&
                 object.rfind('"') == object.size() - 1;
  if (sentence.object != "there" && sentence.object != kAbsent && !is_text) {
    return Error(
        Errc::bad_argument,
        fmt::format("a file is there, absent or \"TEXT\", not {}", sentence.object));
  }
  return std::make_shared<const ExpectFile>("file: " + std::string(text),
                                            sentence.subject, sentence.object);
}

Result<ExpectationPtr> expect_sddl(std::string_view text) {
  Sentence sentence = TRY(split_sentence(text));
  return std::make_shared<const ExpectDetail>("sddl: " + std::string(text),
                                              std::move(sentence), tell_sddl);
}

Result<ExpectationPtr> expect_stored(std::string_view text) {
  Sentence sentence = TRY(split_sentence(text));
  return std::make_shared<const ExpectDetail>("stored: " + std::string(text),
                                              std::move(sentence), tell_stored);
}

}  // namespace drydock::scenarios
