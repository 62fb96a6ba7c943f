#include "ntfs/ntfs/messages.h"

#include <array>
#include <mutex>

#include "ntfs/ntfs/libntfs.h"

namespace drydock::ntfs {

namespace {

thread_local std::string message;

int keep(const char*, const char*, int, u32 level, void*, const char* format,
         va_list arguments) {
  constexpr u32 kBad = NTFS_LOG_LEVEL_WARNING | NTFS_LOG_LEVEL_ERROR |
                       NTFS_LOG_LEVEL_PERROR | NTFS_LOG_LEVEL_CRITICAL;
  if ((level & kBad) == 0 || !message.empty()) return 0;
  // Longer than any message of libntfs-3g's that isn't a list of hints.
  std::array<char, 256> text;
  int size = std::vsnprintf(text.data(), text.size(), format, arguments);
  if (size <= 0) return 0;
  message = text.data();
  // The first line, without its full stop: it becomes part of a sentence.
  message.resize(std::min(message.find('\n'), message.size()));
  while (!message.empty() && (message.back() == '.' || message.back() == ' ')) {
    message.pop_back();
  }
  return size;
}

}  // namespace

void keep_messages() {
  static std::once_flag once;
  std::call_once(once, [] { ntfs_log_set_handler(keep); });
}

void forget_messages() { message.clear(); }

std::string first_message() { return message; }

}  // namespace drydock::ntfs
