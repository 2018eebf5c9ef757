// Encoders and aggregators side by side: what comes of a pair is what the two definitions say.
#include "learning/aggregation/aggregators.h"
#include "learning/encoding/encoders.h"
#include "learning/encoding/masked_message.h"
#include "learning/encoding/sparse_message.h"
#include "learning/encoding/torch_mask.h"
#include "learning/encoding/transform.h"
#include "learning/random_stream.h"
#include "learning/sharing.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

constexpr std::size_t kSize = 400;
constexpr std::uint32_t kNodes = 5;
using Values = std::vector<float>;

Values values_of(const Parameters& parameters) {
    return {parameters->values().begin(), parameters->values().end()};
}

Parameters normal_vector(std::uint64_t seed) {
    RandomStream stream(seed);
    Values values(kSize);
    for (float& value : values) {
        value = static_cast<float>(stream.normal());
    }
    return make_parameters(values);
}

/// Five nodes, all neighbors of each other, after one round of training and sharing.
struct Round {
    explicit Round(const Sharing& sharing) {
        const Parameters start = normal_vector(1);
        std::vector<std::unique_ptr<SharingState>> states;
        for (std::uint32_t node = 0; node < kNodes; ++node) {
            states.push_back(sharing.initial_state(start, SharingRole::kPeer));
            trained.push_back(normal_vector(10 + node));
            messages.push_back(sharing.encode(
                *states[node], trained[node], {.node = node, .stream_seed = 77 + node}));
        }
        for (std::uint32_t node = 0; node < kNodes; ++node) {
            std::vector<WeightedMessage> neighbors;
            for (std::uint32_t other = 0; other < kNodes; ++other) {
                if (other != node) {
                    neighbors.push_back({other, 0.15, messages[other]});
                }
            }
            merged.push_back(
                values_of(sharing.merge(*states[node], trained[node], 0.4, neighbors)));
        }
    }
    explicit Round(const std::string& sharing,
                   const std::string& codec,
                   const std::string& aggregation)
        : Round(*make_sharing(sharing, codec, aggregation)) {}

    std::vector<Parameters> trained;
    std::vector<std::shared_ptr<const EncodedModel>> messages;
    std::vector<Values> merged;
};

template <class T>
std::vector<T> raw(const Bytes& bytes) {
    std::vector<T> values(bytes.size() / sizeof(T));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

/// Puts the entries of a raw sparse message in the place of `own`.
Values completed(const EncodedModel& message, Values own, std::size_t width) {
    const auto& sparse = dynamic_cast<const SparseMessage&>(message);
    const auto values = raw<float>(sparse.values);
    auto indices = raw<std::uint32_t>(sparse.indices);
    REQUIRE(indices.size() == sparse.num_entries);
    REQUIRE(indices.size() < own.size() / width);
    for (std::size_t i = 0; i < values.size(); ++i) {
        own[indices[i / width] * width + i % width] = values[i];
    }
    return own;
}

float median(std::vector<float> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

/// Without the least and the greatest of five.
float trimmed(std::vector<float> values) {
    std::ranges::sort(values);
    return static_cast<float>((static_cast<double>(values[1]) + values[2] + values[3]) / 3);
}

/// Returns what a rule makes of all vectors, place by place.
Values place_by_place(const std::vector<Values>& vectors,
                      const std::function<float(std::vector<float>)>& rule) {
    Values result;
    for (std::size_t i = 0; i < vectors.front().size(); ++i) {
        std::vector<float> place;
        for (const Values& vector : vectors) {
            place.push_back(vector[i]);
        }
        result.push_back(rule(place));
    }
    return result;
}

// Expectation: the median of the node's own vector and of its neighbors', completed by its own.
TEST_CASE("sharing pairs: top-k and random with median are the median of completed vectors") {
    const Round top_k("top-k:alpha=0.3", "raw", "median");
    const Round random("random:alpha=0.3", "", "median");
    for (std::uint32_t node = 0; node < kNodes; ++node) {
        std::vector<Values> of_top_k{values_of(top_k.trained[node])};
        std::vector<Values> of_random{values_of(random.trained[node])};
        for (std::uint32_t other = 0; other < kNodes; ++other) {
            if (other != node) {
                of_top_k.push_back(completed(*top_k.messages[other], of_top_k.front(), 1));
                Values vector = of_random.front();
                for (const std::uint32_t i : torch_mask(77 + other, kSize, 0.3)) {
                    vector[i] = random.trained[other]->values()[i];
                }
                of_random.push_back(vector);
            }
        }
        CHECK(top_k.merged[node] == place_by_place(of_top_k, median));
        CHECK(random.merged[node] == place_by_place(of_random, median));
    }
}

// Expectation: the rule holds for coefficients, and the model is what has them; of complex ones for
// real and imaginary parts by themselves.
TEST_CASE("sharing pairs: rules work on the coefficients of a transform") {
    const auto check = [](const Round& round,
                          const Transform& transform,
                          const std::function<float(std::vector<float>)>& rule) {
        const std::size_t width = transform.width();
        for (std::uint32_t node = 0; node < kNodes; ++node) {
            Values own(transform.num_coefficients(kSize) * width);
            transform.forward(round.trained[node]->values(), own);
            std::vector<Values> all{own};
            for (std::uint32_t other = 0; other < kNodes; ++other) {
                if (other != node) {
                    all.push_back(completed(*round.messages[other], own, width));
                }
            }
            Values expected(kSize);
            transform.inverse(place_by_place(all, rule), expected);
            CHECK(round.merged[node] == expected);
        }
    };
    check(Round("jwins:alphas=.1/.2/.4", "raw", "trimmed-mean:beta=0.2"),
          *make_wavelet_transform("test", "sym2", 4),
          trimmed);
    check(Round("wavelet:family=haar,level=2,alpha=0.3", "raw", "median"),
          *make_wavelet_transform("test", "haar", 2),
          median);
    check(
        Round("fft:alpha=0.3", "raw", "trimmed-mean:beta=0.2"), *make_fourier_transform(), trimmed);
}

// Expectation: where every entry is sent, an encoder of parameters changes no bit of a robust rule,
// and one of coefficients little of an average.
TEST_CASE("sharing pairs: a budget of one is full sharing") {
    for (const char* aggregation : {"median", "trimmed-mean:beta=0.2"}) {
        CAPTURE(aggregation);
        const Round full("full", "", aggregation);
        for (const char* spec : {"top-k:alpha=1", "random:alpha=1"}) {
            CAPTURE(spec);
            CHECK(Round(spec, "", aggregation).merged == full.merged);
        }
    }
    const Round equal("full", "", "equal");
    CHECK(Round("plain-average", "", "mean").merged == equal.merged);
    CHECK(Round("plain-average", "", "equal").merged == equal.merged);
    for (const char* spec : {"top-k:alpha=1", "jwins:alphas=1", "fft:alpha=1"}) {
        CAPTURE(spec);
        const Round round(spec, "", "equal");
        for (std::uint32_t node = 0; node < kNodes; ++node) {
            for (std::size_t i = 0; i < kSize; ++i) {
                REQUIRE(std::abs(round.merged[node][i] - equal.merged[node][i]) < 3e-6F);
            }
        }
    }
}

// Expectation: what one node sends, even if it is no number, does not reach the others.
TEST_CASE("sharing pairs: a liar among five is outvoted, whatever the encoder") {
    for (const char* spec : {"full", "top-k:alpha=0.5", "random:alpha=0.5", "jwins", "qsgd"}) {
        for (const char* aggregation : {"median", "trimmed-mean:beta=0.2"}) {
            CAPTURE(spec);
            CAPTURE(aggregation);
            const auto sharing =
                make_sharing(spec, std::string(spec) == "qsgd" ? "" : "raw", aggregation);
            std::vector<WeightedMessage> neighbors;
            std::unique_ptr<SharingState> own;
            for (std::uint32_t node = 0; node < kNodes; ++node) {
                auto state = sharing->initial_state(normal_vector(1), SharingRole::kPeer);
                Values values = values_of(normal_vector(10 + node));
                if (node == 3) {
                    std::ranges::transform(
                        values, values.begin(), [](float x) { return 1e9F * x; });
                }
                const auto message = sharing->encode(
                    *state, make_parameters(values), {.node = node, .stream_seed = 77 + node});
                if (node == 0) {
                    own = std::move(state);
                } else {
                    neighbors.push_back({node, 0.2, message});
                }
            }
            const Values merged =
                values_of(sharing->merge(*own, normal_vector(10), 0.2, neighbors));
            CHECK(std::ranges::all_of(merged, [](float x) { return std::abs(x) < 20; }));
        }
    }
}

// Expectation: buffers are merged by the rule that merges the rest.
TEST_CASE("sharing pairs: what travels whole is merged by the same aggregator") {
    const ParameterLayout layout{{"weight", {300}}, {"mean", {100}, true, false}};
    const auto sharing = make_sharing(
        {.sharing = "top-k:alpha=0.1", .aggregation = "trimmed-mean:beta=0.2"}, layout);
    CHECK_FALSE(sharing->uses_weights());
    const Round round(*sharing);
    std::vector<Values> all;
    for (const Parameters& trained : round.trained) {
        all.push_back(values_of(trained));
    }
    const Values expected = place_by_place(all, trimmed);
    for (const Values& merged : round.merged) {
        CHECK(std::equal(merged.begin() + 300, merged.end(), expected.begin() + 300));
    }
}

TEST_CASE("sharing pairs: encoders that merge themselves take no other aggregator than mean") {
    for (const std::string spec : {"choco", "stc"}) {
        CHECK(make_sharing(spec)->has_own_merge());
        CHECK(make_sharing(spec)->uses_weights());
        CHECK_THROWS_WITH_AS((void)make_sharing(spec, "", "median"),
                             ("aggregation: " + spec +
                              " merges by an algorithm of its own, got 'median', allowed mean")
                                 .c_str(),
                             std::invalid_argument);
    }
    CHECK_FALSE(make_sharing("top-k")->has_own_merge());
    CHECK_THROWS_WITH_AS(
        (void)make_sharing("plain-average", "", "median"),
        "aggregation: --sharing=plain-average stands for equal, got 'median', allowed equal",
        std::invalid_argument);
    CHECK_FALSE(make_sharing("plain-average")->uses_weights());
}

/// Sends the first value of each tensor of the layout.
class FirstOfTensors final : public Encoder {
  public:
    explicit FirstOfTensors(const ParameterLayout& layout) {
        std::size_t begin = 0;
        for (const ParameterBlock& block : layout) {
            firsts_.push_back(static_cast<std::uint32_t>(begin));
            begin += block.size();
        }
    }
    [[nodiscard]] std::optional<MessageSize> message_size(std::size_t,
                                                          const SharingContext&) const override {
        return format_.message_size(firsts_.size(), kSize);
    }
    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(
        EncoderState&, const Parameters& trained, const SharingContext& context) const override {
        return format_.encode(trained->values(), firsts_, context.stream_seed);
    }
    [[nodiscard]] ModelView decode(const EncodedModel& message,
                                   std::size_t num_coordinates,
                                   std::uint32_t from) const override {
        return format_.decode(message, num_coordinates, from);
    }

  private:
    std::vector<std::uint32_t> firsts_;
    SparseFormat format_{make_codec("raw")};
};

// Expectation: it sees the layout of what is encoded; the buffer between is not of that.
TEST_CASE("sharing pairs: an encoder of one's own knows the layout of what it encodes") {
    encoders().add({"first-of-tensors", "for a test"},
                   {[](const Options&, std::string_view, const ParameterLayout& layout) {
                       return std::make_unique<FirstOfTensors>(layout);
                   }});
    const ParameterLayout layout{
        {"weight", {10, 10}}, {"mean", {100}, true, false}, {"bias", {200}}};
    const Round round(*make_sharing({.sharing = "first-of-tensors",
                                     .aggregation = "median",
                                     .parts = {.buffers = Travel::kLocal}},
                                    layout));
    for (std::uint32_t node = 0; node < kNodes; ++node) {
        const Values own = values_of(round.trained[node]);
        for (std::size_t i = 0; i < kSize; ++i) {
            if (i != 0 && i != 200) {
                CHECK(round.merged[node][i] == own[i]);
            }
        }
    }
    CHECK(round.merged[0][0] == round.merged[1][0]);
    CHECK(round.merged[0][200] == round.merged[4][200]);
    CHECK(round.messages[0]->size().values == 8);
}

/// Says that it decoded more than there is.
class Wrong final : public Encoder {
    [[nodiscard]] std::optional<MessageSize> message_size(std::size_t,
                                                          const SharingContext&) const override {
        return {};
    }
    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(EncoderState&,
                                                             const Parameters&,
                                                             const SharingContext&) const override {
        return nullptr;
    }
    [[nodiscard]] ModelView decode(const EncodedModel&, std::size_t, std::uint32_t) const override {
        return {{1, 400}, {1.0F, 2.0F}};
    }
};

TEST_CASE("sharing pairs: an encoder that decodes beyond the vector is stopped") {
    const Sharing sharing(std::make_unique<Wrong>(), make_aggregator("mean"));
    const Parameters model = normal_vector(1);
    const auto state = sharing.initial_state(model, SharingRole::kPeer);
    const std::array neighbors{WeightedMessage{1, 0.5, std::make_shared<MaskedMessage>()}};
    CHECK_THROWS_WITH_AS((void)sharing.merge(*state, model, 0.5, neighbors),
                         "an encoder decoded 2 values of entries below 401 to a view of 400 values",
                         std::logic_error);
}

/// Forgets the last value.
class Shortening final : public Aggregator {
    [[nodiscard]] Parameters aggregate(AggregatorState&,
                                       const Parameters& own,
                                       double,
                                       std::span<const WeightedView>) const override {
        return make_parameters(own->values().first(own->size() - 1));
    }
};

TEST_CASE("sharing pairs: an aggregator that makes another length is stopped") {
    const Sharing sharing(make_encoder("full"), std::make_unique<Shortening>());
    const Parameters model = normal_vector(1);
    const auto state = sharing.initial_state(model, SharingRole::kPeer);
    CHECK_THROWS_WITH_AS((void)sharing.merge(*state, model, 1, {}),
                         "an aggregator made 399 values of vectors of 400",
                         std::logic_error);
}

}  // namespace
}  // namespace murmur
