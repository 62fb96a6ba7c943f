// Opening a SYSTEM hive and reading one value, beside hivex on the same file.
// drydock walks and checks the whole hive at each opening; hivex doesn't.  Then
// the same hive with its newest 4 MiB in its logs alone, which hivex doesn't read.
//
//   hive_bench HIVE [benchmark options]

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <hivex.h>

#include <cstdio>
#include <cstdlib>

#include "harness/images/dirty_hive.h"
#include "repair/hive/hive.h"
#include "repair/hive/recovery.h"
#include "vhd/file_device.h"

namespace {

const char* path;

std::int64_t by_drydock() {
  auto file = drydock::FileDevice::open(path);
  if (!file) return -1;
  auto hive = drydock::hive::Hive::open(**file);
  if (!hive) return -1;
  auto key = hive->find("Select");
  if (!key) return -1;
  auto value = hive->value(*key, "Current");
  if (!value || !value->number()) return -1;
  return static_cast<std::int64_t>(*value->number());
}

std::int64_t by_hivex() {
  hive_h* hive = hivex_open(path, 0);
  if (hive == nullptr) return -1;
  hive_node_h key = hivex_node_get_child(hive, hivex_root(hive), "Select");
  hive_value_h value = hivex_node_get_value(hive, key, "Current");
  std::int64_t number = hivex_value_dword(hive, value);
  hivex_close(hive);
  return number;
}

void open_and_query(benchmark::State& state, std::int64_t (*reader)()) {
  for (auto _ : state) {
    if (reader() < 0) return state.SkipWithError("the value can't be read");
  }
}

// How many values of 4 KiB are new, and in how many entries they are logged.
constexpr int kNewValueCount = 1000;
constexpr std::uint32_t kEntryCount = 50;

drydock::Result<drydock::images::DirtyHive> make_dirty() {
  using namespace drydock;
  auto file = FileDevice::open(path);
  if (!file) return std::move(file).error();
  auto bytes = read_bytes(**file, 0, (*file)->size(), (*file)->size());
  if (!bytes) return std::move(bytes).error();
  auto hive = hive::Hive::open(**file, [] {
    return Result<std::vector<hive::LogFile>>(std::vector<hive::LogFile>());
  });
  if (!hive) return std::move(hive).error();
  std::vector<hive::Value> values;
  for (int i = 0; i < kNewValueCount; ++i) {
    values.push_back(hive::Value::binary(fmt::format("new {}", i), ByteVector(4000)));
  }
  auto key = hive->create("New");
  if (!key) return std::move(key).error();
  if (Done done = hive->set(*key, values); !done) return std::move(done).error();
  auto after = hive->save();
  if (!after) return std::move(after).error();
  return images::make_dirty_with_entries(*bytes, *after, kEntryCount, 9000);
}

void recover_in_memory(benchmark::State& state) {
  using namespace drydock;
  auto dirty = make_dirty();
  if (!dirty) return state.SkipWithError(dirty.error().describe().c_str());
  std::vector<hive::LogFile> logs{{"HIVE.LOG1", dirty->log1},
                                  {"HIVE.LOG2", dirty->log2}};
  for (auto _ : state) {
    hive::Recovery got = hive::recover(dirty->hive, logs);
    if (got.report.entry_count() != kEntryCount) {
      return state.SkipWithError(got.report.reason.c_str());
    }
  }
  state.counters["hive"] = static_cast<double>(dirty->hive.size());
  state.counters["logs"] = static_cast<double>(dirty->log1.size() + dirty->log2.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: hive_bench HIVE [benchmark options]\n");
    return 64;
  }
  path = argv[1];
  if (by_drydock() != by_hivex()) {
    fmt::print(stderr, "drydock reads {}, hivex {}\n", by_drydock(), by_hivex());
    return 1;
  }
  auto add = [](const char* name, std::int64_t (*reader)()) {
    benchmark::RegisterBenchmark(name, open_and_query, reader)
        ->Unit(benchmark::kMillisecond);
  };
  add("open_and_query/drydock", by_drydock);
  add("open_and_query/hivex", by_hivex);
  benchmark::RegisterBenchmark("recover/drydock", recover_in_memory)
      ->Unit(benchmark::kMillisecond);
  argv[1] = argv[0];
  int rest = argc - 1;
  benchmark::Initialize(&rest, argv + 1);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
