#include "emulator/protocols/secure_exchange.h"
#include "emulator/protocols/vector_mixing.h"
#include "learning/encoding/whole_vectors.h"
#include "learning/optimizer.h"
#include "learning/permuted_fragments.h"
#include "learning/random_stream.h"
#include "learning/value_io.h"
#include "tests/fuzz/targets.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

namespace murmur::fuzz {
namespace {

constexpr std::size_t kLength = 60;

Parameters random_model() {
    RandomStream random(stream_seed(1, "fuzz values"));
    std::vector<float> values(kLength);
    for (float& value : values) {
        value = static_cast<float>(random.normal());
    }
    return make_parameters(values);
}

Bytes written(const std::function<void(ByteSink&)>& write) {
    ByteSink sink;
    write(sink);
    return {sink.written().begin(), sink.written().end()};
}

/// What is read is written and read again: both times the same bytes.
template <class T>
void read_as(std::span<const std::uint8_t> bytes) {
    ByteSource source(bytes);
    const T value = ValueReader<T>::read(source);
    const auto write = [](const T& v) {
        return written([&v](ByteSink& sink) { write_value(v, sink); });
    };
    const Bytes first = write(value);
    ByteSource again(first);
    const Bytes second = write(ValueReader<T>::read(again));
    again.expect_end();
    if (first != second) {
        throw std::logic_error("a value changed while it was written and read");
    }
}

template <class T>
Target value_target(const std::string& name, std::vector<T> seeds) {
    return {"value-" + name, read_as<T>, [seeds = std::move(seeds)] {
                std::vector<Bytes> inputs;
                for (const T& seed : seeds) {
                    inputs.push_back(written([&seed](ByteSink& sink) { write_value(seed, sink); }));
                }
                return inputs;
            }};
}

using Message = std::shared_ptr<const EncodedModel>;

std::vector<Message> messages() {
    std::vector<Message> all{
        nullptr,
        std::make_shared<MaskedModel>(std::vector<std::uint32_t>(5)),
        std::make_shared<RevealedSeeds>(std::vector<MaskSeed>(2)),
        std::make_shared<FragmentMessage>(3u, std::vector<float>(7)),
        std::make_shared<WholeVectors>(std::vector{random_model(), random_model()})};
    for (const auto& [spec, codec] : {std::pair{"full", ""},
                                      std::pair{"full", "lz4"},
                                      std::pair{"top-k:alpha=0.2", ""},
                                      std::pair{"random:alpha=0.2", ""},
                                      std::pair{"stc:alpha=0.2", ""}}) {
        const auto sharing = make_sharing(spec, codec);
        const auto state = sharing->initial_state(random_model(), SharingRole::kPeer);
        all.push_back(sharing->encode(*state, random_model(), {}));
    }
    const auto in_parts = make_sharing({.sharing = "top-k:alpha=0.2"},
                                       {{"weight", {kLength - 9}}, {"mean", {9}, true, false}});
    const auto state = in_parts->initial_state(random_model(), SharingRole::kPeer);
    all.push_back(in_parts->encode(*state, random_model(), {}));
    return all;
}

/// States of a strategy.
Target state_target(const std::string& spec) {
    const std::shared_ptr<const Sharing> sharing = make_sharing(spec);
    const auto read = [sharing](std::span<const std::uint8_t> bytes) {
        ByteSource source(bytes);
        const auto state = sharing->read_state(source);
        const Bytes first = written([&](ByteSink& sink) { state->write(sink); });
        ByteSource again(first);
        const auto same = sharing->read_state(again);
        if (written([&](ByteSink& sink) { same->write(sink); }) != first) {
            throw std::logic_error("a state changed while it was written and read");
        }
    };
    const auto seeds = [sharing] {
        const auto state = sharing->initial_state(random_model(), SharingRole::kPeer);
        std::vector<Bytes> inputs{written([&](ByteSink& sink) { state->write(sink); })};
        (void)sharing->encode(*state, random_model(), {});
        inputs.push_back(written([&](ByteSink& sink) { state->write(sink); }));
        return inputs;
    };
    return {"state-" + spec.substr(0, spec.find(':')), read, seeds};
}

/// States of training with an optimizer.
Target training_target(const std::string& name, const TrainingOptions& options) {
    const std::shared_ptr<const LocalOptimizer> optimizer = make_optimizer(options);
    const ParameterLayout layout{{"weight", {5, 2}}, {"mean", {3}, true, false}};
    const auto write = [](const TrainingState& state) {
        return written([&](ByteSink& sink) { write_value(state, sink); });
    };
    const auto read = [=](std::span<const std::uint8_t> bytes) {
        ByteSource source(bytes);
        const Bytes first = write(read_training_state(source, *optimizer, layout));
        ByteSource again(first);
        if (write(read_training_state(again, *optimizer, layout)) != first) {
            throw std::logic_error("a state changed while it was written and read");
        }
    };
    const auto seeds = [=] {
        return std::vector<Bytes>{write({}), write({optimizer->initial_state(layout), 12})};
    };
    return {name, read, seeds};
}

}  // namespace

std::vector<Target> value_targets() {
    register_encoded_model(MaskedModel::kTypeName, MaskedModel::read);
    register_encoded_model(RevealedSeeds::kTypeName, RevealedSeeds::read);
    PairSecrets secrets(make_key_pair(1));
    (void)secrets.agree_with(3, make_key_pair(2).open);
    return {
        value_target<Parameters>("parameters", {random_model(), nullptr}),
        value_target<Message>("message", messages()),
        value_target<EvaluationResult>("evaluation", {{0.5, 0.25, 10}}),
        value_target<PairSecrets>("secrets", {secrets}),
        value_target<KeptVectors>("kept-vectors", {{}, {{{1, 2, 3}, {}, {0.5F}}}}),
        state_target("top-k:accumulation=changes"),
        state_target("choco"),
        state_target("stc"),
        state_target("noise:0.1:top-k:accumulation=changes"),
        training_target("state-training", {.optimizer = "sgd:momentum=0.9"}),
        training_target("state-adam", {.optimizer = "adamw"}),
        training_target("state-rmsprop", {.optimizer = "rmsprop:momentum=0.9,centered=true"}),
        training_target("state-lion", {.optimizer = "lion"}),
        training_target(
            "state-adjusted",
            {.optimizer = "adamw", .schedule = "cosine:warmup=2,period=9,unit=steps", .clip = 1})};
}

}  // namespace murmur::fuzz
