#pragma once

#include <cstdio>

namespace murmur::test {

/// A sanitizer keeps what was freed, room around every block, and books of its own: the memory of a
/// process is then no figure of the program's, and a limit on it ends the sanitizer first.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

/// Returns whether this build has a sanitizer, so that what a case measures or limits is not the
/// program's memory, and says by name that it was not run: `./murmur test` repeats it at its end.
[[nodiscard]] inline bool leaves_out_memory(const char* test_case) {
    if (kIsSanitized) {
        std::printf("skipped: %s: a sanitizer's own memory is in its way\n", test_case);
    }
    return kIsSanitized;
}

}  // namespace murmur::test
