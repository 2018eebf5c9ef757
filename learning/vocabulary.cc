#include "learning/vocabulary.h"

#include <algorithm>
#include <cassert>

namespace murmur {

namespace {
constexpr std::string_view kPaddingWord = "<PAD>";
}

std::int32_t Vocabulary::count(std::string_view word) {
    auto found = words_.find(word);
    if (found == words_.end()) {
        const auto number = static_cast<std::int32_t>(words_.size());
        found = words_.emplace(std::string(word), Word{number, 0}).first;
    }
    ++found->second.uses;
    return found->second.number;
}

std::vector<std::int32_t> Vocabulary::close(std::size_t size) {
    assert(size >= 2);
    std::vector<Word*> by_use;  // in the order of bytes at first
    std::vector<std::int32_t> final_numbers(words_.size(), kUnknown);
    for (auto& [text, word] : words_) {
        if (text == kPaddingWord) {
            final_numbers[word.number] = kPadding;
        } else {
            by_use.push_back(&word);
        }
    }
    std::ranges::stable_sort(by_use, std::ranges::greater(), &Word::uses);
    by_use.resize(std::min(by_use.size(), size - 2));
    for (std::size_t rank = 0; rank < by_use.size(); ++rank) {
        final_numbers[by_use[rank]->number] = static_cast<std::int32_t>(rank + 2);
    }
    for (auto& [text, word] : words_) {
        word.number = final_numbers[word.number];
    }
    return final_numbers;
}

std::int32_t Vocabulary::number_of(std::string_view word) const {
    const auto found = words_.find(word);
    if (found != words_.end()) {
        return found->second.number;
    }
    return word == kPaddingWord ? kPadding : kUnknown;
}

}  // namespace murmur
