#pragma once

#include <string>

namespace murmur {

/// Returns a text as one word of a shell's command: in quotes, unless none are needed.
[[nodiscard]] std::string shell_word(const std::string& text);

}  // namespace murmur
