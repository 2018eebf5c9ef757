#include "tools/sweep/request.h"

#include "tools/text/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>

namespace murmur::sweep {
namespace {

constexpr std::int64_t kMaxRange = 100'000;

[[noreturn]] void refuse(const std::string& message) {
    throw std::invalid_argument("sweep: " + message);
}

std::optional<std::int64_t> to_integer(std::string_view text) {
    return parse_number<std::int64_t>(text);
}

/// Cuts `text` at the commas that no brace encloses.
std::vector<std::string_view> split_at_commas(std::string_view name, std::string_view text) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
        if (depth < 0) {
            break;
        }
        if (text[i] == ',' && depth == 0) {
            parts.push_back(text.substr(begin, i - begin));
            begin = i + 1;
        }
    }
    if (depth != 0) {
        refuse(fmt::format("--{}={} has an unmatched brace", name, text));
    }
    parts.push_back(text.substr(begin));
    return parts;
}

/// Returns the key of a text `key=value`; nothing of another.
std::string_view key_of(std::string_view text) {
    const auto equals = text.find('=');
    const bool is_key = equals != std::string_view::npos &&
                        text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == equals;
    return is_key ? text.substr(0, equals) : std::string_view();
}

/// The keys that the end of a value has, so that one that comes again begins another value, as in
/// idle=1W,idle=2W.
class Keys {
  public:
    /// Tells whether a part is an option `key=value` of the value before it.
    [[nodiscard]] bool lack(std::string_view part) const {
        const auto key = key_of(part);
        return !key.empty() && std::ranges::find(keys_, key) == keys_.end();
    }
    /// Takes those of a part.  A key whose value has a colon begins anew: behind it stand keys of
    /// that value, of which the next part may be one, as in nnm:f=1,then=krum:m=2,f=1.
    /// @param is_first  of a value, or of an assignment
    void add(std::string_view part, bool is_first) {
        if (is_first || (!key_of(part).empty() && part.find(':') != std::string_view::npos)) {
            keys_.clear();
        }
        while (!part.empty()) {
            const auto end = std::min(part.find_first_of(":,{}"), part.size());
            keys_.push_back(key_of(part.substr(0, end)));
            part.remove_prefix(std::min(end + 1, part.size()));
        }
    }

  private:
    std::vector<std::string_view> keys_;
};

/// Tells whether a part is one more assignment of the value before it, as in first:3:0.2,rest:1.
/// What it assigns has keys of its own.
bool is_assignment(std::string_view value, std::string_view part) {
    return value.starts_with("first:") && (part.starts_with("next:") || part.starts_with("rest:"));
}

/// Tells whether a part goes on with a list of nodes of the value before it, as in nodes=0,3-5.
bool continues_nodes(std::string_view value, std::string_view part) {
    constexpr std::string_view kNodes = "nodes=";
    const auto list = value.rfind(kNodes);
    // What follows a list is apart by ':', as in nodes=0,3-5:nan.
    return list != std::string_view::npos &&
           value.find_first_not_of("0123456789-,", list + kNodes.size()) ==
               std::string_view::npos &&
           part.substr(0, part.find(':')).find_first_not_of("0123456789-") ==
               std::string_view::npos;
}

/// Tells whether one pair of braces encloses the whole text, as in {a,b} but not in {a}-{b}.
bool is_braced(std::string_view text) {
    if (!text.starts_with('{')) {
        return false;
    }
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
        if (depth == 0) {
            return i + 1 == text.size();
        }
    }
    return false;
}

/// Appends the integers of `first..last`; returns false if `text` is no such range.
bool append_range(std::string_view name, std::string_view text, std::vector<std::string>& values) {
    const auto dots = text.find("..");
    if (dots == std::string_view::npos) {
        return false;
    }
    const auto first = to_integer(text.substr(0, dots));
    const auto last = to_integer(text.substr(dots + 2));
    if (!first || !last) {
        return false;
    }
    if (*last < *first) {
        refuse(fmt::format("--{}={} counts down; write the smaller number first", name, text));
    }
    // Unsigned, because the difference of two 64-bit integers need not fit.
    if (static_cast<std::uint64_t>(*last) - static_cast<std::uint64_t>(*first) >= kMaxRange) {
        refuse(fmt::format("--{}={} has more than {} members", name, text, kMaxRange));
    }
    for (std::int64_t offset = 0; offset <= *last - *first; ++offset) {
        values.push_back(std::to_string(*first + offset));
    }
    return true;
}

Option parse_option(std::string_view argument) {
    if (!argument.starts_with("--") || argument.size() == 2) {
        refuse(fmt::format("'{}' is not of the form --name=value", argument));
    }
    argument.remove_prefix(2);
    const auto equals = argument.find('=');
    Option option{.name = std::string(argument.substr(0, equals)), .values = {}};
    if (option.name.empty()) {
        refuse(fmt::format("'--{}' is not of the form --name=value", argument));
    }
    if (equals != std::string_view::npos) {
        option.values = expand_values(option.name, argument.substr(equals + 1));
    }
    return option;
}

const std::string& single_value(const Option& option) {
    if (option.values.size() != 1) {
        refuse(fmt::format("--{} takes one value, got {}", option.name, option.values.size()));
    }
    return option.values.front();
}

std::size_t parse_jobs(const Option& option) {
    const auto jobs = to_integer(single_value(option));
    if (!jobs || *jobs < 1) {
        refuse(fmt::format("--jobs={} is not a number of runs, 1 or more", option.values.front()));
    }
    return static_cast<std::size_t>(*jobs);
}

std::size_t parse_parts(const Option& option) {
    const auto parts = to_integer(single_value(option));
    if (!parts || *parts < 1 || *parts > kMaxRange) {
        refuse(fmt::format("--print-slurm={} is not a number of parts, 1 or more",
                           option.values.front()));
    }
    return static_cast<std::size_t>(*parts);
}

Part parse_part(const Option& option) {
    const std::string& text = single_value(option);
    const auto slash = text.find('/');
    const auto number = to_integer(std::string_view(text).substr(0, slash));
    const auto count = slash == std::string::npos
                           ? std::nullopt
                           : to_integer(std::string_view(text).substr(slash + 1));
    if (!number || !count || *number < 1 || *count < *number || *count > kMaxRange) {
        refuse(fmt::format("--part={}, allowed I/N with 1 <= I <= N, such as 2/8", text));
    }
    return {static_cast<std::size_t>(*number), static_cast<std::size_t>(*count)};
}

/// Returns a whole number of the environment; nothing where it is not set.
std::optional<std::int64_t> environment_number(const char* name) {
    const char* const text = std::getenv(name);
    if (text == nullptr || *text == '\0') {
        return std::nullopt;
    }
    const auto value = to_integer(text);
    if (!value) {
        refuse(fmt::format("{}={} in the environment is no whole number", name, text));
    }
    return value;
}

void add_option(Option option, Request& request) {
    if (option.name == "out") {
        request.out = single_value(option);
    } else if (option.name == "jobs") {
        request.jobs = parse_jobs(option);
    } else if (option.name == "part") {
        request.part = parse_part(option);
    } else if (option.name == "print-slurm") {
        request.slurm = option.values.empty() ? 0 : parse_parts(option);
    } else if (option.name == "overwrite" && option.values.empty()) {
        request.overwrite = true;
    } else if (option.name == "ranks") {
        refuse(
            "--ranks is of ./murmur run; a run of a sweep is one process: allowed --jobs=N, runs "
            "at a time, and --workers=N, threads of each");
    } else if (option.name == "quiet" || option.name == "check" || option.name == "overwrite") {
        refuse(fmt::format("--{} is for a single run; a sweep sets it itself", option.name));
    } else {
        request.options.push_back(std::move(option));
    }
}

}  // namespace

std::vector<std::string> expand_values(std::string_view name, std::string_view text) {
    std::vector<std::string> values;
    Keys keys;  // of the last of them
    for (const auto part : split_at_commas(name, text)) {
        if (part.empty()) {
            refuse(fmt::format("--{}={} has an empty value", name, text));
        }
        const bool assigns = !values.empty() && is_assignment(values.back(), part);
        const bool goes_on = assigns || (!values.empty() &&
                                         (keys.lack(part) || continues_nodes(values.back(), part)));
        keys.add(part, assigns || !goes_on);
        if (goes_on) {
            values.back() += fmt::format(",{}", part);
        } else if (is_braced(part)) {
            values.emplace_back(part.substr(1, part.size() - 2));
        } else if (!append_range(name, part, values)) {
            values.emplace_back(part);
        }
    }
    auto sorted = values;
    std::ranges::sort(sorted);
    if (const auto twin = std::ranges::adjacent_find(sorted); twin != sorted.end()) {
        refuse(fmt::format("--{}={} names {} twice", name, text, *twin));
    }
    return values;
}

std::optional<Part> part_of_slurm() {
    const auto task = environment_number("SLURM_ARRAY_TASK_ID");
    if (!task) {
        return std::nullopt;
    }
    const auto first = environment_number("SLURM_ARRAY_TASK_MIN").value_or(1);
    const auto last = environment_number("SLURM_ARRAY_TASK_MAX").value_or(*task);
    const auto step =
        std::max<std::int64_t>(environment_number("SLURM_ARRAY_TASK_STEP").value_or(1), 1);
    if (*task < first || *task > last || (*task - first) % step != 0) {
        refuse(fmt::format("SLURM_ARRAY_TASK_ID={} is none of {}-{}:{}", *task, first, last, step));
    }
    const std::int64_t count = (last - first) / step + 1;
    // Of an array such as 3,7 or 1-4,9 nobody says which tasks it has.
    if (const auto tasks = environment_number("SLURM_ARRAY_TASK_COUNT"); tasks && tasks != count) {
        refuse(
            fmt::format("SLURM_ARRAY_TASK_COUNT={} is not the {} tasks of {}-{}:{}, so this "
                        "task's part is unknown; say it: --part=I/N",
                        *tasks,
                        count,
                        first,
                        last,
                        step));
    }
    return Part{static_cast<std::size_t>((*task - first) / step + 1),
                static_cast<std::size_t>(count)};
}

std::optional<Part> part_of_folder(const std::filesystem::path& folder) {
    constexpr std::string_view kPart = "part-";
    constexpr std::string_view kOf = "-of-";
    const std::string name = folder.filename().string();
    const auto of = name.find(kOf);
    if (!name.starts_with(kPart) || of == std::string::npos) {
        return std::nullopt;
    }
    const std::string_view text = name;
    const auto number = parse_number<std::size_t>(text.substr(kPart.size(), of - kPart.size()));
    const auto count = parse_number<std::size_t>(text.substr(of + kOf.size()));
    return number && count && *number >= 1 && *number <= *count
               ? std::optional(Part{.number = *number, .count = *count})
               : std::nullopt;
}

Request parse_request(std::span<const std::string> arguments) {
    if (arguments.empty()) {
        refuse("which scenario? usage: sweep PROGRAM --name=values... --out=DIR");
    }
    Request request;
    request.program = arguments.front();
    std::vector<std::string> names;
    for (const auto& argument : arguments.subspan(1)) {
        auto option = parse_option(argument);
        if (std::ranges::find(names, option.name) != names.end()) {
            // Often it is given once, with braces that no quotes kept from the shell.
            refuse(
                fmt::format("--{0} is given twice; write --{0}=a,b, and braces in quotes: "
                            "'--{0}={{a,b}}'",
                            option.name));
        }
        names.push_back(option.name);
        add_option(std::move(option), request);
    }
    if (request.out.empty()) {
        refuse("--out=DIR is missing: the folder that keeps the runs and sweep.csv");
    }
    if (request.slurm && request.part) {
        refuse("--part with --print-slurm: the script says itself which part each of its tasks is");
    }
    if (request.slurm && request.overwrite) {
        refuse(
            "--overwrite with --print-slurm: a task that Slurm requeues would begin all over; "
            "choose another --out");
    }
    if (!request.part && !request.slurm) {
        request.part = part_of_slurm();
    }
    return request;
}

}  // namespace murmur::sweep
