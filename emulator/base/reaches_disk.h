#pragma once

#include <cerrno>
#include <unistd.h>

namespace murmur {

/// Waits until the disk holds what was written to a file; false where it cannot be, with `errno`.
/// Files that no disk holds, such as pipes, are as good as there.
[[nodiscard]] inline bool reaches_disk(int file) {
    return fsync(file) == 0 || errno == EINVAL || errno == ENOTSUP;
}

}  // namespace murmur
