#include "emulator/record/model_saving.h"

#include "emulator/base/node_list.h"
#include "emulator/base/quantity.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace murmur {

namespace {

constexpr std::string_view kNodes = ",nodes=";

[[noreturn]] void refuse(std::string_view where, std::string_view text) {
    throw std::invalid_argument(
        fmt::format("{}: got '{}', allowed final, best, every:K (K rounds, 1 or more), each with "
                    ",nodes=LIST such as 0,3-5",
                    where,
                    shown(text)));
}

}  // namespace

bool ModelSaving::has(std::uint32_t node) const {
    return has_all_nodes || std::binary_search(nodes.begin(), nodes.end(), node);
}

bool ModelSaving::wants(std::uint32_t node,
                        std::uint64_t rounds,
                        bool is_evaluated,
                        bool is_last) const {
    const bool is_due = when == When::kBest    ? is_evaluated
                        : when == When::kEvery ? is_last || (rounds > 0 && rounds % every == 0)
                                               : false;
    return is_due && has(node);
}

ModelSaving parse_model_saving(std::string_view where,
                               std::string_view text,
                               std::uint32_t num_nodes) {
    ModelSaving saving;
    if (text.empty()) {
        return saving;
    }
    const std::size_t end = std::min(text.find(kNodes), text.size());
    const std::string_view when = text.substr(0, end);
    if (when == "final") {
        saving.when = ModelSaving::When::kFinal;
    } else if (when == "best") {
        saving.when = ModelSaving::When::kBest;
    } else if (when.starts_with("every:")) {
        saving.when = ModelSaving::When::kEvery;
        saving.every = parse_count(where, when.substr(6));
    }
    if (saving.when == ModelSaving::When::kNever ||
        (saving.when == ModelSaving::When::kEvery && saving.every == 0)) {
        refuse(where, text);
    }
    saving.has_all_nodes = end == text.size();
    if (saving.has_all_nodes) {
        saving.nodes.resize(num_nodes);
        std::iota(saving.nodes.begin(), saving.nodes.end(), 0U);
    } else {
        saving.nodes = parse_nodes(where, text.substr(end + kNodes.size()), num_nodes);
    }
    return saving;
}

}  // namespace murmur
