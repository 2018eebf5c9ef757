// `--config`: a run starts again from the experiment.json of an earlier one.
#include "emulator/run/command_line.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

/// Parses `--config=FILE` with this content, then `arguments`.
CommandLine parse(const std::string& content, std::vector<const char*> arguments = {}) {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "experiment.json", content);
    const std::string config = "--config=" + (folder.path() / "experiment.json").string();
    arguments.insert(arguments.begin(), "dpsgd");
    arguments.push_back(config.c_str());
    return parse_command_line(
        static_cast<int>(arguments.size()), arguments.data(), "dpsgd", "a scenario", {});
}

/// Returns the refusal of such a file, without the file's name.
std::string refusal_of(const std::string& content) {
    try {
        (void)parse(content);
    } catch (const std::invalid_argument& error) {
        std::string message = error.what();
        const auto begin = message.find('/');
        const auto end = message.find("experiment.json");
        return begin < end ? message.replace(begin, end - begin, "") : message;
    }
    return "accepted";
}

TEST_CASE("the options of an experiment.json are taken") {
    const ExperimentOptions options =
        parse(R"({"scenario": "dpsgd", "options": {"nodes": "64", "lr": "0.1",
                  "nesterov": "true", "latency-matrix": ""}})")
            .options;
    CHECK(options.nodes == 64);
    CHECK(options.training.lr == 0.1);
    CHECK(options.training.nesterov);
    CHECK(options.rounds == ExperimentOptions{}.rounds);
}

TEST_CASE("numbers, true and false are taken as such or as texts") {
    const ExperimentOptions options =
        parse(R"({"program": "dpsgd", "revision": null, "processor": {"features": ["avx2"]},
                  "options": {"nodes": 64, "lr": 0.1, "weight-decay": 1e-05, "nesterov": true,
                              "seed": 18446744073709551615, "loss": 0, "rate": "5Mbps"}})")
            .options;
    CHECK(options.nodes == 64);
    CHECK(options.training.lr == 0.1);
    CHECK(options.training.weight_decay == 1e-5);
    CHECK(options.training.nesterov);
    CHECK(options.seed == UINT64_MAX);
    CHECK(options.loss == "0");
    CHECK(options.rate == "5Mbps");
}

TEST_CASE("the command line overrides the file, wherever it stands") {
    const ExperimentOptions options =
        parse(R"({"options": {"nodes": "64", "rounds": "3"}})", {"--nodes=8"}).options;
    CHECK(options.nodes == 8);
    CHECK(options.rounds == 3);
}

TEST_CASE("the file is known by its name, and none without one") {
    CHECK(parse(R"({"options": {}})").config.ends_with("/experiment.json"));
    const char* const arguments[] = {"dpsgd", "--nodes=8"};
    CHECK(parse_command_line(2, arguments, "dpsgd", "a scenario", {}).config.empty());
}

TEST_CASE("where the earlier run wrote is not taken") {
    const ExperimentOptions options =
        parse(R"({"options": {"out": "results/1", "overwrite": "true", "quiet": "true"}})").options;
    CHECK(options.out.empty());
    CHECK_FALSE(options.overwrite);
    CHECK_FALSE(options.quiet);
}

TEST_CASE("an unknown or malformed option in the file is refused") {
    CHECK(refusal_of(R"({"options": {"nodes": "4", "colour": "red"}})") ==
          "--config: experiment.json: unknown option colour");
    for (const char* value : {"null", "[4]", "{}"}) {
        CHECK(refusal_of(std::string(R"({"options": {"nodes": )") + value + "}}") ==
              "--config: experiment.json: option nodes is not a text, a number or true, false");
    }
    CHECK(refusal_of(R"({"options": {"nodes": 4.5}})") ==
          "--nodes: got '4.5', allowed a whole number from 0 up");
    CHECK(refusal_of(R"({"options": {"nodes": "x"}})") ==
          "--nodes: got 'x', allowed a whole number from 0 up");
}

TEST_CASE("a file that is no experiment.json is refused") {
    for (const std::string content :
         {"", "{", "[]", "{\"nodes\": \"4\"}", "{\"options\": []}", "nodes=4\n"}) {
        CHECK(refusal_of(content) ==
              "--config: experiment.json is not an experiment.json with an object `options`");
    }
    ExperimentOptions options;
    CHECK_THROWS_WITH_AS(read_config("/no/such/file", options),
                         "--config: cannot read /no/such/file",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        read_config("/tmp", options), "--config: cannot read /tmp", std::invalid_argument);
}

}  // namespace
}  // namespace murmur
