// A transformer on a text: the same bytes for any number of workers, and what its files count.
#include "emulator/report/report.h"
#include "emulator/run/experiment.h"
#include "tests/determinism/small_run.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

namespace murmur {
namespace {

/// Options of eight nodes that learn a text of 2,000 characters, four of five of them an `a`.
ExperimentOptions text_options(const test::TemporaryFolder& folder, const std::string& network) {
    std::string text;
    std::uint32_t state = 3;
    for (int i = 0; i < 2000; ++i) {
        state = 1664525 * state + 1013904223;
        text += static_cast<char>('a' + std::max(15U, (state >> 20) % 20) - 15);
    }
    ExperimentOptions options = test::small_options(network);
    options.nodes = 8;
    options.rounds = 3;
    options.dataset = "tokens:" + folder.write("text", text) + ",context=12";
    options.partition = "shards:1";
    options.model = "gpt:layers=1,heads=2,width=16,dropout=0.1";
    options.training = {.batch_size = 4, .local_steps = 2, .optimizer = "adamw", .lr = 0.01};
    return options;
}

TEST_CASE("determinism: a transformer on a text, over flow and packet") {
    const test::TemporaryFolder folder;
    for (const char* network : {"flow", "packet"}) {
        CAPTURE(network);
        test::check_same_for_any_workers(text_options(folder, network));
    }
}

std::vector<std::string> column_of(const std::vector<std::vector<std::string>>& rows,
                                   const std::string& name) {
    const auto place = std::ranges::find(rows.front(), name) - rows.front().begin();
    std::vector<std::string> cells;
    for (std::size_t row = 1; row < rows.size(); ++row) {
        cells.push_back(rows[row].at(static_cast<std::size_t>(place)));
    }
    return cells;
}

// Expectation: a node learns from 2 steps x 4 samples a round, each of 12 tokens; eight nodes from
// eight times as many.  What is called accuracy is exp of the loss.
TEST_CASE("files of a text's run count tokens, and name the perplexity") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = text_options(folder, "ideal");
    options.save_models = "best";
    (void)test::run_to_end(options, folder.path() / "run");
    const auto metrics = test::read_csv(folder.path() / "run" / "metrics.csv");
    const auto rounds = column_of(metrics, "round");
    const auto samples = column_of(metrics, "samples_learnt");
    const auto tokens = column_of(metrics, "tokens_learnt");
    const auto losses = column_of(metrics, "test_loss");
    const auto perplexities = column_of(metrics, "test_accuracy");
    REQUIRE(rounds.size() == 4 * 8);
    for (std::size_t row = 0; row < rounds.size(); ++row) {
        CHECK(std::stoi(samples[row]) == 8 * std::stoi(rounds[row]));
        CHECK(std::stoi(tokens[row]) == 12 * 8 * std::stoi(rounds[row]));
        CHECK(std::stod(perplexities[row]) ==
              doctest::Approx(std::exp(std::stod(losses[row]))).epsilon(1e-6));
    }
    const auto table = test::read_csv(folder.path() / "run" / "rounds.csv");
    CHECK(column_of(table, "tokens_learnt") ==
          std::vector<std::string>{"0", "768", "1536", "2304"});
    // The best model is the one of the lowest loss, not of the highest perplexity.
    const auto mean_losses = column_of(table, "test_loss_mean");
    std::size_t best = 0;
    for (std::size_t round = 1; round < mean_losses.size(); ++round) {
        best = std::stod(mean_losses[round]) < std::stod(mean_losses[best]) ? round : best;
    }
    CHECK(best > 0);
    const std::string saved = test::read_text(folder.path() / "run" / "models" / "models.json");
    CHECK(saved.find("\"round\": " + std::to_string(best)) != std::string::npos);

    CHECK(test::read_text(folder.path() / "run" / "experiment.json")
              .find("\"metric\": \"perplexity\"") != std::string::npos);
    write_report(folder.path() / "run");
    const std::string page = test::read_text(folder.path() / "run" / "report.html");
    CHECK(page.find("Perplexity against tokens") != std::string::npos);
    CHECK(page.find("Loss against tokens") != std::string::npos);
    CHECK(page.find("Mean test perplexity") != std::string::npos);
    CHECK(page.find("Time and bytes to accuracy") == std::string::npos);
}

}  // namespace
}  // namespace murmur
