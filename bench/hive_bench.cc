// Opening a SYSTEM hive and reading one value, beside hivex on the same file.
// drydock walks and checks the whole hive at each opening; hivex doesn't.
//
//   hive_bench HIVE [benchmark options]

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <hivex.h>

#include <cstdio>
#include <cstdlib>

#include "repair/hive/hive.h"
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
  for (auto [name, reader] : {std::pair{"open_and_query/drydock", by_drydock},
                              std::pair{"open_and_query/hivex", by_hivex}}) {
    benchmark::RegisterBenchmark(name, open_and_query, reader)
        ->Unit(benchmark::kMillisecond);
  }
  argv[1] = argv[0];
  int rest = argc - 1;
  benchmark::Initialize(&rest, argv + 1);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
