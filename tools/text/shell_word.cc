#include "tools/text/shell_word.h"

#include <string_view>

namespace murmur {

std::string shell_word(const std::string& text) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=.,:/+@";
    // Behind a name, '=' makes a variable of a command's first word.
    const bool may_assign = !text.starts_with('-') && text.find('=') != std::string::npos;
    if (!text.empty() && !may_assign && text.find_first_not_of(kPlain) == std::string::npos) {
        return text;
    }
    std::string word = "'";
    for (const char character : text) {
        word += character == '\'' ? std::string("'\\''") : std::string(1, character);
    }
    return word + "'";
}

}  // namespace murmur
