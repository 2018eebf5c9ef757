#include "tools/sweep/plan.h"

#include "tools/text/hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace murmur::sweep {
namespace {

constexpr std::size_t kMaxRuns = 100'000;
constexpr std::size_t kMaxFolderName = 120;

/// Replaces what needs quoting in a shell or means something in a path.
std::string tidy(std::string_view text) {
    std::string tidied;
    for (const unsigned char c : text) {
        const bool is_plain =
            std::isalnum(c) != 0 || std::string_view("._+=").find(c) != std::string_view::npos;
        tidied += is_plain ? static_cast<char>(c) : '-';
    }
    return tidied;
}

std::size_t count_runs(const std::vector<Option>& options) {
    std::size_t count = 1;
    for (const auto& option : options) {
        count *= std::max<std::size_t>(option.values.size(), 1);
        if (count > kMaxRuns) {
            throw std::invalid_argument(
                fmt::format("sweep: the product of the options has more than {} runs", kMaxRuns));
        }
    }
    return count;
}

Run make_run(const std::vector<Option>& options, std::size_t index) {
    Run run;
    // From the last option, which varies fastest, to the first, like the digits of `index`.
    std::vector<std::size_t> choice(options.size());
    for (std::size_t k = options.size(); k-- > 0;) {
        const auto radix = std::max<std::size_t>(options[k].values.size(), 1);
        choice[k] = index % radix;
        index /= radix;
    }
    for (std::size_t k = 0; k < options.size(); ++k) {
        const auto& [name, values] = options[k];
        if (values.empty()) {
            run.arguments.push_back("--" + name);
            continue;
        }
        const auto& value = values[choice[k]];
        run.arguments.push_back(fmt::format("--{}={}", name, value));
        if (values.size() > 1) {
            run.varied.push_back(value);
        }
    }
    return run;
}

/// The exact settings of a run; two runs never share them.
std::string full_name(const Plan& plan, const Run& run) {
    std::string name;
    for (std::size_t k = 0; k < plan.varied.size(); ++k) {
        name += fmt::format("{}{}={}", k == 0 ? "" : "_", plan.varied[k], run.varied[k]);
    }
    return name.empty() ? "run" : name;
}

void name_folders(Plan& plan) {
    std::map<std::string, int> uses;
    for (const auto& run : plan.runs) {
        ++uses[tidy(full_name(plan, run))];
    }
    for (auto& run : plan.runs) {
        const auto full = full_name(plan, run);
        run.folder = tidy(full);
        if (uses[run.folder] > 1 || run.folder.size() > kMaxFolderName) {
            run.folder = fmt::format(
                "{}-{:016x}", run.folder.substr(0, kMaxFolderName - 17), hash_text(full));
        }
    }
}

}  // namespace

Plan make_plan(const std::vector<Option>& options) {
    Plan plan;
    for (const auto& option : options) {
        if (option.values.size() > 1) {
            plan.varied.push_back(option.name);
        }
    }
    const auto count = count_runs(options);
    for (std::size_t index = 0; index < count; ++index) {
        plan.runs.push_back(make_run(options, index));
    }
    name_folders(plan);
    return plan;
}

Plan share_of(Plan plan, const Part& part) {
    std::vector<Run> mine;
    for (std::size_t i = part.number - 1; i < plan.runs.size(); i += part.count) {
        mine.push_back(std::move(plan.runs[i]));
    }
    plan.runs = std::move(mine);
    return plan;
}

std::vector<std::vector<std::size_t>> group_by_setting(const Plan& plan) {
    std::map<std::vector<std::string>, std::size_t> group_of;
    std::vector<std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        std::vector<std::string> setting;
        for (std::size_t k = 0; k < plan.varied.size(); ++k) {
            if (plan.varied[k] != "seed") {
                setting.push_back(plan.runs[i].varied[k]);
            }
        }
        const auto [entry, is_new] = group_of.emplace(std::move(setting), groups.size());
        if (is_new) {
            groups.emplace_back();
        }
        groups[entry->second].push_back(i);
    }
    return groups;
}

}  // namespace murmur::sweep
