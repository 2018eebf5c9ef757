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

/// Returns a text, of a file or of a user, as a message can show it: on one line, every run of blanks, line ends and
/// control characters a single blank, what is not UTF-8 a question mark, and `longest` characters
/// at most, the last three of them "..." where there were more.
[[nodiscard]] std::string shown(std::string_view text, std::size_t longest = 80);

/// How wide help is at most.
inline constexpr std::size_t kHelpColumns = 100;

/// Returns the words of `text` in lines of at most `kHelpColumns`, each behind a margin.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t margin);

/// Returns the number of insertions, deletions, substitutions and swaps of neighboring letters that
/// make one word of the other, no letter touched twice.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// Returns "WHERE: unknown, got 'GOT', allowed ...; did you mean WORD?".
[[nodiscard]] std::string unknown_word(std::string_view where,
                                       std::string_view got,
                                       std::span<const std::string> allowed);

/// Returns "; did you mean WORD?" where one of `words` is close to `got`, or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view got, std::span<const std::string> words);

}  // namespace murmur
