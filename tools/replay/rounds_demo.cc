#include "tools/replay/rounds_demo.h"

#include "learning/codecs/little_endian.h"
#include "learning/drift/demo.h"
#include "learning/encoding/sparse_message.h"
#include "learning/parameters.h"
#include "tools/text/number.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>

namespace murmur::replay {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Message = std::shared_ptr<const EncodedModel>;
using Entries = std::map<std::size_t, double>;  ///< of a tile, by place

struct Shape {
    std::size_t rows = 0;
    std::size_t columns = 0;
};

std::vector<float> read_matrix(const Field& field, const Shape& shape) {
    std::vector<float> values;
    field.require_size(shape.rows);
    for (std::size_t row = 0; row < shape.rows; ++row) {
        field.at(row).require_size(shape.columns);
        for (std::size_t column = 0; column < shape.columns; ++column) {
            values.push_back(static_cast<float>(field.at(row).at(column).number()));
        }
    }
    return values;
}

/// Returns the whole number behind a word of a text, which may go on with a letter.
std::size_t count_behind(const Field& field, std::string_view text, std::string_view word) {
    constexpr double kMost = 1e6;
    return static_cast<std::size_t>(
        parse_number(field.where, field.number_behind(text, word), {1, kMost}));
}

Entries read_entries(const Field& field, const Shape& shape) {
    Entries entries;
    for (std::size_t i = 0; i < field.size(); ++i) {
        const Field entry = field.at(i);
        entry.require_size(2);
        entry.at(0).require_size(2);
        const std::uint64_t row = entry.at(0).at(0).natural(shape.rows - 1);
        const std::uint64_t column = entry.at(0).at(1).natural(shape.columns - 1);
        entries[row * shape.columns + column] = entry.at(1).number();
    }
    return entries;
}

double difference(const Entries& ours, const Entries& theirs) {
    double worst = ours.size() == theirs.size() ? 0 : kInfinity;
    for (const auto& [place, value] : theirs) {
        const auto found = ours.find(place);
        worst = std::max(
            worst, found == ours.end() ? kInfinity : relative_difference(found->second, value));
    }
    return worst;
}

template <class Values>
double difference(const Values& ours, const std::vector<float>& theirs) {
    double worst = 0;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
        worst = std::max(
            worst,
            relative_difference(static_cast<double>(ours[i]), static_cast<double>(theirs[i])));
    }
    return worst;
}

/// One step of all workers.
struct Step {
    std::vector<Message> messages{};
    std::vector<std::vector<float>> residuals{};
};

}  // namespace

std::vector<RuleDifference> replay_demo(const Field& root) {
    const Field section = root.at("demo");
    const Field gradients = section.at("gradients");
    if (gradients.size() == 0 || gradients.at(0).size() == 0) {
        gradients.refuse("empty, allowed a matrix for each worker");
    }
    const Shape shape{gradients.at(0).size(), gradients.at(0).at(0).size()};
    const Field words = section.at("decay_and_lr");
    if (!words.json.is_string() || shape.columns == 0) {
        words.refuse(fmt::format("not a text, got {}", brief(words.json)));
    }
    const auto text = words.json.get<std::string>();
    const std::string of_rows = fmt::format("chunk {}x", shape.rows);
    if (count_behind(words, text, "chunk ") != shape.rows ||
        count_behind(words, text, of_rows) != shape.columns) {
        words.refuse(fmt::format(
            "a chunk of another shape than the gradients, allowed {}{}", of_rows, shape.columns));
    }
    const ParameterLayout layout{{.name = "x",
                                  .shape = {static_cast<std::int64_t>(shape.rows),
                                            static_cast<std::int64_t>(shape.columns)}}};
    const std::size_t size = shape.rows * shape.columns;
    constexpr double kMostRate = 1e6;
    // The sign of a step does not know its rate, nor does what is recorded of it.
    const auto lr = parse_number(words.where, words.number_behind(text, "lr "), {0, kMostRate});
    const DemoOptions options{.lr = 1,
                              .side = std::max(shape.rows, shape.columns),
                              .top_k = count_behind(words, text, "top-k ")};
    const Demo demo(layout, size, options);
    const TileIndices tiles(tiles_of(layout, size, options.side), options.top_k, options.indices);
    const Parameters zero = make_parameters(std::vector<float>(size));
    Step step;
    for (std::size_t worker = 0; worker < gradients.size(); ++worker) {
        std::vector<float> after = read_matrix(gradients.at(worker), shape);
        for (float& value : after) {
            value = static_cast<float>(-lr * value);  // a step from zero
        }
        step.residuals.emplace_back(size);
        step.messages.push_back(demo.encode(step.residuals.back(), *zero, *make_parameters(after)));
    }
    const std::vector<float> mean = demo.mean_of(step.messages);
    std::vector<RuleDifference> all;
    if (section.has("sent")) {
        RuleDifference worst{"sent", 0};
        const Field sent = section.at("sent");
        sent.require_size(step.messages.size());
        for (std::size_t worker = 0; worker < step.messages.size(); ++worker) {
            const auto& message = dynamic_cast<const SparseMessage&>(*step.messages[worker]);
            Entries ours;
            std::size_t entry = 0;
            for (const std::uint32_t index : tiles.decode(message.indices)) {
                ours[index] = load_float(message.values.data() + sizeof(float) * entry++);
            }
            worst.relative =
                std::max(worst.relative, difference(ours, read_entries(sent.at(worker), shape)));
        }
        all.push_back(std::move(worst));
    }
    if (section.has("residual_after_send")) {
        RuleDifference worst{"residual_after_send", 0};
        const Field residuals = section.at("residual_after_send");
        residuals.require_size(step.residuals.size());
        for (std::size_t worker = 0; worker < step.residuals.size(); ++worker) {
            worst.relative = std::max(
                worst.relative,
                difference(step.residuals[worker], read_matrix(residuals.at(worker), shape)));
        }
        all.push_back(std::move(worst));
    }
    constexpr const char* kCombined = "combined_mean_over_senders_of_that_index";
    if (section.has(kCombined)) {
        std::vector<float> coefficients = mean;
        TileTransform(shape.rows, shape.columns).forward(coefficients);
        const Entries theirs = read_entries(section.at(kCombined), shape);
        Entries ours = theirs;
        double elsewhere = 0;
        for (std::size_t i = 0; i < size; ++i) {
            if (theirs.contains(i)) {
                ours[i] = coefficients[i];
            } else {
                elsewhere = std::max(elsewhere, static_cast<double>(std::abs(coefficients[i])));
            }
        }
        all.push_back({kCombined, std::max(difference(ours, theirs), elsewhere)});
    }
    if (section.has("dense_before_sign")) {
        all.push_back({"dense_before_sign",
                       difference(mean, read_matrix(section.at("dense_before_sign"), shape))});
    }
    if (section.has("signed_step")) {
        const Parameters stepped = demo.step(*zero, *zero, step.messages);
        // Recorded is the sign, or the step itself.
        std::vector<double> signs;
        std::vector<double> steps;
        for (const float value : stepped->values()) {
            signs.push_back(-value);
            steps.push_back(-value * lr);
        }
        const std::vector<float> theirs = read_matrix(section.at("signed_step"), shape);
        all.push_back(
            {"signed_step", std::min(difference(signs, theirs), difference(steps, theirs))});
    }
    if (all.empty()) {
        section.refuse(
            "has nothing to compare with, allowed sent, residual_after_send, "
            "combined_mean_over_senders_of_that_index, dense_before_sign, signed_step");
    }
    return all;
}

}  // namespace murmur::replay
