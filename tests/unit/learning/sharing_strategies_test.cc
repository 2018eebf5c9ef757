#include "learning/encoding/sparse_message.h"
#include "learning/encoding/ternary_message.h"
#include "learning/encoding/whole_model.h"
#include "learning/random_stream.h"
#include "learning/sharing.h"
#include "tests/support/doctest.h"

#include <cmath>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

/// Three nodes on a path, with their Metropolis-Hastings weights.
constexpr double kWeights[3][3]{
    {2.0 / 3, 1.0 / 3, 0}, {1.0 / 3, 1.0 / 3, 1.0 / 3}, {0, 1.0 / 3, 2.0 / 3}};

Parameters normal_vector(std::size_t size, std::uint64_t seed, double scale = 1.0) {
    RandomStream stream(seed);
    std::vector<float> values(size);
    for (float& value : values) {
        value = static_cast<float>(scale * stream.normal());
    }
    return make_parameters(values);
}

Parameters sum(const Parameters& a, const Parameters& b) {
    std::vector<float> values(a->values().begin(), a->values().end());
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] += b->values()[i];
    }
    return make_parameters(values);
}

double distance(const Parameters& a, const Parameters& b) {
    double largest = 0.0;
    REQUIRE(a->size() == b->size());
    for (std::size_t i = 0; i < a->size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(a->values()[i]) - b->values()[i]));
    }
    return largest;
}

/// The three nodes with a strategy, after rounds of random training.
struct Path {
    explicit Path(const std::string& spec, std::size_t size = 101, const std::string& codec = "")
        : sharing(make_sharing(spec, codec)) {
        const Parameters start = normal_vector(size, 1);
        for (auto& state : states) {
            models.push_back(start);
            state = sharing->initial_state(start, SharingRole::kPeer);
        }
    }

    void train() {
        for (Parameters& model : models) {
            model = sum(model, normal_vector(model->size(), ++seed, 0.1));
        }
    }

    void share() {
        std::vector<std::shared_ptr<const EncodedModel>> messages;
        for (std::uint32_t node = 0; node < 3; ++node) {
            messages.push_back(sharing->encode(
                *states[node], models[node], {.node = node, .degree = 1, .stream_seed = ++seed}));
        }
        for (std::uint32_t node = 0; node < 3; ++node) {
            std::vector<WeightedMessage> neighbors;
            for (std::uint32_t other = 0; other < 3; ++other) {
                if (other != node && kWeights[node][other] > 0) {
                    neighbors.push_back({other, kWeights[node][other], messages[other]});
                }
            }
            models[node] =
                sharing->merge(*states[node], models[node], kWeights[node][node], neighbors);
        }
    }

    std::unique_ptr<const Sharing> sharing;
    std::vector<Parameters> models;
    std::unique_ptr<SharingState> states[3];
    std::uint64_t seed = 100;
};

// Expectation: with every entry sent, u + sum w_j (u_j - u) is the weighted mean, in any basis.
TEST_CASE("sharing: a budget of one is full sharing") {
    for (const char* spec : {"top-k:alpha=1",
                             "top-k:alpha=1,accumulation=averaging",
                             "random:alpha=1",
                             "choco:alpha=1,gamma=1",
                             "wavelet:alpha=1,family=db3,level=3",
                             "jwins:alphas=1",
                             "jwins:alphas=.5/.9",
                             "fft:alpha=1",
                             "fft:alpha=1,accumulation=changes"}) {
        CAPTURE(spec);
        Path full("full");
        Path path(spec);
        for (int round = 0; round < 4; ++round) {
            full.train();
            full.share();
            path.train();
            path.share();
        }
        for (std::size_t node = 0; node < 3; ++node) {
            CHECK(distance(full.models[node], path.models[node]) < 3e-6);
        }
    }
}

TEST_CASE("sharing: a node without neighbors keeps its model, whatever the strategy") {
    for (const char* spec : {"full", "top-k", "random", "wavelet", "jwins", "fft", "qsgd"}) {
        CAPTURE(spec);
        const auto sharing = make_sharing(spec);
        const Parameters start = normal_vector(50, 1);
        const Parameters trained = normal_vector(50, 2);
        const auto state = sharing->initial_state(start, SharingRole::kPeer);
        static_cast<void>(sharing->encode(*state, trained, {}));
        CHECK(distance(sharing->merge(*state, trained, 1.0, {}), trained) < 2e-6);
    }
}

// Expectation: W is doubly stochastic, so gamma (s - x^) sums to zero over all nodes at any budget,
// and a lossy codec changes that no more: all add the same decoded q.
TEST_CASE("choco: gossip keeps the mean and reaches consensus") {
    for (const char* codec : {"raw", "elias+bfloat16"}) {
        CAPTURE(codec);
        Path path("choco:alpha=0.2,gamma=0.3", 101, codec);
        CHECK(path.sharing->encoder().needs_static_overlay());
        path.train();
        const auto mean = [&](std::size_t i) {
            return (static_cast<double>(path.models[0]->values()[i]) + path.models[1]->values()[i] +
                    path.models[2]->values()[i]) /
                   3;
        };
        std::vector<double> before;
        for (std::size_t i = 0; i < 101; ++i) {
            before.push_back(mean(i));
        }
        for (int round = 0; round < 200; ++round) {
            path.share();
        }
        for (std::size_t i = 0; i < 101; ++i) {
            CHECK(mean(i) == doctest::Approx(before[i]).epsilon(1e-4));
        }
        CHECK(distance(path.models[0], path.models[1]) < 1e-2);
        CHECK(distance(path.models[0], path.models[2]) < 1e-2);
    }
}

// Expectation: x^ is at first zero, so q = x and one step moves by gamma (W x - x).
TEST_CASE("choco: gamma scales the step") {
    Path path("choco:alpha=1,gamma=0.25");
    path.train();
    const std::vector<Parameters> x = path.models;
    path.share();
    for (std::size_t i = 0; i < 101; ++i) {
        const double mixed = (2.0 * x[0]->values()[i] + x[1]->values()[i]) / 3;
        const double expected = x[0]->values()[i] + 0.25 * (mixed - x[0]->values()[i]);
        CHECK(path.models[0]->values()[i] == doctest::Approx(expected).epsilon(1e-5));
    }
}

const TernaryMessage& ternary(const std::shared_ptr<const EncodedModel>& message) {
    return dynamic_cast<const TernaryMessage&>(*message);
}

TEST_CASE("stc: an update is signs times the mean magnitude of the largest entries") {
    const auto sharing = make_sharing("stc:alpha=0.4");
    const auto state =
        sharing->initial_state(make_parameters(std::vector<float>(5, 1.0F)), SharingRole::kPeer);
    const auto message = sharing->encode(
        *state, make_parameters(std::vector<float>{1.5F, -2.0F, 1.0F, 6.0F, 0}), {});
    CHECK(ternary(message).num_entries == 2);
    CHECK(ternary(message).magnitude == 4.0F);
    CHECK(ternary(message).signs == Bytes{0b01});
    // One byte of signs, the magnitude; degree, round, count, two indices.
    CHECK(message->size().values == 5);
    CHECK(message->size().metadata == 20);

    // The residual (0.5, 1, 0, 1, -1) comes with the next update.
    const auto next = sharing->encode(*state, make_parameters(std::vector<float>(5, 1.0F)), {});
    CHECK(ternary(next).magnitude == 1.0F);
    CHECK(ternary(next).signs == Bytes{0b00});
}

// Expectation: error feedback loses nothing: what was sent and the residual add up to all changes,
// and the server's reference is always what its clients hold.
TEST_CASE("stc: server and clients stay together and nothing is lost") {
    const auto sharing = make_sharing("stc:alpha=0.1", "elias");
    const Parameters start = normal_vector(200, 1);
    const auto server = sharing->initial_state(start, SharingRole::kServer);
    std::vector<std::unique_ptr<SharingState>> clients;
    for (int client = 0; client < 3; ++client) {
        clients.push_back(sharing->initial_state(start, SharingRole::kPeer));
    }
    Parameters held = start;
    Parameters target = normal_vector(200, 2);
    double first_distance = 0.0;
    for (int round = 0; round < 150; ++round) {
        std::vector<WeightedMessage> updates;
        for (std::uint32_t client = 0; client < 3; ++client) {
            // "Training" moves a tenth of the way to the target.
            std::vector<float> trained(200);
            for (std::size_t i = 0; i < 200; ++i) {
                trained[i] = 0.9F * held->values()[i] + 0.1F * target->values()[i];
            }
            updates.push_back(
                {client, 1.0 / 3, sharing->encode(*clients[client], make_parameters(trained), {})});
        }
        const Parameters merged = sharing->merge(*server, held, 0.0, updates);
        const std::vector<WeightedMessage> answer{{9, 1.0, sharing->encode(*server, merged, {})}};
        Parameters first;
        for (const auto& client : clients) {
            const Parameters model = sharing->merge(*client, held, 0.0, answer);
            first = first ? first : model;
            REQUIRE(distance(model, first) == 0.0);
        }
        // Without updates the server's merge returns its reference.
        REQUIRE(distance(sharing->merge(*server, held, 0.0, {}), first) == 0.0);
        held = first;
        first_distance = round == 0 ? distance(held, target) : first_distance;
    }
    CHECK(distance(held, target) < 0.2 * first_distance);
}

TEST_CASE("stc: messages that no update gives are refused") {
    const auto raw = make_codec("raw").indices;
    TernaryMessage message;
    message.num_entries = 9;
    message.signs = Bytes(2);
    CHECK_THROWS_WITH_AS(static_cast<void>(decode_ternary(message, *raw, 5)),
                         "sharing: an update has another length, got 9 entries and 2 bytes of "
                         "signs, allowed at most 5 entries",
                         std::invalid_argument);
    message.signs = Bytes(1);
    CHECK_THROWS_AS(static_cast<void>(decode_ternary(message, *raw, 20)), std::invalid_argument);
}

// Expectation: seven budgets, each drawn about as often; the last one sends everything.
TEST_CASE("jwins: budgets are drawn from the list by the node's stream") {
    const auto sharing = make_sharing("jwins", "raw");
    const Parameters start = normal_vector(500, 1);
    const auto state = sharing->initial_state(start, SharingRole::kPeer);
    std::set<std::size_t> counts;
    int full = 0;
    for (std::uint64_t round = 0; round < 700; ++round) {
        const SharingContext context{.stream_seed = stream_seed(1, "sharing", 0, round)};
        const auto message = sharing->encode(*state, start, context);
        const auto& sparse = dynamic_cast<const SparseMessage&>(*message);
        counts.insert(sparse.num_entries);
        full += sparse.indices.empty() ? 1 : 0;
        const auto again = sharing->encode(*state, start, context);
        CHECK(again->size().total() == message->size().total());
    }
    CHECK(counts.size() == 7);
    CHECK(full > 70);
    CHECK(full < 130);
}

TEST_CASE("sharing: every codec carries every strategy that may use it") {
    // Expectation: the same entries are sent whatever the codec, so that a lossless one changes no
    // bit, half precision at most half a unit in the 11th place of values below 4, and QSGD with
    // 16 levels at most 1/16 of a message's norm, here below 16.
    for (const char* spec : {"top-k", "choco", "wavelet", "jwins", "fft"}) {
        CAPTURE(spec);
        Path raw(spec, 600, "raw+raw");
        raw.train();
        raw.share();
        const auto difference = [&](const char* codec) {
            Path path(spec, 600, codec);
            path.train();
            path.share();
            return distance(path.models[1], raw.models[1]);
        };
        for (const char* codec : {"elias+fpzip", "lz4", "zstd", "elias"}) {
            CAPTURE(codec);
            CHECK(difference(codec) == 0);
        }
        const double half = difference("zstd+float16");
        CHECK(half > 0);
        CHECK(half < 4e-3);
        const double qsgd = difference("raw+qsgd");
        CHECK(qsgd > 4e-3);
        CHECK(qsgd < 1);
    }
    for (const char* codec : {"fpzip", "lz4", "float16", "raw+zstd", "uniform:bits=12"}) {
        for (const char* spec : {"full", "plain-average", "random"}) {
            CAPTURE(spec);
            CAPTURE(codec);
            Path coded(spec, 600, codec);
            Path raw(spec, 600);
            coded.train();
            coded.share();
            raw.train();
            raw.share();
            const double difference = distance(coded.models[1], raw.models[1]);
            const bool is_lossless =
                std::set<std::string>{"fpzip", "lz4", "raw+zstd"}.contains(codec);
            CHECK((difference == 0) == is_lossless);
            CHECK(difference < 2e-3);
        }
    }
}

TEST_CASE("sharing: messages about models of another length are refused") {
    for (const char* spec : {"top-k:alpha=1", "full"}) {
        const auto sharing = make_sharing(spec, std::string(spec) == "full" ? "float16" : "");
        const Parameters small = normal_vector(10, 1);
        const Parameters large = normal_vector(20, 1);
        const auto state = sharing->initial_state(small, SharingRole::kPeer);
        const auto other = sharing->initial_state(large, SharingRole::kPeer);
        const std::vector<WeightedMessage> neighbors{{4, 0.5, sharing->encode(*other, large, {})}};
        CHECK_THROWS_AS(static_cast<void>(sharing->merge(*state, small, 0.5, neighbors)),
                        std::invalid_argument);
    }
    const auto sharing = make_sharing("top-k:alpha=1");
    const auto state = sharing->initial_state(normal_vector(10, 1), SharingRole::kPeer);
    auto message = std::make_shared<SparseMessage>();
    message->num_entries = 12;
    const std::vector<WeightedMessage> neighbors{{4, 0.5, message}};
    CHECK_THROWS_WITH(
        static_cast<void>(sharing->merge(*state, normal_vector(10, 1), 0.5, neighbors)),
        "sharing: the model of node 4 has another length, got 12 entries, allowed at most 10");
    // No room is made for what a message claims to hold.
    const auto full = make_sharing("full", "float16");
    auto huge = std::make_shared<EncodedWholeModel>();
    huge->num_parameters = std::size_t{1} << 60;
    const std::vector<WeightedMessage> one{{4, 0.5, huge}};
    CHECK_THROWS_WITH_AS(
        static_cast<void>(full->merge(*state, normal_vector(10, 1), 0.5, one)),
        "sharing: the model of node 4 has another length, got 1152921504606846976, "
        "allowed 10",
        std::invalid_argument);
}

TEST_CASE("sharing: wrong options are refused with what is allowed") {
    const auto refused = [](const std::string& spec, const char* message) {
        CAPTURE(spec);
        CHECK_THROWS_WITH_AS(static_cast<void>(make_sharing(spec)), message, std::invalid_argument);
    };
    refused("top-k:alpha=2",
            "sharing top-k: alpha: not a number in range, got '2', allowed above 0, at most 1");
    refused("top-k:beta=2",
            "sharing top-k: unknown option, got 'beta', allowed keys: alpha, accumulation");
    refused("top-k:accumulation=all",
            "sharing top-k: accumulation: unknown, got 'all', allowed none, changes, averaging");
    refused("random:alpha=0",
            "sharing random: alpha: not a number in range, got '0', allowed above 0, at most 1");
    refused("choco:gamma=1.5",
            "sharing choco: gamma: not a number in range, got '1.5', allowed above 0, at most 1");
    refused("wavelet:level=0",
            "sharing wavelet: level: not a whole number in range, got '0', allowed 1 ... 30");
    refused("jwins:alphas=.1/2",
            "sharing jwins: alphas: not a number in range, got '2', allowed above 0, at most 1");
    refused("fft:level=2",
            "sharing fft: unknown option, got 'level', allowed keys: alpha, "
            "accumulation");
    refused("stc:alpha=x",
            "sharing stc: alpha: not a number in range, got 'x', allowed above 0, at most 1");
    CHECK_THROWS_AS(static_cast<void>(make_sharing("wavelet:family=db99")), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(make_sharing("qsgd:levels=0")), std::invalid_argument);
}

TEST_CASE("sharing: codecs that a strategy cannot use are refused") {
    const auto refused = [](const char* spec, const char* codec, const char* message) {
        CAPTURE(spec);
        CAPTURE(codec);
        CHECK_THROWS_WITH_AS(
            static_cast<void>(make_sharing(spec, codec)), message, std::invalid_argument);
    };
    refused("full",
            "elias",
            "sharing full: sends no indices, got codec 'elias', allowed codecs of values");
    refused("random",
            "elias+fpzip",
            "sharing random: sends no indices, got codec 'elias+fpzip', allowed codecs of values");
    refused("stc",
            "float16",
            "sharing stc: packs its values itself, got codec 'float16', allowed codecs of indices");
    refused("qsgd", "fpzip", "sharing qsgd: is a codec itself, got codec 'fpzip', allowed none");
    CHECK_THROWS_AS(static_cast<void>(make_sharing("top-k", "gzip")), std::invalid_argument);
    // Of a codec of both kinds the part that fits is used.
    CHECK_NOTHROW(static_cast<void>(make_sharing("full", "lz4")));
    CHECK_NOTHROW(static_cast<void>(make_sharing("stc", "zstd")));
    CHECK_NOTHROW(static_cast<void>(make_sharing("stc", "elias+raw")));
}

}  // namespace
}  // namespace murmur
