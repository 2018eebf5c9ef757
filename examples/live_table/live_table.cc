// Results of one's own: a sink that prints each round as soon as it is over.
//
//     simulation --rows--> [ result files ]
//                    \---> [ LiveTable ]
//
//     expect: a line per evaluated round, in simulated order        runs in: < 1 s

#include "emulator/record/run_sink.h"
#include "emulator/run/experiment.h"

#include <fmt/format.h>

#include <cstdlib>

class LiveTable final : public murmur::RunSink {
  public:
    void begin(const murmur::RunDescription& run) override {
        fmt::print(
            "{}\n{:>5} {:>9} {:>10} {:>10}\n", run.scenario, "round", "time, s", "loss", "MB sent");
    }
    void add_round(const murmur::RoundRow& row) override {
        const double megabytes = static_cast<double>(row.bytes_sent) / 1e6;
        fmt::print("{:>5} {:>9.3f} {:>10.5f} {:>10.4f}\n",
                   row.round,
                   row.time_s.mean,
                   row.loss.mean,
                   megabytes);
        is_falling = is_falling && !(row.loss.mean > last_loss);
        last_loss = row.loss.mean;
        ++num_rounds;
    }
    void end(const murmur::Summary& summary) override { fmt::print("{}\n", summary.status); }

    bool is_falling = true;
    double last_loss = 1e9;
    int num_rounds = 0;
};

int main() {
    murmur::ExperimentOptions options;
    options.nodes = 8;
    options.topology = "ring";
    options.rounds = 10;
    options.dataset = "least-squares:features=4,samples=400";
    options.model = "linear";
    options.training = {.batch_size = 10, .local_steps = 2, .lr = 0.02};
    options.network = "flow";
    options.clock = "modelled:1ms";
    options.eval_every = 1;
    options.quiet = true;

    const auto table = std::make_shared<LiveTable>();
    murmur::ExperimentInputs inputs;
    inputs.sinks.push_back(table);  // the line that adds it, to run_scenario's inputs alike
    const murmur::Summary summary = murmur::Experiment(options, inputs).run().summary;
    return summary.status == "complete" && table->num_rounds == 11 && table->is_falling
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
