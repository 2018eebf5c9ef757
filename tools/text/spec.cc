#include "tools/text/spec.h"

#include "tools/text/number.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {

namespace {

using Place = OptionForm::Place;

/// Returns how long the key of an entry `key=value` is, or 0 where it is no such entry.
std::size_t key_length(std::string_view entry) {
    const std::size_t end = entry.find_first_not_of("abcdefghijklmnopqrstuvwxyz-");
    return end != std::string_view::npos && entry[end] == '=' ? end : 0;
}

bool has_place(const std::vector<OptionForm>& forms, Place place) {
    return std::any_of(forms.begin(), forms.end(), [place](const OptionForm& form) {
        return form.place == place;
    });
}

}  // namespace

Spec parse_spec(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return {std::string(text), "", false};
    }
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1)), true};
}

OptionForm named(std::string key, std::string fallback, std::string help) {
    std::string shape = fallback;
    return {std::move(key), std::move(fallback), std::move(shape), std::move(help)};
}

OptionForm unset(std::string key, std::string shape, std::string help) {
    return {std::move(key), "", std::move(shape), std::move(help)};
}

OptionForm word(std::string key, std::vector<std::string> words, std::string help) {
    return {
        std::move(key), words.front(), fmt::format("{}", fmt::join(words, "|")), std::move(help)};
}

OptionForm flag(std::string key, std::string help) {
    return {std::move(key), "", "", std::move(help), Place::kFlag};
}

OptionForm required(std::string key, std::string shape, std::string help) {
    return {std::move(key), "", std::move(shape), std::move(help), Place::kNamed, true};
}

OptionForm positional(std::string key, std::string shape, std::string help) {
    return {std::move(key), "", std::move(shape), std::move(help), Place::kPositional, true};
}

OptionForm rest(std::string key, std::string shape, std::string help) {
    return {std::move(key), "", std::move(shape), std::move(help), Place::kRest, true};
}

OptionForm may_be_left_out(OptionForm form, std::string fallback) {
    form.fallback = std::move(fallback);
    form.is_required = false;
    return form;
}

std::string syntax_of(const std::string& name, const std::vector<OptionForm>& forms) {
    std::string must;
    std::string may;
    for (const OptionForm& form : forms) {
        std::string& part = form.is_required ? must : may;
        const bool is_named = form.place == Place::kNamed || form.place == Place::kFlag;
        if (!part.empty()) {
            part += is_named ? "," : ":";
        }
        part += form.place == Place::kNamed  ? form.key + "=" + form.shape
                : form.place == Place::kFlag ? form.key
                                             : form.shape;
    }
    if (must.empty()) {
        return may.empty() ? name : fmt::format("{}[:{}]", name, may);
    }
    return may.empty() ? fmt::format("{}:{}", name, must)
                       : fmt::format("{}:{}[,{}]", name, must, may);
}

Options::Options(std::string where, const Spec& spec, std::vector<OptionForm> forms)
    : where_(std::move(where)), forms_(std::move(forms)) {
    for (const OptionForm& form : forms_) {
        values_.push_back({form.fallback, false});
    }
    if (spec.has_argument) {
        read(spec);
    }
    for (std::size_t i = 0; i < forms_.size(); ++i) {
        if (forms_[i].is_required && values_[i].text.empty()) {
            refuse(fmt::format(
                "the {} is missing, allowed {}", forms_[i].key, syntax_of(spec.name, forms_)));
        }
    }
}

Options Options::of_list(std::string where, std::string_view text, std::vector<OptionForm> forms) {
    return {std::move(where), Spec{"", std::string(text), true}, std::move(forms)};
}

void Options::read(const Spec& spec) {
    if (forms_.empty()) {
        refuse(fmt::format("takes no argument, got '{}'", shown(spec.argument)));
    }
    const bool takes_rest = has_place(forms_, Place::kRest);
    const bool takes_places = takes_rest || has_place(forms_, Place::kPositional);
    if (!has_place(forms_, Place::kNamed) && !has_place(forms_, Place::kFlag)) {
        read_positions(spec.argument);
        return;
    }
    std::string positions;
    bool has_positions = false;
    for (const std::string_view entry : split(spec.argument, ',')) {
        if (is_flag(entry)) {
            take(entry, std::string(entry));
        } else if (takes_places && key_length(entry) == 0) {
            positions += (has_positions ? "," : "") + std::string(entry);
            has_positions = true;
        } else {
            read_named(entry);
        }
    }
    if (has_positions) {
        read_positions(positions);
    }
}

void Options::read_named(std::string_view entry) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == entry.size()) {
        refuse(fmt::format("an option must be key=value, got '{}', allowed keys: {}",
                           shown(entry),
                           listed(keys())));
    }
    const std::string_view key = entry.substr(0, equals);
    const std::vector<std::string> known = keys();
    if (std::find(known.begin(), known.end(), key) == known.end()) {
        refuse(fmt::format("unknown option, got '{}', allowed keys: {}{}",
                           shown(key),
                           listed(known),
                           did_you_mean(key, known)));
    }
    take(key, std::string(entry.substr(equals + 1)));
}

void Options::take(std::string_view key, std::string value) {
    Value& kept = values_[place_of(key)];
    if (kept.is_given) {
        refuse(fmt::format("option '{}' is given twice, allowed once", key));
    }
    kept = {std::move(value), true};
}

void Options::read_positions(std::string_view text) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < forms_.size(); ++i) {
        if (forms_[i].place == Place::kPositional || forms_[i].place == Place::kRest) {
            places.push_back(i);
        }
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
        // The last one takes what is left, for a path may hold colons.
        const std::size_t colon = i + 1 < places.size() ? text.find(':') : std::string_view::npos;
        values_[places[i]] = {std::string(text.substr(0, colon)), true};
        if (colon == std::string_view::npos) {
            return;
        }
        text.remove_prefix(colon + 1);
    }
}

std::vector<std::string> Options::keys() const {
    std::vector<std::string> keys;
    for (const OptionForm& form : forms_) {
        if (form.place == Place::kNamed || form.place == Place::kFlag) {
            keys.push_back(form.key);
        }
    }
    return keys;
}

bool Options::is_flag(std::string_view entry) const {
    return std::any_of(forms_.begin(), forms_.end(), [entry](const OptionForm& form) {
        return form.place == Place::kFlag && form.key == entry;
    });
}

std::size_t Options::place_of(std::string_view key) const {
    const auto found = std::find_if(
        forms_.begin(), forms_.end(), [key](const OptionForm& form) { return form.key == key; });
    if (found == forms_.end()) {
        throw std::logic_error(fmt::format("{}: option '{}' was not declared", where_, key));
    }
    return static_cast<std::size_t>(found - forms_.begin());
}

std::string Options::path_of(std::string_view key) const {
    return fmt::format("{}: {}", where_, key);
}

bool Options::declares(std::string_view key) const {
    return std::any_of(
        forms_.begin(), forms_.end(), [key](const OptionForm& form) { return form.key == key; });
}

bool Options::has(std::string_view key) const {
    return values_[place_of(key)].is_given;
}

const std::string& Options::text(std::string_view key) const {
    return values_[place_of(key)].text;
}

std::int64_t Options::integer(std::string_view key,
                              std::pair<std::int64_t, std::int64_t> range) const {
    return parse_integer(path_of(key), text(key), range);
}

double Options::number(std::string_view key, std::pair<double, double> range) const {
    return parse_number(path_of(key), text(key), range);
}

double Options::below_one(std::string_view key) const {
    const double value = number(key, {0, 1});
    if (value == 1) {
        refuse(fmt::format("{}: got {}, allowed 0 and above, below 1", key, text(key)));
    }
    return value;
}

double Options::fraction(std::string_view key) const {
    return parse_fraction(path_of(key), text(key));
}

std::vector<double> Options::fractions(std::string_view key) const {
    std::vector<double> numbers;
    for (const std::string_view part : split(text(key), '/')) {
        numbers.push_back(parse_fraction(path_of(key), part));
    }
    return numbers;
}

std::vector<std::string> Options::list(std::string_view key) const {
    std::vector<std::string> parts;
    if (!text(key).empty()) {
        for (const std::string_view part : split(text(key), ',')) {
            parts.emplace_back(part);
        }
    }
    return parts;
}

void Options::refuse_word(std::string_view key, const std::vector<std::string>& allowed) const {
    throw std::invalid_argument(unknown_word(path_of(key), text(key), allowed));
}

void Options::refuse(std::string_view what) const {
    throw std::invalid_argument(fmt::format("{}: {}", where_, what));
}

}  // namespace murmur
