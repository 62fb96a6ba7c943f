#include "repair/driver/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <thread>

#include "repair/driver/one_reader.h"
#include "repair/signature/guest_verifier.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

using signature::Verification;
using signature::Verified;

// More than this many hash no faster, where one at a time reads.
constexpr std::size_t kThreadMax = 8;
constexpr std::chrono::milliseconds kProgressEvery(100);

// One file, and the drivers whose file it is: services may share one.
struct Work {
  repair::GuestPath path;
  std::uint64_t size = 0;  // in bytes
  std::optional<signature::Use> use = std::nullopt;
  std::vector<std::size_t> drivers = {};  // indices in the inventory
  std::optional<Result<Verification>> result = std::nullopt;
};

Verdict verdict_of(Verified verified) {
  switch (verified) {
    case Verified::embedded:
      return Verdict::embedded;
    case Verified::catalog:
      return Verdict::catalog;
    case Verified::unsigned_file:
      return Verdict::unsigned_file;
    case Verified::bad:
      return Verdict::bad;
    case Verified::could_not_tell:
      return Verdict::could_not_tell;
  }
  return Verdict::could_not_tell;
}

bool is_loaded(const Driver& driver) {
  return driver.start <= static_cast<std::uint32_t>(Start::demand);
}

// The files to be verified; of what needs no look the verdict is set.
std::vector<Work> work_of(Audit& audit) {
  std::vector<Work> work;
  std::map<std::pair<std::uint32_t, std::string>, std::size_t> known;
  for (std::size_t i = 0; i < audit.inventory.drivers.size(); ++i) {
    const Driver& driver = audit.inventory.drivers[i];
    Audited& audited = audit.verdicts[i];
    if (!is_loaded(driver)) {
      audited.verdict = Verdict::disabled;
    } else if (!driver.problem.empty()) {
      audited.why = driver.problem;
    } else if (!driver.file) {
      audited.verdict = Verdict::missing;
      audited.why = "there is no such file";
    } else {
      std::pair key(driver.path->partition, ascii_lower(driver.path->path));
      auto [place, is_new] = known.emplace(std::move(key), work.size());
      if (is_new) {
        work.push_back({.path = *driver.path, .size = driver.file->size});
        // What a service loads is judged as the kernel does, whatever it says of
        // itself.
        if (driver.type) work.back().use = signature::Use::kernel;
      }
      work[place->second].drivers.push_back(i);
    }
  }
  return work;
}

// Verifies all of `work`, on several threads.
class Crew {
 public:
  Crew(const repair::Disk& disk, const signature::Verifier& verifier,
       std::uint32_t build, LockPtr lock, std::vector<Work>& work)
      : disk_(disk),
        verifier_(verifier),
        build_(build),
        lock_(std::move(lock)),
        work_(work) {}

  Done run(std::size_t thread_count, const Progress& progress);

 private:
  void take_work();
  Result<Verification> verify(const Work& work) const;

  const repair::Disk& disk_;
  const signature::Verifier& verifier_;
  const std::uint32_t build_;
  const LockPtr lock_;
  std::vector<Work>& work_;  // its list stays; each entry is one thread's

  std::mutex mutex_;  // of what follows
  std::condition_variable ended_;
  std::size_t next_ = 0;
  std::size_t done_count_ = 0;
  std::uint64_t done_size_ = 0;  // in bytes
  bool stopped_ = false;
};

Result<Verification> Crew::verify(const Work& work) const {
  FileSystemPtr volume;
  {
    std::scoped_lock hold(*lock_);  // it may be opened only now
    volume = TRY(disk_.volume(work.path.partition));
  }
  DevicePtr file = TRY(open_locked(lock_, *volume, work.path.path));
  return verifier_.verify(*file, {.use = work.use, .build = build_});
}

void Crew::take_work() {
  for (;;) {
    Work* work = nullptr;
    {
      std::scoped_lock hold(mutex_);
      if (stopped_ || next_ == work_.size()) return;
      work = &work_[next_++];
    }
    work->result = verify(*work);
    std::scoped_lock hold(mutex_);
    ++done_count_;
    done_size_ += work->size;
    ended_.notify_one();
  }
}

Done Crew::run(std::size_t thread_count, const Progress& progress) {
  std::uint64_t total = 0;
  for (const Work& work : work_) total += work.size;
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < thread_count; ++i) {
    threads.emplace_back([this] { take_work(); });
  }
  std::unique_lock hold(mutex_);
  while (done_count_ < work_.size()) {
    ended_.wait_for(hold, kProgressEvery);
    if (!progress) continue;
    std::uint64_t done = done_size_;
    hold.unlock();
    Done go_on = progress(done, total);
    hold.lock();
    if (!go_on) {
      stopped_ = true;
      hold.unlock();  // for the threads, which end with what they have begun
      return go_on;
    }
  }
  return {};
}

std::size_t threads_for(const AuditOptions& options, std::size_t work_count) {
  std::size_t wanted = options.thread_count;
  if (wanted == 0) wanted = std::max(1u, std::thread::hardware_concurrency());
  return std::min({wanted, kThreadMax, std::max<std::size_t>(work_count, 1)});
}

void settle(const Work& work, Audit& audit) {
  for (std::size_t index : work.drivers) {
    Audited& audited = audit.verdicts[index];
    if (!*work.result) {
      audited.why = work.result->error().describe();
      continue;
    }
    const Verification& verification = **work.result;
    audited.verdict = verdict_of(verification.verified);
    audited.why = verification.why;
    audited.verification = verification;
  }
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::embedded:
      return "embedded";
    case Verdict::catalog:
      return "catalog";
    case Verdict::unsigned_file:
      return "unsigned";
    case Verdict::bad:
      return "bad";
    case Verdict::missing:
      return "missing";
    case Verdict::could_not_tell:
      return "could_not_tell";
    case Verdict::disabled:
      return "disabled";
  }
  return "could_not_tell";
}

bool is_fault(Verdict verdict) {
  return verdict == Verdict::unsigned_file || verdict == Verdict::bad ||
         verdict == Verdict::missing;
}

std::size_t Audit::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::count_if(verdicts.begin(), verdicts.end(),
                    [&](const Audited& one) { return one.verdict == verdict; }));
}

std::size_t Audit::boot_stopping_count() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    count += inventory.drivers[i].stops_boot && is_fault(verdicts[i].verdict);
  }
  return count;
}

Result<Audit> audit(const repair::Installation& windows, signature::TrustStore trust,
                    const AuditOptions& options) {
  Audit audit;
  audit.inventory = TRY(read_inventory(windows));
  audit.verdicts.resize(audit.inventory.drivers.size());
  auto lock = std::make_shared<std::mutex>();
  auto under_lock = [&](signature::CatalogFolderPtr folder) {
    return locked(lock, std::move(folder));
  };
  auto verifier = TRY(signature::guest_verifier(
      windows, std::move(trust), options.catalogs, under_lock, options.cache));
  if (!verifier->policy_problem().empty()) {
    audit.inventory.problems.push_back(
        fmt::format("what the list of vulnerable drivers denies isn't told: {}",
                    verifier->policy_problem()));
  }
  audit.catalog_count = verifier->index().catalogs().size();
  for (const signature::IndexedCatalog& catalog : verifier->index().catalogs()) {
    if (catalog.problem.empty()) continue;
    audit.unread_catalogs.push_back(
        fmt::format("{}: {}", catalog.name, catalog.problem));
  }
  std::vector<Work> work = work_of(audit);
  Crew crew(windows.disk(), *verifier, signature::build_of(windows), lock, work);
  TRY(crew.run(threads_for(options, work.size()), options.files));
  for (const Work& one : work) settle(one, audit);
  return audit;
}

}  // namespace drydock::driver
