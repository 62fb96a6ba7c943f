// What libntfs-3g prints when something is wrong, kept for our own words.
//
// Its log has one handler for the whole process.  Ours is set once and keeps,
// for each thread, the first message since forget_messages(): the first is
// nearest to the cause.  Nothing is printed.

#pragma once

#include <string>

namespace drydock::ntfs {

// Sets the handler, the first time that it's called.
void keep_messages();

void forget_messages();

// "" where the library said nothing.
std::string first_message();

}  // namespace drydock::ntfs
