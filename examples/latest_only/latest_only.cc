// Nobody waits for long, and nobody is sent what is old: a node gives its neighbors 150 ms, and
// takes a message back that is still under way when there is a newer model.  Messages and timers
// have names, by which they are cancelled.
//
//     send, start a timer --> all there: cancel the timer --> merge
//                         \-> time is over ------------------> merge what is there
//
//     expect: slow uplinks have messages taken back, all nodes finish in time     runs in: < 1 s

#include "emulator/nodes/protocol.h"
#include "emulator/run/experiment.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <map>

class LatestOnly : public murmur::Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override { train(node().initial_model()); }
    void on_message(const murmur::Incoming& message) override {
        arrived_[message.from] = message.content;
        if (waits_ && arrived_.size() == neighbors_.in.size()) {
            node().cancel(timer_);
            merge();
        }
    }
    std::string waits_for() const override { return "its own training or its timer"; }

  private:
    void train(const murmur::ModelHandle& model) {
        neighbors_ = node().neighbors(node().round());
        node().train(model, node().round(), [this](murmur::TrainedModel trained) {
            model_ = trained.model;
            node().encode(model_, node().round(), [this](const murmur::EncodedHandle& encoded) {
                send(encoded);
            });
        });
    }
    void send(const murmur::EncodedHandle& encoded) {
        for (const auto& [neighbor, weight] : neighbors_.out) {
            if (const auto earlier = sent_.find(neighbor); earlier != sent_.end()) {
                node().cancel(earlier->second);  // does nothing where it has arrived
            }
            sent_[neighbor] =
                node().send({.to = neighbor, .round = node().round(), .content = encoded});
        }
        waits_ = true;
        timer_ = node().after(std::chrono::milliseconds(150), [this] {
            node().count("timers_run_out");
            merge();
        });
    }
    void merge() {
        waits_ = false;
        const double weight = 1.0 / static_cast<double>(arrived_.size() + 1);
        std::vector<murmur::WeightedModel> models;
        for (const auto& [from, content] : arrived_) {
            node().count("models_merged");
            models.push_back({from, weight, content});
        }
        arrived_.clear();
        node().merge(model_, weight, models, node().round(), [this](murmur::ModelHandle merged) {
            node().finish_round(merged);
            if (!node().is_done()) {
                train(merged);
            }
        });
    }

    murmur::Neighbors neighbors_;
    murmur::ModelHandle model_;
    std::map<murmur::NodeId, murmur::MessageId> sent_;  ///< the latest, by receiver
    std::map<murmur::NodeId, murmur::EncodedHandle> arrived_;
    murmur::TimerId timer_{};
    bool waits_ = false;
};

int main() {
    murmur::ExperimentOptions options;
    options.nodes = 5;
    options.topology = "ring";
    options.rounds = 20;
    options.dataset = "least-squares:features=999,samples=400";  // models of 4 kB
    options.model = "linear";
    options.training = {.batch_size = 10, .local_steps = 1, .lr = 0.001};
    options.network = "ideal";
    options.rate = "choice:100Mbps:50kbps";  // drawn: some uplinks take 650 ms for a model
    options.downlink_rate = "100Mbps";
    options.clock = "modelled:1ms";
    options.quiet = true;
    const auto protocol = [](murmur::NodeContext& node) {
        return std::make_unique<LatestOnly>(node);
    };
    const murmur::Summary summary = murmur::Experiment(options, {protocol, {}}).run().summary;
    const std::uint64_t merged = summary.protocol_counts.at("models_merged");
    fmt::print("{}: {} of {} messages were merged, {} timers ran out, {:.2f} simulated seconds\n",
               summary.status,
               merged,
               summary.messages,
               summary.protocol_counts.at("timers_run_out"),
               summary.simulated_s);
    // Nobody waited longer than 150 ms a round.
    const bool is_fast = summary.simulated_s < 20 * 0.2;
    return summary.status == "complete" && is_fast && merged > 0 && merged < summary.messages
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
