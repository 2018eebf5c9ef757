// Experiments of DecentralizePy that are planned and run as what they become: that the options are
// ones of ours.

#include "emulator/run/command_line.h"
#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/skip.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/decentralizepy/configs.h"
#include "tools/decentralizepy/translation.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

namespace murmur::decentralizepy {

namespace {

/// The options of the scenario that a translation comes to.
ExperimentOptions options_of(const Translation& translation) {
    std::vector<const char*> arguments{"dpsgd"};
    for (const std::string& option : translation.options) {
        arguments.push_back(option.c_str());
    }
    ExperimentOptions defaults;
    defaults.clock = "modelled:2ms";
    return parse_command_line(
               static_cast<int>(arguments.size()), arguments.data(), "dpsgd", "", defaults)
        .options;
}

/// Runs an experiment as the options say that it becomes.
std::string status_of(const std::string& text, const CommandLine& line) {
    ExperimentOptions read = options_of(translated(text, line));
    const test::TemporaryFolder out;
    read.out = (out.path() / "run").string();
    read.quiet = true;
    read.eval_nodes = "1";
    read.eval_samples = 50;
    return Experiment(read).run().summary.status;
}

/// The same of a file whose data are in `data`.
std::string status_of(const std::filesystem::path& file,
                      const std::filesystem::path& data,
                      const CommandLine& line) {
    std::string text = test::read_text(file);
    for (std::size_t at = 0; (at = text.find("@DATA@")) != std::string::npos;) {
        text.replace(at, 6, data.string());
    }
    return status_of(text, line);
}

}  // namespace

TEST_CASE("DecentralizePy: AdamW without weight decay has none here either") {
    const auto decay_of = [](const std::string& optimizer) {
        return options_of(translated(config(kFull, "", optimizer))).training.weight_decay;
    };
    CHECK(decay_of("optimizer_class = AdamW\nweight_decay = 0\n") == 0.0);
    CHECK(decay_of("optimizer_class = AdamW\nweight_decay = 0.1\n") == 0.1);
    // PyTorch's own, which is that of the optimizer here.
    CHECK_FALSE(decay_of("optimizer_class = AdamW\n").has_value());
}

TEST_CASE("DecentralizePy: MovieLens is read where it lies there, and learnt") {
    const test::TemporaryFolder folder;
    std::string ratings = "userId,movieId,rating,timestamp\n";
    for (int user = 1; user <= 5; ++user) {
        for (int movie = 0; movie < 10; ++movie) {
            ratings += fmt::format(
                "{},{},{},964982703\n", user, 10 * movie + user, 0.5 * ((user * movie) % 10 + 1));
        }
    }
    const std::filesystem::path small = folder.path() / "ml-latest-small";
    std::filesystem::create_directory(small);
    test::write_text(small / "ratings.csv", ratings);
    CommandLine line;
    line.graph = (folder.path() / "pair.edges").string();
    test::write_text(line.graph, "2\n0 1\n");
    line.iterations = "2";
    line.test_after = "1";
    const std::string text =
        movie_lens(folder.path().string(), "optimizer_class = SGD\nlr = 0.1\n");
    CHECK(has(translated(text, line), "--dataset=movielens:" + small.string()));
    CHECK(status_of(text, line) == "complete");
    // As it is said where that folder comes later.
    ExperimentOptions above = options_of(translated(text, line));
    above.dataset = "movielens:" + folder.path().string();
    above.out = (folder.path() / "run").string();
    above.quiet = true;
    CHECK(Experiment(above).run().summary.status == "complete");
}

TEST_CASE("real data: DecentralizePy's files become options that are ones of ours") {
    const std::filesystem::path folder = test::shared_file("cases/ini");
    const std::filesystem::path data = test::shared_file("data/cifar-10-subset");
    if (!std::filesystem::exists(folder) || !std::filesystem::exists(data)) {
        test::skip(folder.string() + " or " + data.string() + " is absent; set MURMUR_SHARED");
        return;
    }
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        CAPTURE(entry.path().string());
        CommandLine line;
        line.procs_per_machine = "8";
        line.iterations = "2";
        CHECK(status_of(entry.path(), data, line) == "complete");
        ++files;
    }
    CHECK(files >= 8);
}

TEST_CASE("real data: DecentralizePy's graphs are read as they are, adjacency lists too") {
    const std::filesystem::path cases = test::shared_file("cases");
    const std::filesystem::path data = test::shared_file("data/cifar-10-subset");
    if (!std::filesystem::exists(cases / "graphs") || !std::filesystem::exists(data)) {
        test::skip(cases.string() + " or " + data.string() + " is absent; set MURMUR_SHARED");
        return;
    }
    const auto run = [&](const char* file, const char* graph, const char* type) {
        CommandLine line;
        line.graph = (cases / "graphs" / graph).string();
        line.graph_type = type;
        line.iterations = "2";
        return status_of(cases / "ini" / file, data, line);
    };
    CHECK(run("full.ini", "graph.adj", "adjacency") == "complete");
    CHECK(run("choco10.ini", "regular_16.txt", "edges") == "complete");
    CHECK(run("topk10acc.ini", "6_star.edges", "edges") == "complete");
}

}  // namespace murmur::decentralizepy
