#include "learning/encoding/selective.h"

#include "learning/encoding/selection.h"
#include "learning/random_stream.h"
#include "learning/value_io.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace murmur {
namespace {

/// Returns the magnitude of each complex coefficient.
std::vector<float> complex_magnitudes(std::span<const float> values) {
    std::vector<float> magnitudes(values.size() / 2);
    for (std::size_t i = 0; i < magnitudes.size(); ++i) {
        // In double: the squares of small changes vanish in float.
        const double real = values[2 * i];
        const double imaginary = values[2 * i + 1];
        magnitudes[i] = static_cast<float>(std::sqrt(real * real + imaginary * imaginary));
    }
    return magnitudes;
}

/// accumulated += to - from
void add_change(std::vector<float>& accumulated,
                const ParameterVector& from,
                const ParameterVector& to) {
    float* const __restrict sum = accumulated.data();
    const float* const __restrict a = from.values().data();
    const float* const __restrict b = to.values().data();
    for (std::size_t i = 0; i < accumulated.size(); ++i) {
        sum[i] += b[i] - a[i];
    }
}

/// Writes to - from, plus what is accumulated, if anything is.
void write_change(std::span<const float> accumulated,
                  const ParameterVector& from,
                  const ParameterVector& to,
                  ParameterVector& change) {
    const float* const __restrict a = from.values().data();
    const float* const __restrict b = to.values().data();
    float* const __restrict result = change.values().data();
    for (std::size_t i = 0; i < change.size(); ++i) {
        result[i] = b[i] - a[i];
    }
    const float* const __restrict before = accumulated.data();
    for (std::size_t i = 0; i < accumulated.size(); ++i) {
        result[i] += before[i];
    }
}

}  // namespace

/// T being linear, T(x - b) is T(x) - T(b): b itself need not be kept.
struct SelectiveEncoder::State final : EncoderState {
    Parameters base;                 ///< T(b)
    Parameters counted;              ///< where changes count from: T(b), or what is in A already
    Parameters trained;              ///< what was encoded last, until it is merged
    Parameters coefficients;         ///< T(trained)
    std::vector<float> accumulated;  ///< A; empty where nothing is accumulated

    void write(ByteSink& sink) const override {
        write_value(base, sink);
        write_value(counted, sink);
        sink.floats(accumulated);
        // What was encoded last is not: the merge computes its transform again.
    }
};

SelectiveEncoder::SelectiveEncoder(SelectiveOptions options)
    : options_(std::move(options)),
      format_{options_.codec, options_.transform ? options_.transform->width() : 1} {}

std::unique_ptr<EncoderState> SelectiveEncoder::initial_state(const Parameters& start,
                                                              SharingRole /*role*/) const {
    auto state = std::make_unique<State>();
    state->base = transformed(start);
    state->counted = state->base;
    // For whoever asks for the coordinates of the start at once.
    state->trained = start;
    state->coefficients = state->base;
    if (options_.accumulation != Accumulation::kNone) {
        state->accumulated.assign(state->base->size(), 0.0F);
    }
    return state;
}

std::unique_ptr<EncoderState> SelectiveEncoder::read_state(ByteSource& source) const {
    auto state = std::make_unique<State>();
    state->base = read_parameters(source);
    state->counted = read_parameters(source);
    state->accumulated = source.floats();
    return state;
}

std::size_t SelectiveEncoder::num_entries(std::size_t num_parameters) const {
    return options_.transform ? options_.transform->num_coefficients(num_parameters)
                              : num_parameters;
}

std::size_t SelectiveEncoder::budget(std::size_t entries, const SharingContext& context) const {
    RandomStream stream(stream_seed(context.stream_seed, "alpha"));
    const double alpha = options_.alphas[stream.below(options_.alphas.size())];
    return alpha >= options_.full_from ? entries : entries_in_budget(alpha, entries);
}

std::optional<MessageSize> SelectiveEncoder::message_size(std::size_t num_parameters,
                                                          const SharingContext& context) const {
    const std::size_t entries = num_entries(num_parameters);
    return format_.message_size(budget(entries, context), entries);
}

Parameters SelectiveEncoder::transformed(const Parameters& parameters) const {
    if (!options_.transform) {
        return parameters;
    }
    auto u = std::make_shared<ParameterVector>(num_entries(parameters->size()) * format_.width);
    options_.transform->forward(parameters->values(), u->values());
    return u;
}

const Parameters& SelectiveEncoder::coefficients(State& state, const Parameters& trained) const {
    if (state.trained != trained) {
        state.coefficients = transformed(trained);
        state.trained = trained;
    }
    return state.coefficients;
}

std::shared_ptr<const EncodedModel> SelectiveEncoder::encode(EncoderState& state,
                                                             const Parameters& trained,
                                                             const SharingContext& context) const {
    auto& own = dynamic_cast<State&>(state);
    const Parameters u = coefficients(own, trained);
    const std::size_t count = budget(u->size() / format_.width, context);
    return format_.encode(u->values(), select(own, u, count), context.stream_seed);
}

void SelectiveEncoder::count_change(State& state, const Parameters& u) const {
    // A model may be encoded again before it is merged, or merged without being encoded.
    if (options_.accumulation == Accumulation::kChanges && state.counted != u) {
        add_change(state.accumulated, *state.counted, *u);
        state.counted = u;
    }
}

std::vector<std::uint32_t> SelectiveEncoder::select(State& state,
                                                    const Parameters& u,
                                                    std::size_t count) const {
    ParameterVector scratch(u->size());
    std::span<const float> change = scratch.values();
    if (options_.accumulation == Accumulation::kChanges) {
        count_change(state, u);
        change = state.accumulated;
    } else {
        write_change(state.accumulated, *state.base, *u, scratch);
    }
    const std::vector<std::uint32_t> indices =
        format_.width == 2 ? largest_magnitudes(complex_magnitudes(change), count)
                           : largest_magnitudes(change, count);
    if (options_.accumulation != Accumulation::kNone) {
        for (const std::uint32_t index : indices) {
            std::fill_n(&state.accumulated[index * format_.width], format_.width, 0.0F);
        }
    }
    return indices;
}

ModelView SelectiveEncoder::decode(const EncodedModel& message,
                                   std::size_t num_coordinates,
                                   std::uint32_t from) const {
    return format_.decode(message, num_coordinates / format_.width, from);
}

Parameters SelectiveEncoder::to_coordinates(EncoderState& state, const Parameters& trained) const {
    auto& own = dynamic_cast<State&>(state);
    Parameters u = coefficients(own, trained);
    own.trained.reset();
    own.coefficients.reset();
    count_change(own, u);
    return u;
}

Parameters SelectiveEncoder::from_coordinates(EncoderState& state,
                                              const Parameters& merged,
                                              std::size_t num_parameters) const {
    auto& own = dynamic_cast<State&>(state);
    Parameters model = merged;
    Parameters base = merged;
    if (options_.transform) {
        const auto x = std::make_shared<ParameterVector>(num_parameters);
        options_.transform->inverse(merged->values(), x->values());
        model = x;
        base = options_.transform->is_bijective() ? merged : transformed(x);
    }
    if (options_.accumulation == Accumulation::kAveraging) {
        add_change(own.accumulated, *own.base, *base);
    }
    own.base = base;
    own.counted = base;
    return model;
}

OptionForm accumulation_option(Accumulation fallback) {
    std::vector<std::string> words{"none", "changes", "averaging"};
    // The first word is the one that holds without the option.
    const auto first = words.begin() + static_cast<std::ptrdiff_t>(fallback);
    std::rotate(words.begin(), first, first + 1);
    return word("accumulation",
                std::move(words),
                "of changes that were not sent: none, all of them, or what averaging brought");
}

OptionForm wavelet_family_option() {
    return named("family", "sym2", "wavelet: haar, db1 ... db8, sym2 ... sym8");
}

OptionForm wavelet_level_option() {
    return named("level", "4", "levels of decomposition, 1 ... 30");
}

Accumulation read_accumulation(const Options& options) {
    return options.choice<Accumulation>("accumulation",
                                        {{"none", Accumulation::kNone},
                                         {"changes", Accumulation::kChanges},
                                         {"averaging", Accumulation::kAveraging}});
}

std::unique_ptr<const Transform> read_wavelet(const Options& options) {
    return make_wavelet_transform(
        options.where(), options.text("family"), options.integer("level", {1, 30}));
}

}  // namespace murmur
