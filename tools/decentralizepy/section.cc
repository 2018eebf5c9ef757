#include "tools/decentralizepy/section.h"

#include "tools/text/number.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace murmur::decentralizepy {

std::string Section::text(const char* key, const std::string& otherwise) {
    return take(key).value_or(otherwise);
}

bool Section::flag(const char* key, bool otherwise) {
    const auto value = take(key);
    return value ? parse_bool(where(key), *value) : otherwise;
}

std::string Section::number(const char* key, const char* otherwise) {
    const std::string value = text(key, otherwise);
    (void)parse_number(where(key), value, {0, kMostOfAnything});
    return value;
}

std::string Section::integer(const char* key, const char* otherwise) {
    const std::string value = text(key, otherwise);
    (void)parse_integer(where(key), value, {1, kMostOfAnything});
    return value;
}

std::string Section::share(const char* key, const char* otherwise) {
    const std::string value = text(key, otherwise);
    (void)parse_fraction(where(key), value);
    return value;
}

double Section::fraction(const char* key, const char* otherwise) {
    return parse_fraction(where(key), text(key, otherwise));
}

void Section::remark(const char* key, std::string_view why) {
    if (const auto value = ini_.take_left(name_, key)) {
        translation_.remarks.push_back(remark_on(name_, key, *value, why));
    }
}

void Section::require(const char* key, bool expected) {
    if (flag(key, expected) != expected) {
        throw std::invalid_argument(fmt::format("{}: got {}, allowed {} alone",
                                                where(key),
                                                !expected ? "True" : "False",
                                                expected ? "True" : "False"));
    }
}

void Section::module(const char* key, const std::string& home, const std::string& class_name) {
    const auto name = take(key);
    if (!name) {
        return;
    }
    if (*name != home && !name->starts_with(home + ".")) {
        throw std::invalid_argument(fmt::format(
            "{}: got '{}', allowed {} and what is in it: what a class of another module "
            "does is not known here",
            where(key),
            shown(*name),
            home));
    }
    if (!class_name.empty() && !name->ends_with("." + class_name)) {
        translation_.remarks.push_back(remark_on(
            name_,
            key,
            *name,
            fmt::format("is another class's module; {} is taken by its name", class_name)));
    }
}

bool is_none(std::string_view text) {
    return lower_case(text) == "none";
}

bool parse_bool(const std::string& where, std::string_view text) {
    constexpr std::array kTrue{"true", "yes", "on", "1"};
    constexpr std::array kFalse{"false", "no", "off", "0"};
    const std::string word = lower_case(text);
    if (std::ranges::find(kTrue, word) != kTrue.end()) {
        return true;
    }
    if (std::ranges::find(kFalse, word) != kFalse.end()) {
        return false;
    }
    throw std::invalid_argument(fmt::format(
        "{}: got '{}', allowed True, False, or yes, no, on, off, 1, 0", where, shown(text)));
}

Remark remark_on(std::string_view section,
                 std::string_view key,
                 std::string_view value,
                 std::string_view text) {
    return {fmt::format("[{}] {} = {}", section, key, shown(value)), std::string(text)};
}

}  // namespace murmur::decentralizepy
