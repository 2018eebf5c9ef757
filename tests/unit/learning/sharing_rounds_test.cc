#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/skip.h"
#include "tests/support/temporary_folder.h"
#include "tools/replay/replay.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace murmur::replay {
namespace {

using Json = nlohmann::json;

void check_replay(const std::filesystem::path& path, std::size_t num_strategies) {
    const auto differences = replay(read_vector_file(path));
    CHECK(differences.size() == num_strategies);
    for (const Difference& difference : differences) {
        CAPTURE(difference.key);
        CAPTURE(difference.first_mismatch);
        CHECK(difference.largest() < 5e-6);
    }
}

/// Returns what sharing_rounds.py wrote.
std::filesystem::path rounds(const std::string& size) {
    return test::repository() / ("tests/unit/learning/sharing_rounds_" + size + ".json");
}

// Expectation: the definitions in float64, by NumPy and PyWavelets (sharing_rounds.py).
TEST_CASE("sharing: NumPy's rounds of every strategy are reproduced") {
    check_replay(rounds("odd"), 14);
    check_replay(rounds("even"), 9);
}

// Expectation: what DecentralizePy's own classes computed.
TEST_CASE("real data: DecentralizePy's rounds of every strategy are reproduced") {
    const auto vectors = test::shared_file("vectors/sharing.json");
    if (!std::filesystem::exists(vectors)) {
        test::skip(vectors.string() +
                   " is absent; set MURMUR_SHARED to the folder that holds vectors/sharing.json");
        return;
    }
    const auto differences = replay(read_vector_file(vectors));
    CHECK(differences.size() == 4);
    for (const Difference& difference : differences) {
        CAPTURE(difference.key);
        CHECK(difference.largest() < 1e-6);
    }
}

/// A file with one strategy, changed before it is read.
class ChangedFile {
  public:
    ChangedFile() {
        std::ifstream file(rounds("odd"));
        const Json whole = Json::parse(file);
        for (const char* key : {"D", "N", "R", "W", "delta", "edges", "x0", "topk_a0.25"}) {
            json[key] = whole[key];
        }
    }

    /// Returns the message of the error that reading and replaying the file gives.
    std::string error() const {
        try {
            static_cast<void>(replay(read()));
        } catch (const std::invalid_argument& error) {
            const std::string message = error.what();
            const std::string prefix = path().string() + ": ";
            return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
        }
        return "none";
    }

    VectorFile read() const {
        std::ofstream(path()) << json;
        return read_vector_file(path());
    }

    Json json;

  private:
    std::filesystem::path path() const { return folder_.path() / "vectors.json"; }

    test::TemporaryFolder folder_;
};

TEST_CASE("replay: what differs is found") {
    ChangedFile file;
    SUBCASE("a value of a message") {
        file.json["topk_a0.25"][1]["sent"][2]["params"][0] = 0.75;
        const Difference difference = replay(file.read()).front();
        CHECK(difference.message > 1e-3);
        CHECK(difference.after < 1e-6);
    }
    SUBCASE("an index") {
        auto& indices = file.json["topk_a0.25"][1]["sent"][2]["indices"];
        const auto index = indices[0].get<std::uint32_t>();
        const std::uint32_t other = index == 0 ? 1 : index - 1;
        indices[0] = other;
        CHECK(replay(file.read()).front().first_mismatch ==
              "round 1, node 2: index " + std::to_string(index) + " sent and not recorded, " +
                  std::to_string(other) + " recorded and not sent");
    }
    SUBCASE("a model") {
        file.json["topk_a0.25"][2]["post"][4][28] = 9.0;
        CHECK(replay(file.read()).front().after > 1.0);
    }
}

TEST_CASE("replay: the order of indices and the name of the seed do not matter") {
    ChangedFile file;
    auto& sent = file.json["topk_a0.25"][0]["sent"][0];
    std::swap(sent["indices"][0], sent["indices"][1]);
    std::swap(sent["params"][0], sent["params"][1]);
    CHECK(replay(file.read()).front().largest() < 1e-6);
}

TEST_CASE("replay: malformed files are refused with the place") {
    ChangedFile file;
    Json& round = file.json["topk_a0.25"][1];
    SUBCASE("no JSON") {
        CHECK_THROWS_WITH_AS(static_cast<void>(read_vector_file("/no/such/file")),
                             "/no/such/file: cannot be opened",
                             std::invalid_argument);
    }
    SUBCASE("a folder") {
        CHECK_THROWS_WITH_AS(static_cast<void>(read_vector_file("/tmp")),
                             "/tmp: cannot be opened",
                             std::invalid_argument);
    }
    SUBCASE("a key of 300,000 characters") {
        file.json["topk_a" + std::string(300'000, '1')] = file.json["topk_a0.25"];
        CHECK(file.error().ends_with(": names no strategy, got 300006 characters, allowed 200"));
    }
    SUBCASE("lacking weights") {
        file.json.erase("W");
        CHECK(file.error() == "has no key 'W'");
    }
    SUBCASE("a short model") {
        round["post"][3].erase(0);
        CHECK(file.error() == "topk_a0.25[1]: post[3]: wrong length, got 28, allowed 29");
    }
    SUBCASE("a short round") {
        round["sent"].erase(0);
        CHECK(file.error() == "topk_a0.25[1]: sent: wrong length, got 4, allowed 5");
    }
    SUBCASE("no numbers") {
        round["pre"][0][0] = "x";
        CHECK(file.error() == "topk_a0.25[1]: pre[0][0]: not a number, got \"x\"");
    }
    SUBCASE("an index below zero") {
        round["sent"][0]["indices"][0] = -1;
        CHECK(file.error() ==
              "topk_a0.25[1]: sent[0]: indices[0]: not a whole number in range, got -1, allowed 0 "
              "... 4294967295");
    }
    SUBCASE("values without indices") {
        round["sent"][0]["params"].erase(0);
        CHECK(file.error() == "topk_a0.25[1]: sent[0]: 6 values for 7 indices");
    }
    SUBCASE("an edge out of range") {
        file.json["edges"][0] = {0, 5};
        CHECK(file.error() == "edges[0][1]: not a whole number in range, got 5, allowed 0 ... 4");
    }
    SUBCASE("an edge given twice") {
        file.json["edges"].push_back({1, 0});
        CHECK(file.error() == "edges[5]: a loop or given twice, got [1,0]");
    }
    SUBCASE("a budget above one") {
        file.json["topk_a1.5"] = file.json["topk_a0.25"];
        CHECK(file.error() ==
              "topk_a1.5: sharing top-k: alpha: not a number in range, got '1.5', allowed above "
              "0, at most 1");
    }
    SUBCASE("an unknown strategy") {
        file.json["gossip_a1"] = file.json["topk_a0.25"];
        CHECK(file.error().starts_with("gossip_a1: names no strategy, allowed sharing_mh"));
    }
}

TEST_CASE("replay: a list deeper than the stack is refused where a number belongs") {
    const test::TemporaryFolder folder;
    const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
    const std::string path =
        folder.write("deep.json", R"({"N": 1, "D": 1, "R": 0, "x0": [)" + deep + "]}");
    CHECK_THROWS_WITH_AS(static_cast<void>(read_vector_file(path)),
                         (path + ": x0[0]: not a number, got an array").c_str(),
                         std::invalid_argument);
}

TEST_CASE("replay: keys name strategies with any numbers") {
    const auto sharing = [](const std::string& key) { return parse_strategy_key(key).sharing; };
    CHECK(sharing("sharing_mh") == "full");
    CHECK(sharing("plain_average") == "plain-average");
    CHECK(sharing("topk_a0.05") == "top-k:alpha=0.05,accumulation=none");
    CHECK(sharing("topk_a1e-3_acc") == "top-k:alpha=1e-3,accumulation=changes");
    CHECK(sharing("topk_a.5_acc_avg") == "top-k:alpha=.5,accumulation=averaging");
    CHECK(sharing("choco_a0.3_g0.05") == "choco:alpha=0.3,gamma=0.05");
    CHECK(sharing("wavelet_sym2_l4_a0.3_acc_avg") ==
          "wavelet:family=sym2,level=4,alpha=0.3,accumulation=averaging");
    CHECK(sharing("fft_a1") == "fft:alpha=1,accumulation=none");
    const NamedStrategy random = parse_strategy_key("subsampling_a0.4_seed7+1000i");
    CHECK(random.sharing == "random:alpha=0.4");
    CHECK(random.seed == 7);
    CHECK(random.seed_step == 1000);
    for (const char* key : {"topk", "topk_a0.3_accavg", "subsampling_a0.4", "choco_a0.3", "x"}) {
        CHECK_THROWS_AS(static_cast<void>(parse_strategy_key(key)), std::invalid_argument);
    }
}

}  // namespace
}  // namespace murmur::replay
