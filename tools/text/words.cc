#include "tools/text/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace murmur {

namespace {

/// Returns how many bytes of `text` are its first character in UTF-8; 0 where they are none.
std::size_t character_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

bool is_blank_or_control(char character) {
    const auto code = static_cast<unsigned char>(character);
    return code <= 0x20 || code == 0x7F;
}

}  // namespace

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
    std::string result;
    std::size_t characters = 0;
    std::size_t end_of_cut = 0;  // of the part that is kept where the rest is left out
    while (!text.empty()) {
        std::size_t length = character_length(text);
        const bool is_blank = is_blank_or_control(text.front());
        std::string_view character = length == 0 ? "?" : text.substr(0, length);
        if (is_blank) {
            const auto solid = std::find_if_not(text.begin(), text.end(), is_blank_or_control);
            length = static_cast<std::size_t>(solid - text.begin());
            character = " ";
        }
        if (characters == longest) {
            return result.substr(0, end_of_cut) + "...";
        }
        result += character;
        ++characters;
        end_of_cut = characters + 3 <= longest ? result.size() : end_of_cut;
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return result;
}

// A word that is longer than a line is cut behind commas.
std::string wrapped(std::string_view text, std::size_t margin) {
    const std::string indent(margin, ' ');
    const std::size_t room = kHelpColumns - margin;
    std::string result;
    std::string line;
    const auto end_line = [&] {
        result += indent + line + "\n";
        line.clear();
    };
    for (std::string_view word : split(text, ' ')) {
        if (!line.empty() && line.size() + 1 + word.size() > room) {
            end_line();
        }
        if (!line.empty()) {
            line += ' ';
        }
        while (word.size() > room) {
            const std::size_t comma = word.rfind(',', room - 1);
            if (comma == std::string_view::npos) {
                break;
            }
            line += word.substr(0, comma + 1);
            end_line();
            word.remove_prefix(comma + 1);
        }
        line += word;
    }
    end_line();
    return result;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // Of the first i letters of a and the first j of b, for the present i and the two before.
    std::vector<std::size_t> row(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> two_above(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        two_above.swap(above);
        above.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = above[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, substituted});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], two_above[j - 2] + 1);
            }
        }
    }
    return row.back();
}

std::string unknown_word(std::string_view where,
                         std::string_view got,
                         std::span<const std::string> allowed) {
    return fmt::format("{}: unknown, got '{}', allowed {}{}",
                       where,
                       shown(got),
                       listed(allowed),
                       did_you_mean(got, allowed));
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
