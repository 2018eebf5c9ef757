#pragma once

#include "tools/text/shell_word.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace murmur::test {

/// Returns the folder of the repository that this test was built from.
[[nodiscard]] std::filesystem::path repository();

/// Returns where a program of this build lies: beside the test itself.
[[nodiscard]] std::string built_program(std::string_view name);

/// Returns a folder or file of shared data: below $MURMUR_SHARED, or below `shared` beside the
/// repository.  It need not exist, since such data are not part of the repository.
[[nodiscard]] std::filesystem::path shared_file(const std::filesystem::path& name);

using murmur::shell_word;

}  // namespace murmur::test
