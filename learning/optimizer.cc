#include "learning/optimizer.h"

#include "learning/optimizers/adjusted.h"
#include "tools/text/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {
namespace {

struct NoState final : OptimizerState {
    void write(ByteSink& /*sink*/) const override {}
};

/// One of the training options that stand for an option of the optimizer.
struct ShortOption {
    std::string_view key;
    std::string value;
    bool is_set;
};

bool has_option(const ChoiceText& optimizer, std::string_view key) {
    return std::any_of(optimizer.options.begin(),
                       optimizer.options.end(),
                       [key](const OptionForm& form) { return form.key == key; });
}

bool says_the_same(const Options& options, const ShortOption& option) {
    const std::string& text = options.text(option.key);
    if (option.key == "nesterov") {
        return text == option.value;
    }
    constexpr std::pair kAny{-1e300, 1e300};
    return options.number(option.key, kAny) == parse_number("value", option.value, kAny);
}

/// Returns the optimizer's spec with the short options written into it.
std::string whole_spec(const TrainingOptions& training) {
    const auto chosen = optimizers().select(training.optimizer);
    std::string spec = training.optimizer;
    char separator = spec.find(':') == std::string::npos ? ':' : ',';
    for (const ShortOption& option : std::array<ShortOption, 3>{
             {{"momentum", fmt::format("{}", training.momentum), training.momentum != 0},
              {"weight-decay",
               fmt::format("{}", training.weight_decay.value_or(0)),
               training.weight_decay.has_value()},
              {"nesterov", "true", training.nesterov}}}) {
        if (!option.is_set) {
            continue;
        }
        if (!has_option(chosen.text, option.key)) {
            throw std::invalid_argument(fmt::format("optimizer {}: has no {}, got --{}={}",
                                                    chosen.text.name,
                                                    option.key,
                                                    option.key,
                                                    option.value));
        }
        if (!chosen.options.has(option.key)) {
            spec += fmt::format("{}{}={}", separator, option.key, option.value);
            separator = ',';
        } else if (!says_the_same(chosen.options, option)) {
            throw std::invalid_argument(
                fmt::format("optimizer {}: {} is said twice, got {} in --optimizer={} and "
                            "--{}={}, allowed one of them",
                            chosen.text.name,
                            option.key,
                            chosen.options.text(option.key),
                            training.optimizer,
                            option.key,
                            option.value));
        }
    }
    return spec;
}

}  // namespace

std::unique_ptr<OptimizerState> LocalOptimizer::initial_state(
    const ParameterLayout& /*layout*/) const {
    return std::make_unique<NoState>();
}

std::unique_ptr<OptimizerState> LocalOptimizer::read_state(ByteSource& /*source*/,
                                                           const ParameterLayout& layout) const {
    return initial_state(layout);
}

OptimizerRegistry& optimizers() {
    static OptimizerRegistry registry("optimizer", register_all);
    return registry;
}

std::unique_ptr<const LocalOptimizer> make_optimizer(const TrainingOptions& options) {
    const auto chosen = optimizers().select(whole_spec(options));
    return make_adjusted(chosen.make(chosen.options), options.clip, LearningRate(options));
}

std::vector<float> read_state_vector(ByteSource& source,
                                     const ParameterLayout& layout,
                                     bool is_kept) {
    std::vector<float> values = source.floats();
    const std::size_t expected = is_kept ? count_values(layout).total() : 0;
    if (values.size() != expected) {
        throw std::invalid_argument(fmt::format(
            "a written value is damaged: an optimizer's state has {} values, allowed {}",
            values.size(),
            expected));
    }
    return values;
}

void write_value(const TrainingState& state, ByteSink& sink) {
    sink.u64(state.steps);
    sink.u8(state.optimizer ? 1 : 0);
    if (state.optimizer) {
        state.optimizer->write(sink);
    }
}

TrainingState read_training_state(ByteSource& source,
                                  const LocalOptimizer& optimizer,
                                  const ParameterLayout& layout) {
    TrainingState state;
    state.steps = source.u64();
    if (source.u8() != 0) {
        state.optimizer = optimizer.read_state(source, layout);
    }
    return state;
}

}  // namespace murmur
