#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Numbers words as they come; afterwards the most frequent keep a number of their own.
class Vocabulary {
  public:
    static constexpr std::int32_t kPadding = 0;  ///< `<PAD>`: no word
    static constexpr std::int32_t kUnknown = 1;  ///< every word that is not kept

    /// Returns a provisional number of a word, and counts it.
    std::int32_t count(std::string_view word);

    /// Keeps the `size - 2` most frequent words, those first in the order of bytes among equals,
    /// and returns the final number of each provisional one.
    /// @pre size >= 2
    [[nodiscard]] std::vector<std::int32_t> close(std::size_t size);

    /// Returns the final number of a word.
    /// @pre `close` was called
    [[nodiscard]] std::int32_t number_of(std::string_view word) const;

  private:
    struct Word {
        std::int32_t number;  // provisional, then final
        std::int64_t uses;
    };
    std::map<std::string, Word, std::less<>> words_;
};

}  // namespace murmur
