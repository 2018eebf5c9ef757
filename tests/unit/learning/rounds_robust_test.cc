// The section `robust` of rounds.json, replayed by our aggregators.
#include "tools/replay/rounds_robust.h"

#include "tests/support/doctest.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <string>

namespace murmur::replay {
namespace {

using nlohmann::json;

/// Values of /vectors_own_first by each rule, worked out by hand and with NumPy in double.
json section() {
    return json::parse(R"({
        "vectors_own_first": [[1, 2], [1.5, 2.5], [0.5, 1], [2, 1.5], [1, 3], [-8, 9]],
        "f": 1,
        "mean": [-0.3333333333333333, 3.1666666666666665],
        "trimmed_mean_f1": [1, 2.25],
        "median_mean_of_middle_two": [1, 2.25],
        "nnm_f1_then_trimmed_mean_f1": [1.2, 2],
        "nnm_f1_then_mean": [0.8666666666666667, 2.25],
        "krum_original_nf2": [1.5, 2.5],
        "krum_scores_nf2": [2.75, 2.25, 7, 5, 4.75, 379.5],
        "krum_byzfl_nf1": [1, 2],
        "multikrum_byzfl_mean_of_nf": [1.2, 2],
        "clipped_gossip_tau1_equal_weights": [1.0263102296872717, 2.128716637835841],
        "tau_epfml_second_largest": 1.118033988749895,
        "clipped_gossip_tau_epfml": [1.0195795653130286, 2.1144010788306074],
        "tau_he_weight_rule_b=1/6": 1.6583123951777,
        "clipped_gossip_tau_he": [0.9485012389606392, 2.169684221549132],
        "ios_f1": [1.2, 2],
        "monna_nearest_n-f": [1.2, 2],
        "monna_nearest_n-2f": [1, 2.125],
        "cs_plus_b=1/6": [1.0195795653130286, 2.1144010788306074],
        "gts_b=1/6": [1.1666666666666667, 2]
    })");
}

std::vector<RuleDifference> replayed(const json& section) {
    return replay_robust({section, "robust"});
}

TEST_CASE("rounds.json: the robust rules give the file's values") {
    const std::vector<RuleDifference> differences = replayed(section());
    CHECK(differences.size() == 19);
    for (const RuleDifference& difference : differences) {
        CAPTURE(difference.key);
        CHECK(difference.relative < 1e-6);
    }
}

TEST_CASE("rounds.json: a value of another rule is a difference") {
    json other = section();
    other["mean"] = {1.0, 2.25};
    for (const RuleDifference& difference : replayed(other)) {
        CHECK((difference.relative > 0.1) == (difference.key == "mean"));
    }
}

TEST_CASE("rounds.json: a rule that is unknown, or has a wrong option, is a difference") {
    for (const char* key : {"rule_of_thumb", "gts_b=x"}) {
        CAPTURE(key);
        json other = section();
        other[key] = {1, 2};
        for (const RuleDifference& difference : replayed(other)) {
            CHECK(std::isinf(difference.relative) == (difference.key == key));
            CHECK(difference.note.empty() == (difference.key != key));
        }
    }
}

TEST_CASE("rounds.json: a damaged section robust is refused in one line") {
    const auto refused_with = [](const char* key, const json& value) {
        json damaged = section();
        damaged[key] = value;
        try {
            (void)replayed(damaged);
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string("it was taken");
    };
    CHECK(refused_with("mean", json::array()) == "robust: mean: wrong length, got 0, allowed 2");
    CHECK(refused_with("mean", {1, "2"}).starts_with("robust: mean[1]: not a number"));
    CHECK(refused_with("f", 6).starts_with("robust: f: not a whole number in range, got 6"));
    CHECK(refused_with("f", -1).starts_with("robust: f: not a whole number in range"));
    CHECK(refused_with("vectors_own_first", {{1, 2}, {1}}) ==
          "robust: vectors_own_first[1]: wrong length, got 1, allowed 2");
    CHECK(
        refused_with("vectors_own_first", 7).starts_with("robust: vectors_own_first: not a list"));
    CHECK(refused_with("vectors_own_first", json::array()) ==
          "robust: vectors_own_first: got no vectors");
    CHECK_THROWS_AS((void)replayed(json::array()), std::invalid_argument);
}

}  // namespace
}  // namespace murmur::replay
