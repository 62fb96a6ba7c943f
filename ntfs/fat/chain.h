// The clusters of one file or directory, in order.

#pragma once

#include <cstdint>
#include <vector>

namespace drydock::fat {

class Chain {
 public:
  // Neighbours of one file lie mostly side by side.
  struct Run {
    std::uint32_t first = 0;  // cluster
    std::uint32_t count = 0;
    std::uint32_t start = 0;  // its place in the chain, from 0
  };

  std::uint32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  // 0, as a directory entry has it, for an empty chain.
  std::uint32_t first() const { return empty() ? 0 : runs_.front().first; }
  std::uint32_t last() const {
    return empty() ? 0 : runs_.back().first + runs_.back().count - 1;
  }
  const std::vector<Run>& runs() const { return runs_; }

  // The run that holds place `index`, which is less than count().
  const Run& run_of(std::uint32_t index) const;
  std::uint32_t at(std::uint32_t index) const {
    const Run& run = run_of(index);
    return run.first + (index - run.start);
  }

  void append(std::uint32_t cluster);
  // Keeps the first `count`.
  void cut(std::uint32_t count);

 private:
  std::vector<Run> runs_;
  std::uint32_t count_ = 0;
};

}  // namespace drydock::fat
