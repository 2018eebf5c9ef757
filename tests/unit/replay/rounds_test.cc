#include "tools/replay/rounds.h"

#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/skip.h"
#include "tests/support/temporary_folder.h"
#include "tools/replay/json_field.h"
#include "tools/replay/rounds_optimisers.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur::replay {
namespace {

void check_replay(const std::filesystem::path& path,
                  std::size_t num_values,
                  const std::vector<std::string>& sections = {}) {
    const auto differences = replay_rounds(path, read_json_file(path), sections);
    CHECK(differences.size() == num_values);
    for (const RuleDifference& difference : differences) {
        CAPTURE(difference.key);
        CAPTURE(difference.note);
        CHECK(difference.relative < std::max(1e-6, difference.least_tolerance));
    }
}

/// Returns what rounds.py wrote.
Json recorded() {
    return read_json_file(test::repository() / "tests/unit/replay/rounds.json");
}

/// Returns the message of the error that replaying a file ends with, its path left out.
std::string error_of(const Json& json, const std::vector<std::string>& sections = {}) {
    const test::TemporaryFolder folder;
    const std::string path = folder.write("rounds.json", json.dump());
    try {
        (void)replay_rounds(path, read_json_file(path), sections);
    } catch (const std::invalid_argument& error) {
        const std::string message = error.what();
        return message.starts_with(path + ": ") ? message.substr(path.size() + 2) : message;
    }
    return "none";
}

// Expectation: the definitions in float64, by NumPy (rounds.py).
TEST_CASE("replay: NumPy's rounds of learning methods are reproduced by experiments") {
    check_replay(test::repository() / "tests/unit/replay/rounds.json", 22, {"optimisers"});
}

TEST_CASE("replay: NumPy's rounds of problems and graphs that nobody has looked at") {
    const auto seed = std::random_device()() % 1000000;
    // A ring of an even number of nodes has an eigenvalue of -1/3, the least that D2 can do with.
    const std::string ring = " " + std::to_string(4 + 2 * (seed % 3));
    for (const std::string& which : {std::string(), ring}) {
        const test::TemporaryFolder folder;
        const std::string command =
            fmt::format("OPENBLAS_NUM_THREADS=1 /usr/bin/python3 -B {} {}{} > {}",
                        test::shell_word(test::repository() / "tests/unit/replay/rounds.py"),
                        seed,
                        which,
                        test::shell_word(folder.path() / "rounds.json"));
        CAPTURE(command);
        REQUIRE_MESSAGE(std::system(command.c_str()) == 0, "it needs Debian's python3-numpy");
        const Json json = read_json_file(folder.path() / "rounds.json");
        constexpr std::size_t kRules = 21;
        constexpr std::size_t kOuterAndDemo = 3 + 5;
        std::size_t values = kRules + kOuterAndDemo;
        for (const Json& method : json["optimisers"]) {
            values += method.size();
        }
        check_replay(folder.path() / "rounds.json", values);
    }
}

TEST_CASE("real data: rounds of learning methods, rules, outer steps and DeMo are reproduced") {
    const auto vectors = test::shared_file("vectors/rounds.json");
    if (!std::filesystem::exists(vectors)) {
        test::skip(vectors.string() +
                   " is absent; set MURMUR_SHARED to the folder that holds vectors/rounds.json");
        return;
    }
    check_replay(vectors, 18 + 17 + 3 + 5);
}

TEST_CASE("replay: what a file of rounds is, and what of it is not replayed") {
    CHECK(is_rounds_file(recorded()));
    CHECK(is_rounds_file(Json{{"robust", 1}}));
    CHECK_FALSE(is_rounds_file(Json{{"N", 4}}));
    CHECK_FALSE(is_rounds_file(Json::array()));
    const Json unknown{{"problem", 1}, {"other", 2}};
    const auto differences = replay_rounds("file", unknown, {});
    REQUIRE(differences.size() == 1);
    CHECK(differences.front().key == "other");
    CHECK(std::isinf(differences.front().relative));
    CHECK(differences.front().note == "this section is not replayed");
}

TEST_CASE("replay: another number is found") {
    Json json = recorded();
    const Json method = json["optimisers"]["extra"];
    json["optimisers"] = {{"extra", method}};
    json["optimisers"]["extra"].erase("max_error_after_2000");
    json["optimisers"]["extra"]["x_after_round_1_2_3"][2][4][1] = 1.25;
    const test::TemporaryFolder folder;
    const std::string path = folder.write("rounds.json", json.dump());
    const auto differences = replay_rounds(path, json, {});
    REQUIRE(differences.size() == 1);
    CHECK(differences.front().key == "optimisers.extra");
    CHECK(differences.front().relative > 0.01);
}

TEST_CASE("replay: a method that cannot be replayed is a difference, and the others are replayed") {
    Json json = recorded();
    const Json methods = json["optimisers"];
    json["optimisers"] = {{"dpsgd", methods["dpsgd"]}, {"gossip", methods["dpsgd"]}};
    json["optimisers"]["dpsgd"].erase("max_error_after_2000");
    SUBCASE("an unknown one") {
        const test::TemporaryFolder folder;
        const std::string path = folder.write("rounds.json", json.dump());
        const auto differences = replay_rounds(path, json, {});
        REQUIRE(differences.size() == 2);
        CHECK(differences[0].relative < 1e-6);
        CHECK(std::isinf(differences[1].relative));
        CHECK(differences[1].note.starts_with("names no method, allowed dpsgd, "));
    }
    SUBCASE("one that diverges") {
        json["problem"]["eta"] = 1e20;
        const test::TemporaryFolder folder;
        const std::string path = folder.write("rounds.json", json.dump());
        const auto differences = replay_rounds(path, json, {});
        REQUIRE(differences.size() == 2);
        CHECK(std::isinf(differences[0].relative));
        CHECK(differences[0].note.starts_with("the run ended "));
    }
}

TEST_CASE("replay: an outer step that cannot be replayed is a difference, as a rule is") {
    Json json = recorded();
    json.erase("optimisers");
    json["outer"] = {{"inner", "H=2 plain SGD steps, lr 0.0625, workers = nodes 0 and 1"},
                     {"diloco_of_another_kind", {{0.0, 0.0, 0.0}}},
                     {"diloco_nesterov_0.6_0.8", "no rounds"}};
    json["robust"] = {{"vectors_own_first", {{0.0}, {1.0}, {2.0}}},
                      {"f", 1},
                      {"mean", {1.0}},
                      {"mean_of_another_kind", {1.0}}};
    const test::TemporaryFolder folder;
    const std::string path = folder.write("rounds.json", json.dump());
    const auto differences = replay_rounds(path, read_json_file(path), {});
    REQUIRE(differences.size() == 4);
    CHECK(differences[0].relative == 0);
    for (std::size_t i = 1; i < differences.size(); ++i) {
        CAPTURE(differences[i].key);
        CHECK(std::isinf(differences[i].relative));
        CHECK(!differences[i].note.empty());
    }
}

TEST_CASE("replay: damaged files of rounds are refused with the place") {
    Json json = recorded();
    Json& problem = json["problem"];
    Json& methods = json["optimisers"];
    const Json plain = methods["dpsgd"];
    methods = {{"dpsgd", plain}};
    SUBCASE("lacking the problem") {
        json.erase("problem");
        CHECK(error_of(json) == "has no key 'problem'");
    }
    SUBCASE("lacking weights") {
        problem.erase("W_metropolis");
        CHECK(error_of(json) == "problem: has no key 'W'");
    }
    SUBCASE("two matrices") {
        problem["W"] = problem["W_metropolis"];
        CHECK(error_of(json) == "problem: has several mixing matrices, W and W_metropolis");
    }
    SUBCASE("a short row") {
        problem["A"][2].erase(0);
        CHECK(error_of(json) == "problem: A[2]: wrong length, got 2, allowed 3");
    }
    SUBCASE("one node") {
        problem["A"] = {{1.0, 2.0}};
        CHECK(error_of(json) == "problem: A: got 1 nodes, allowed 2 ... 4096");
    }
    SUBCASE("no dimension") {
        problem["A"] = {Json::array(), Json::array()};
        CHECK(error_of(json) == "problem: A: got no dimension, allowed 1 or more");
    }
    SUBCASE("no number") {
        problem["B"][0][0] = "x";
        CHECK(error_of(json) == "problem: B[0][0]: not a number, got \"x\"");
    }
    SUBCASE("a step of 0") {
        problem["eta"] = 0;
        CHECK(error_of(json) == "problem: eta: got 0, allowed above 0");
    }
    SUBCASE("beyond float32") {
        problem["B"][0][0] = 1e300;
        CHECK(error_of(json) ==
              "problem: B[0][0]: out of range, got 1e+300, allowed -1e30 ... "
              "1e30");
    }
    SUBCASE("rows of weights that do not sum to 1") {
        problem["W_metropolis"][0][0] = 7;
        CHECK(
            error_of(json).starts_with("problem: W_metropolis[0]: a row of weights sums to 7.75"));
    }
    SUBCASE("a method without values") {
        methods["dpsgd"] = Json::object();
        CHECK(error_of(json) ==
              "optimisers: dpsgd: has neither x_after_round_1_2_3 nor "
              "max_error_after_2000");
    }
    SUBCASE("a missing node") {
        methods["dpsgd"]["x_after_round_1_2_3"][1].erase(0);
        CHECK(error_of(json) ==
              "optimisers: dpsgd: x_after_round_1_2_3[1]: wrong length, got 4, allowed 5");
    }
    SUBCASE("no list of methods") {
        methods = 3;
        CHECK(error_of(json) == "optimisers: no object, got number");
    }
    SUBCASE("a section that is not there") {
        CHECK(error_of(json, {"demo"}).starts_with("section: unknown, got 'demo', allowed optim"));
    }
}

TEST_CASE("replay: keys name methods with any numbers") {
    CHECK(parse_method_key("qg_dsgdm_beta0.5_mu0.25", 4).protocol == "qg-dsgdm:beta=0.5,mu=0.25");
    CHECK(parse_method_key("sgp_irregular", 3).arcs == "3\n0 2\n0 1\n1 2\n2 0\n");
    CHECK(parse_method_key("relaysum_model_chain", 3).edges == "3\n0 1\n1 2\n");
    for (const char* key : {"qg_dsgdm_beta0.5,x_mu1", "qg_dsgdm_beta0.5", "sgp", ""}) {
        CHECK_THROWS_AS((void)parse_method_key(key, 4), std::invalid_argument);
    }
    CHECK_THROWS_AS((void)parse_method_key("sgp_irregular", 2), std::invalid_argument);
}

}  // namespace
}  // namespace murmur::replay
