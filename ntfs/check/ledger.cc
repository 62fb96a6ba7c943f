#include "ntfs/check/ledger.h"

#include "vhd/check.h"

namespace drydock::ntfs {

namespace {

// Spreads every bit over all of them (the finaliser of splitmix64), so that
// different things don't add up to the same.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

constexpr std::uint64_t kLink = 0xd1342543de82ef95;  // stands for one name
constexpr std::uint64_t kExtension = 0x2545f4914f6cdd1d;

std::uint64_t number_of(Reference file, Reference directory, std::u16string_view name) {
  std::uint64_t number = mix(mix(file.pack()) ^ directory.pack());
  for (char16_t unit : name) number = mix(number ^ unit);
  return number;
}

std::uint64_t number_of(Reference extension, Reference file) {
  return mix(mix(extension.pack() ^ kExtension) ^ file.pack());
}

}  // namespace

void Ledger::add(std::uint64_t record, std::uint64_t number) {
  if (record < sums_.size()) sums_[record] += number;
}

void Ledger::name(Reference file, Reference directory, std::u16string_view name) {
  add(file.record, number_of(file, directory, name) - kLink);
}

void Ledger::entry(Reference directory, Reference file, std::u16string_view name) {
  add(file.record, 0 - number_of(file, directory, name));
}

void Ledger::links(Reference file, std::uint16_t count) {
  add(file.record, count * kLink);
}

void Ledger::extension(Reference extension, Reference file) {
  add(extension.record, number_of(extension, file));
}

void Ledger::listed(Reference extension, Reference file) {
  add(extension.record, 0 - number_of(extension, file));
}

void Ledger::clusters(std::uint64_t, const RecordAttribute&, Run run) {
  claimed_.claim(run.lcn, run.count, [&](std::uint64_t first, std::uint64_t count) {
    shared_count_ += count;
    if (shared_.size() < kProblemCountMax) {
      shared_.push_back({.first = first, .count = count, .shared = true});
    }
  });
}

std::set<std::uint64_t> Ledger::suspects(std::size_t count_max) const {
  std::set<std::uint64_t> suspects;
  for (std::size_t record = 0; record < sums_.size(); ++record) {
    if (suspects.size() == count_max) break;
    if (sums_[record] != 0) suspects.insert(record);
  }
  return suspects;
}

}  // namespace drydock::ntfs
