#include "tools/text/registry.h"

#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {

std::vector<std::string> ChoiceList::names() const {
    std::vector<std::string> names;
    for (const ChoiceText& text : texts_) {
        names.push_back(text.name);
    }
    return names;
}

bool ChoiceList::has(std::string_view name) const {
    return std::any_of(
        texts_.begin(), texts_.end(), [name](const ChoiceText& text) { return text.name == name; });
}

std::string ChoiceList::help() const {
    std::string help;
    for (const ChoiceText& text : texts_) {
        help += wrapped(text.syntax(), 2) + wrapped(text.help, 6);
        for (const OptionForm& form : text.options) {
            constexpr std::size_t kMargin = 8;
            constexpr std::size_t kKey = 15;
            // The key stands in the margin of its first line.
            std::string lines = wrapped(form.help, kMargin + kKey);
            help += std::string(kMargin, ' ') + fmt::format("{:<{}}", form.key, kKey) +
                    lines.substr(kMargin + kKey);
        }
    }
    return help;
}

void ChoiceList::add_text(ChoiceText text) {
    const bool is_name =
        !text.name.empty() &&
        text.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
    if (!is_name) {
        throw std::invalid_argument(fmt::format(
            "{}: '{}' is no name, allowed small letters, digits and '-'", what_, shown(text.name)));
    }
    if (std::any_of(texts_.begin(), texts_.end(), [&](const ChoiceText& other) {
            return other.name == text.name;
        })) {
        throw std::invalid_argument(
            fmt::format("{}: '{}' is registered twice, allowed once", what_, text.name));
    }
    texts_.push_back(std::move(text));
}

std::size_t ChoiceList::find(std::string_view name) const {
    const std::vector<std::string> known = names();
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
        throw std::invalid_argument(unknown_word(what_, name, known));
    }
    return static_cast<std::size_t>(found - known.begin());
}

}  // namespace murmur
