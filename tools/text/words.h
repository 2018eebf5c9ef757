#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Returns the parts of `text` between separators; one empty part of an empty text.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// Returns the words as one list: "a, b, c".
[[nodiscard]] std::string listed(std::span<const std::string> words);

/// Returns a text as a message may show it: on one line, what cannot be printed replaced, and cut
/// where it is long, with the number of bytes left out.
[[nodiscard]] std::string shown(std::string_view text, std::size_t longest = 120);

/// Returns the number of insertions, deletions and substitutions between two words.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// Returns "; did you mean WORD?" where one of `words` is close to `got`, or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view got, std::span<const std::string> words);

}  // namespace murmur
