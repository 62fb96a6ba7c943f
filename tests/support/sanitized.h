// Whether this build has AddressSanitizer in it, which has an allocator of its own.

#pragma once

namespace drydock {

#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace drydock
