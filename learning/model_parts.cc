#include "learning/model_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace murmur {
namespace {

Travel travel_of(const ParameterBlock& block, const PartOptions& options) {
    if (block.is_buffer) {
        return options.buffers;
    }
    return block.is_trained ? Travel::kEncoded : options.frozen;
}

}  // namespace

Travel parse_travel(std::string_view where, std::string_view word) {
    constexpr std::array<std::pair<std::string_view, Travel>, 3> kWords{
        {{"whole", Travel::kWhole}, {"local", Travel::kLocal}, {"encoded", Travel::kEncoded}}};
    for (const auto& [name, travel] : kWords) {
        if (word == name) {
            return travel;
        }
    }
    throw std::invalid_argument(
        fmt::format("{}: got '{}', allowed whole, local, encoded", where, word));
}

void ModelParts::Part::add(std::size_t begin, std::size_t count) {
    if (count == 0) {
        return;
    }
    if (!runs.empty() && runs.back().begin + runs.back().size == begin) {
        runs.back().size += count;
    } else {
        runs.push_back({begin, count});
    }
    size += count;
}

Parameters ModelParts::Part::gathered(const ParameterVector& model) const {
    auto part = std::make_shared<ParameterVector>(size);
    auto to = part->values().begin();
    for (const Run& run : runs) {
        to = std::ranges::copy(model.values().subspan(run.begin, run.size), to).out;
    }
    return part;
}

void ModelParts::Part::scatter(std::span<const float> part, std::span<float> model) const {
    for (const Run& run : runs) {
        std::ranges::copy(part.first(run.size), model.subspan(run.begin).begin());
        part = part.subspan(run.size);
    }
}

ModelParts::ModelParts(const ParameterLayout& layout, const PartOptions& options) {
    for (const ParameterBlock& block : layout) {
        switch (travel_of(block, options)) {
            case Travel::kEncoded:
                encoded_.add(size_, block.size());
                encoded_layout_.push_back(block);
                break;
            case Travel::kWhole:
                whole_.add(size_, block.size());
                break;
            case Travel::kLocal:
                break;
        }
        size_ += block.size();
    }
}

void ModelParts::require_length(std::size_t num_parameters) const {
    if (num_parameters != size_) {
        throw std::invalid_argument(
            fmt::format("sharing: a model of another length than its layout, got {}, allowed {}",
                        num_parameters,
                        size_));
    }
}

Parameters ModelParts::encoded_of(const Parameters& model) const {
    require_length(model->size());
    return encoded_.gathered(*model);
}

Parameters ModelParts::whole_of(const Parameters& model) const {
    require_length(model->size());
    return whole_.gathered(*model);
}

Parameters ModelParts::replaced(const Parameters& model,
                                const Parameters& encoded,
                                const Parameters& whole) const {
    auto result = copy_of(*model);
    encoded_.scatter(encoded->values(), result->values());
    whole_.scatter(whole->values(), result->values());
    return result;
}

}  // namespace murmur
