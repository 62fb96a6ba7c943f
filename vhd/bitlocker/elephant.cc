#include "vhd/bitlocker/elephant.h"

#include <array>
#include <bit>
#include <vector>

#include "vhd/base/endian.h"

namespace drydock::bitlocker {

namespace {

// How often each of the two runs over the sector, and how far it looks: the paper's
// tables.  A looks back, B ahead.
struct Diffuser {
  int cycle_count;
  std::array<int, 4> rotations;
  std::ptrdiff_t near;
  std::ptrdiff_t far;
};
constexpr Diffuser kA = {5, {9, 0, 13, 0}, -2, -5};
constexpr Diffuser kB = {3, {0, 10, 0, 25}, 2, 5};

constexpr std::size_t kWordsMax = 4096 / sizeof(le32);

// A sector as words, of which the paper's arithmetic is.
class Words {
 public:
  explicit Words(MutableBytes sector)
      : sector_(sector), count_(sector.size() / sizeof(le32)) {
    for (std::size_t i = 0; i < count_; ++i) words_[i] = *load<le32>(sector, 4 * i);
  }
  ~Words() {
    for (std::size_t i = 0; i < count_; ++i) {
      static_cast<void>(store(sector_, 4 * i, le32(words_[i])));
    }
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;

  // What goes from plaintext to ciphertext walks backwards and subtracts.
  void forward(const Diffuser& diffuser) {
    for (int cycle = 0; cycle < diffuser.cycle_count; ++cycle) {
      for (std::size_t i = count_; i-- > 0;) words_[i] -= mixed(diffuser, i);
    }
  }
  void back(const Diffuser& diffuser) {
    for (int cycle = 0; cycle < diffuser.cycle_count; ++cycle) {
      for (std::size_t i = 0; i < count_; ++i) words_[i] += mixed(diffuser, i);
    }
  }

 private:
  std::uint32_t mixed(const Diffuser& diffuser, std::size_t i) const {
    // Around the sector, whose words are a power of two.
    std::size_t near = (i + static_cast<std::size_t>(diffuser.near)) & (count_ - 1);
    std::size_t far = (i + static_cast<std::size_t>(diffuser.far)) & (count_ - 1);
    return words_[near] ^ std::rotl(words_[far], diffuser.rotations[i % 4]);
  }

  MutableBytes sector_;
  std::size_t count_;
  std::array<std::uint32_t, kWordsMax> words_;
};

}  // namespace

void diffuse(MutableBytes sector) {
  Words words(sector);
  words.forward(kA);
  words.forward(kB);
}

void undo_diffuse(MutableBytes sector) {
  Words words(sector);
  words.back(kB);
  words.back(kA);
}

}  // namespace drydock::bitlocker
