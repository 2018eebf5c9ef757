// How soon D-PSGD and AD-PSGD reach a test loss, in simulated seconds, when one node in ten is five
// times slower, and when all are alike: 20 nodes on a 4-regular overlay over the flow-level
// network.
//
// Goal: AD-PSGD is sooner with stragglers.

#include "emulator/run/experiment.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/time_to_loss.h"

#include <fmt/format.h>

#include <cstdlib>
#include <limits>
#include <string>

namespace {

using murmur::ExperimentOptions;

constexpr double kLosses[] = {2.0, 1.8, 1.7};

ExperimentOptions task(const std::string& speed) {
    ExperimentOptions options;
    options.nodes = 20;
    options.topology = "regular:4";
    options.rounds = 150;
    options.dataset = "synthetic:train=2000,test=200";
    options.model = "softmax";
    options.training = {.batch_size = 8, .local_steps = 5, .lr = 0.01};
    options.network = "flow";
    options.clock = "modelled:2ms,merge=0";
    options.latency = "5ms";
    options.speed = speed;
    options.eval_every = 1;
    options.quiet = true;
    return options;
}

/// Returns the seconds to each of the losses.
std::vector<double> seconds(ExperimentOptions options, const std::string& protocol) {
    const murmur::test::TemporaryFolder folder;
    options.protocol = protocol;
    options.out = (folder.path() / protocol).string();
    const murmur::Summary summary = murmur::Experiment(options).run().summary;
    if (summary.status != "complete") {
        throw std::runtime_error(summary.error);
    }
    std::vector<double> result;
    for (const double loss : kLosses) {
        result.push_back(murmur::test::seconds_to_loss(options.out, options.nodes, loss)
                             .value_or(std::numeric_limits<double>::infinity()));
    }
    return result;
}

/// Prints a table; returns whether AD-PSGD is sooner to every loss.
bool compare(const std::string& title, const std::string& speed) {
    const std::vector<double> synchronous = seconds(task(speed), "dpsgd");
    const std::vector<double> asynchronous = seconds(task(speed), "ad-psgd");
    fmt::print(
        "{}\n  {:>9} {:>10} {:>10} {:>7}\n", title, "test loss", "dpsgd", "ad-psgd", "ratio");
    bool is_sooner = true;
    for (std::size_t i = 0; i < std::size(kLosses); ++i) {
        fmt::print("  {:>9} {:>8.2f} s {:>8.2f} s {:>7.2f}\n",
                   kLosses[i],
                   synchronous[i],
                   asynchronous[i],
                   synchronous[i] / asynchronous[i]);
        is_sooner = is_sooner && asynchronous[i] < synchronous[i];
    }
    return is_sooner;
}

}  // namespace

int main() {
    const murmur::test::TemporaryFolder folder;
    murmur::test::write_text(folder.path() / "speeds", "1\n1\n1\n1\n1\n1\n1\n1\n1\n0.2\n");
    const bool is_sooner =
        compare("one node in ten five times slower", "file:" + (folder.path() / "speeds").string());
    (void)compare("all alike", "1");
    return is_sooner ? EXIT_SUCCESS : EXIT_FAILURE;
}
