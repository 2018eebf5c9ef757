#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {

/// What a Python pickle of plain containers, numbers, texts and NumPy arrays holds, read without
/// running any of it: a pickle is a program, of which whatever else calls or imports is refused.
class Pickle {
  public:
    struct Value {
        enum class Kind { kNone, kNumber, kText, kList, kDict, kArray, kName };

        Kind kind = Kind::kNone;
        double number = 0;   ///< also of truth values
        std::string text{};  ///< also of bytes; of an array its NumPy type, such as "u1"; of a name
                             ///< what is imported, "numpy dtype"
        std::vector<const Value*> items{};  ///< of lists and tuples; of an array its shape
        const Value* data = nullptr;        ///< of an array: the text of its bytes, the last index
                                            ///< fastest
        std::vector<std::pair<const Value*, const Value*>> entries{};  ///< of dictionaries

        /// Returns the value under a text; null where there is none.
        [[nodiscard]] const Value* find(std::string_view key) const;
    };

    /// @throws std::invalid_argument  "WHAT: byte N: ..." on a damaged pickle, and on one that
    /// holds
    ///                                more than plain values
    Pickle(std::string_view bytes, std::string_view what);

    [[nodiscard]] const Value& root() const { return *root_; }

  private:
    class Reader;

    std::deque<Value> values_;  ///< all of them: values point at each other, none owns another
    const Value* root_ = nullptr;
};

}  // namespace murmur
