#include "harness/power_cut/journal_folder.h"

#include <algorithm>

namespace drydock::power_cut {

namespace {

class SimulatedFolder final : public repair::JournalFolder {
 public:
  SimulatedFolder(std::shared_ptr<Host> host, std::string image)
      : host_(std::move(host)), image_(std::move(image)) {}

  Result<std::vector<std::uint64_t>> list() const override {
    std::vector<std::uint64_t> numbers;
    for (const std::string& name : host_->names()) {
      auto number = repair::parse_journal_name(image_, name);
      if (number) numbers.push_back(*number);
    }
    std::ranges::sort(numbers);
    return numbers;
  }
  Result<DevicePtr> open(std::uint64_t number) const override {
    return host_->open(describe(number));
  }
  Result<DevicePtr> open_for_writing(std::uint64_t number) override {
    return host_->open_for_writing(describe(number));
  }
  Result<DevicePtr> create(std::uint64_t number) override {
    return host_->create(describe(number));
  }
  Done remove(std::uint64_t number) override { return host_->remove(describe(number)); }
  Done flush() override { return host_->flush_names(); }
  std::string describe(std::uint64_t number) const override {
    return repair::journal_name(image_, number);
  }

 private:
  std::shared_ptr<Host> host_;
  std::string image_;
};

}  // namespace

std::unique_ptr<repair::JournalFolder> journals_on(std::shared_ptr<Host> host,
                                                   std::string image) {
  return std::make_unique<SimulatedFolder>(std::move(host), std::move(image));
}

}  // namespace drydock::power_cut
