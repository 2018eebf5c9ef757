#include "tools/text/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace murmur {

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(at + 1);
    }
}

std::string listed(std::span<const std::string> words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

std::string shown(std::string_view text, std::size_t longest) {
    std::string line;
    for (const char c : text.substr(0, longest)) {
        // Bytes from 0x80 up may be letters of UTF-8; a terminal shows them.
        const auto byte = static_cast<unsigned char>(c);
        line += byte < 0x20 || byte == 0x7f ? '?' : c;
    }
    if (text.size() > longest) {
        // Not in the middle of a letter of several bytes.
        while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80) {
            line.pop_back();
        }
        if (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0xc0) {
            line.pop_back();
        }
        line += fmt::format("... ({} bytes more)", text.size() - line.size());
    }
    return line;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
        }
    }
    return row.back();
}

std::string did_you_mean(std::string_view got, std::span<const std::string> words) {
    // A third of the letters wrong is another word, not a slip of the hand.
    const std::size_t farthest = std::min<std::size_t>(3, (got.size() + 1) / 3);
    const std::string* nearest = nullptr;
    std::size_t least = farthest + 1;
    for (const std::string& word : words) {
        const std::size_t distance = edit_distance(got.substr(0, 64), word);
        if (distance < least) {
            least = distance;
            nearest = &word;
        }
    }
    return nearest == nullptr ? "" : fmt::format("; did you mean {}?", *nearest);
}

}  // namespace murmur
