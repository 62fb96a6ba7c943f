// While one lives, what this thread allocates may leak: LeakSanitizer, where
// there is one, doesn't report it.  For leaks of libraries that we stand on
// and can't mend, around the one call that leaks; the reason stands beside it.

#pragma once

extern "C" {
[[gnu::weak]] void __lsan_disable();
[[gnu::weak]] void __lsan_enable();
}

namespace drydock {

class KnownLeak {
 public:
  KnownLeak() {
    if (__lsan_disable != nullptr) __lsan_disable();
  }
  ~KnownLeak() {
    if (__lsan_enable != nullptr) __lsan_enable();
  }
  KnownLeak(const KnownLeak&) = delete;
  KnownLeak& operator=(const KnownLeak&) = delete;
};

}  // namespace drydock
